use serde_json::{Map, Value, json};

use super::schema;
use crate::policy::decode::decode;
use crate::policy::sink::{Sink, Source};
use crate::policy::yaml::{self, Content, Node};
use crate::policy::{builtin, tests::CONTRACT};

/// The node as YAML's core schema would read it.
fn as_json(node: &Node) -> Value {
    match node.content() {
        Content::Nothing => Value::Null,
        Content::Text("true") => json!(true),
        Content::Text("false") => json!(false),
        Content::Text(text) => match text.parse::<i64>() {
            Ok(number) => json!(number),
            Err(_) => json!(text),
        },
        Content::List(items) => items.iter().map(as_json).collect(),
        Content::Map(entries) => Value::Object(
            entries
                .iter()
                .map(|entry| (entry.key.to_string(), as_json(&entry.value)))
                .collect::<Map<String, Value>>(),
        ),
    }
}

/// Whether a value fits, by those words of JSON Schema that ours uses; patterns aside.
fn fits(schema: &Value, root: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let pointer = reference.trim_start_matches('#');
        return fits(root.pointer(pointer).expect("it is defined"), root, value);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let mut results = choices.iter().map(|choice| fits(choice, root, value));
        return match results.find(Result::is_ok) {
            Some(_) => Ok(()),
            None => Err(format!("{value} fits none of {schema}")),
        };
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{value} is none of {schema}"));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = &schema["type"];
    let kinds = wanted.as_array().cloned().unwrap_or(vec![wanted.clone()]);
    if !wanted.is_null() && !kinds.contains(&json!(kind)) {
        return Err(format!("{value} is no {wanted}"));
    }
    if let Some(items) = value.as_array() {
        for item in items {
            fits(&schema["items"], root, item)?;
        }
    }
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    for key in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(key.as_str().unwrap_or_default()) {
            return Err(format!("{value} lacks {key}"));
        }
    }
    for (key, value) in object {
        if !schema["propertyNames"].is_null() {
            fits(&schema["propertyNames"], root, &json!(key))?;
        }
        match (&schema["properties"][key], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false) | Value::Null) => {
                return Err(format!("no key {key} in {schema}"));
            }
            (Value::Null, other) => fits(other, root, value)?,
            (property, _) => fits(property, root, value)?,
        }
    }
    Ok(())
}

#[test]
fn what_the_reader_takes_fits_the_schema() {
    let schema = schema();
    let builtins = builtin::all().iter().map(|builtin| builtin.text);
    for text in builtins.chain([CONTRACT]) {
        let source = Source::new("test.yaml", text);
        let mut sink = Sink::new(&source);
        let root = yaml::parse(&mut sink).expect("it is YAML");
        fits(&schema, &schema, &as_json(&root)).expect("it fits");
        decode(source).expect("it is a policy");
    }
}

#[test]
fn what_it_refuses_does_not() {
    let schema = schema();
    for bad in [
        json!({}),
        json!({ "version": 2 }),
        json!({ "version": 1, "rulse": [] }),
        json!({ "version": 1, "rules": [{ "paths": "/x" }] }),
        json!({ "version": 1, "rules": [{ "id": "a", "paths": "/x", "acl": "fobid" }] }),
        json!({ "version": 1, "rules": [{ "id": "a", "paths": "/x", "severity": { "x": "low" } }] }),
        json!({ "version": 1, "waivers": [{ "finding": "stale", "paths": "/x" }] }),
    ] {
        assert!(fits(&schema, &schema, &bad).is_err(), "{bad}");
    }
}
