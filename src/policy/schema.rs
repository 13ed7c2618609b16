//! The JSON Schema of a policy file, for editors; made from the same tables as the reader.

use serde_json::{Map, Value, json};

use super::keys::{self, Shape, Table};

/// Draft 2020-12.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    let root = table(&keys::POLICY, &mut definitions);
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!("A policy of sockctl"));
    if let Value::Object(root) = root {
        schema.extend(root);
    }
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

fn table(table: &'static Table, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for key in table.keys {
        let mut property = shape(key.shape, definitions);
        if let Value::Object(property) = &mut property {
            property.insert("description".to_owned(), json!(key.about));
        }
        properties.insert(key.name.to_owned(), property);
    }
    let required = table.keys.iter().filter(|key| key.required);
    let required: Vec<&str> = required.map(|key| key.name).collect();
    let mut object = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    if table.keys.iter().any(|key| key.name == "mode")
        && table.keys.iter().any(|key| key.name == "max-mode")
    {
        object["not"] = json!({ "required": ["mode", "max-mode"] });
    }
    object
}

fn reference(to: &'static Table, definitions: &mut Map<String, Value>) -> Value {
    let name: String = to
        .name
        .trim_start_matches("a ")
        .trim_start_matches("the ")
        .chars()
        .filter(|character| *character != '`')
        .map(|character| if character == ' ' { '-' } else { character })
        .collect();
    if !definitions.contains_key(&name) {
        let definition = table(to, definitions);
        definitions.insert(name.clone(), definition);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn shape(shape: Shape, definitions: &mut Map<String, Value>) -> Value {
    match shape {
        Shape::Version => json!({ "enum": [1, "1"] }),
        Shape::Text => json!({ "type": "string", "minLength": 1 }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Word(words) => json!({ "enum": words() }),
        Shape::Words(words) => json!({
            "anyOf": [
                { "enum": words() },
                { "type": "array", "items": { "enum": words() } },
            ]
        }),
        Shape::Mode => json!({
            "type": ["string", "integer"],
            "pattern": "^((0o)?0?[0-7]{1,4}|[ugoa]*=[rwxst]*(,[ugoa]*=[rwxst]*)*)$",
            "minimum": 0,
        }),
        Shape::Id => json!({
            "type": ["string", "integer"],
            "pattern": "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$",
        }),
        Shape::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Shape::Path => rooted(),
        Shape::Paths | Shape::Patterns => one_or_more(&rooted(), 1),
        Shape::Globs | Shape::Texts | Shape::Owner | Shape::Users => one_or_more(&name(), 1),
        Shape::Roles => one_or_more(&name(), 0),
        Shape::OwnerPair => name(),
        Shape::Severity => json!({
            "anyOf": [
                { "enum": keys::severities() },
                {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "enum": keys::codes() },
                    "additionalProperties": { "enum": keys::severities() },
                },
            ]
        }),
        Shape::Table(table) => reference(table, definitions),
        Shape::ListOf(table) => json!({
            "type": ["array", "null"],
            "items": reference(table, definitions),
        }),
        Shape::MapOfUsers => json!({
            "type": ["object", "null"],
            "additionalProperties": one_or_more(&name(), 0),
        }),
        Shape::Entries => {
            let pattern = "^(u(ser)?:[^:]+|g(roup)?:[^:]*):[rwx-]{1,3}$";
            one_or_more(&json!({ "type": "string", "pattern": pattern }), 1)
        }
        Shape::MapOf(table) => json!({
            "type": ["object", "null"],
            "additionalProperties": reference(table, definitions),
        }),
    }
}

fn rooted() -> Value {
    json!({ "type": "string", "pattern": "^[/@]" })
}

fn name() -> Value {
    json!({ "type": ["string", "integer"], "minLength": 1 })
}

fn one_or_more(item: &Value, at_least: u32) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item, "minItems": at_least }] })
}

#[cfg(test)]
mod tests;
