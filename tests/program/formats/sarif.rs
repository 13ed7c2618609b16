//! `audit -f sarif`, held against the schema of the standard.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::{Value, json};

use super::{ODD, PYTHON, TIGHT, audit, fed, uri, world};
use crate::support::{Done, Sockctl, World};

const SCHEMA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/schemas/sarif-schema-2.1.0.json"
);
const VALIDATE: &str = "\
import json, sys, warnings
warnings.simplefilter('ignore')
import jsonschema
schema = json.load(open(sys.argv[1]))
validator = jsonschema.validators.validator_for(schema)
validator.check_schema(schema)
for error in validator(schema).iter_errors(json.load(sys.stdin)):
    sys.exit('%s at %s' % (error.message, list(error.path)))
";

fn run_of(done: &Done) -> Value {
    let mut value: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    value["runs"][0].take()
}

fn results(run: &Value) -> &Vec<Value> {
    run["results"].as_array().expect("results")
}

#[track_caller]
fn is_valid(test: &str, done: &Done) {
    let skipped = "import jsonschema";
    if fed_quietly(skipped) {
        fed(test, PYTHON, &["-c", VALIDATE, SCHEMA], &done.stdout);
    } else {
        println!("skipped: {test}: needs python3-jsonschema");
    }
}

fn fed_quietly(script: &str) -> bool {
    let python = std::process::Command::new(PYTHON)
        .args(["-c", script])
        .output();
    python.is_ok_and(|output| output.status.success())
}

#[test]
fn the_schema_tells_right_from_wrong() {
    let mut python = std::process::Command::new(PYTHON);
    let wrong = std::env::temp_dir().join(format!("sockctl-wrong-{}.json", std::process::id()));
    std::fs::write(&wrong, r#"{"version":"2.1.0","runs":[{"results":[{}]}]}"#).expect("a file");
    python.args(["-c", VALIDATE, SCHEMA]);
    python.stdin(std::fs::File::open(&wrong).expect("the file"));
    std::fs::remove_file(&wrong).expect("it can go");
    match python.output() {
        Ok(output) => assert!(!output.status.success()),
        Err(_) => println!("skipped: the_schema_tells_right_from_wrong: needs {PYTHON}"),
    }
}

#[test]
fn sarif_is_as_its_schema_says() {
    let test = "sarif_is_as_its_schema_says";
    let done = audit(&world(), "sarif").run().code(1).no_stderr();
    is_valid(test, &done);
    let empty = World::new();
    empty.rules(TIGHT);
    let done = audit(&empty, "sarif").run().code(0);
    is_valid(test, &done);
    let run = run_of(&done);
    assert_eq!(results(&run).len(), 0);
    assert_eq!(run["properties"]["verdict"], "empty");
    assert!(
        run["invocations"].to_string().contains("no socket found"),
        "{run:#}"
    );
}

#[test]
fn any_name_is_a_place() {
    let world = world();
    let done = audit(&world, "sarif").run().code(1);
    let run = run_of(&done);
    let place = |result: &Value| {
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uriBaseId"], "HOST", "{result:#}");
        artifact["uri"].as_str().expect("a URI").to_owned()
    };
    let found: BTreeSet<String> = results(&run).iter().map(place).collect();
    let names = ODD.into_iter().chain([&b"legacy.sock"[..], b"stale.sock"]);
    let expected: BTreeSet<String> = names
        .map(|name| uri(&world.path(OsStr::from_bytes(name))))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(run["originalUriBaseIds"]["HOST"]["uri"], "file:///");
    for result in results(&run) {
        let message = result["message"]["text"].as_str().expect("text");
        assert!(
            !message.contains("](") && !message.contains("{0}"),
            "{message}"
        );
        assert_eq!(
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
            1
        );
        let said = &result["relatedLocations"][0]["physicalLocation"];
        assert_eq!(said["region"]["startLine"], 3, "{result:#}");
    }
}

#[test]
fn rules_results_and_their_weight() {
    let done = audit(&world(), "sarif").run().code(1);
    let run = run_of(&done);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    let codes = sockctl::model::Code::ALL.iter();
    let ids: Vec<&str> = codes.map(|code| code.as_str()).collect();
    assert_eq!(
        rules.iter().map(|rule| &rule["id"]).collect::<Vec<_>>(),
        ids
    );
    for result in results(&run) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).unwrap_or(99);
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let waived = result["suppressions"].as_array().expect("suppressions");
        let location = result["locations"].to_string();
        assert_eq!(waived.len(), usize::from(location.contains("legacy.sock")));
    }
    let rule = |id: &str| rules.iter().find(|rule| rule["id"] == id).expect("a rule");
    let (wide, stale) = (rule("mode-too-wide"), rule("stale"));
    assert_eq!(wide["defaultConfiguration"]["level"], "error");
    assert_eq!(wide["properties"]["security-severity"], "8.0");
    assert_eq!(stale["defaultConfiguration"]["level"], "note");
    assert_eq!(
        (&wide["name"], &stale["name"]),
        (&json!("ModeTooWide"), &Value::Null)
    );
    assert_eq!(stale["properties"]["security-severity"], Value::Null);
    let page = Sockctl::new()
        .args(["explain", "stale", "-f", "json"])
        .run()
        .code(0);
    let page: Value = serde_json::from_slice(&page.stdout).expect("JSON");
    assert_eq!(stale["help"]["markdown"], page["page"]);
    let waived = results(&run)
        .iter()
        .find_map(|result| result["suppressions"].get(0))
        .expect("one that is waived");
    assert_eq!(waived["kind"], "external");
    assert_eq!(waived["status"], "accepted");
    assert_eq!(
        waived["justification"],
        r"ticket <4711> | [x]\x28y) (until 2999-03-01)"
    );
}

#[test]
fn what_is_the_same_keeps_its_fingerprint() {
    let world = world();
    let prints = || {
        let run = run_of(&audit(&world, "sarif").run().code(1));
        let print = |result: &Value| {
            let print = result["partialFingerprints"]["primaryLocationLineHash"].clone();
            assert_eq!(print, result["partialFingerprints"]["sockctl/v1"]);
            print.as_str().expect("text").to_owned()
        };
        results(&run).iter().map(print).collect::<Vec<_>>()
    };
    let before = prints();
    let different: BTreeSet<&String> = before.iter().collect();
    assert_eq!(different.len(), before.len());
    // Neither another mode nor another line of the policy makes it another fault.
    crate::support::chmod(&world.path(OsStr::from_bytes(ODD[0])), 0o777);
    let policy = world.root().join("policy.yaml");
    let text = std::fs::read_to_string(&policy).expect("the policy");
    std::fs::write(&policy, format!("# more\n{text}")).expect("the policy");
    let sorted = |mut prints: Vec<String>| {
        prints.sort();
        prints
    };
    assert_eq!(sorted(prints()), sorted(before));
}

#[test]
fn an_abstract_name_is_a_logical_place() {
    let mut world = World::new();
    let name = format!("sockctl-test-{}[x](y)", std::process::id());
    world.rules(&format!(
        "- {{ id: names, paths: ['@sockctl-test-{}*'], world: forbid }}",
        std::process::id()
    ));
    world.abstract_stream(&name);
    let done = audit(&world, "sarif").arg("--abstract").run();
    is_valid("an_abstract_name_is_a_logical_place", &done);
    let run = run_of(&done);
    let here = |result: &&Value| result["locations"].to_string().contains("sockctl-test-");
    let found: Vec<&Value> = results(&run).iter().filter(here).collect();
    assert_eq!(found.len(), 1, "{run:#}");
    let location = &found[0]["locations"][0];
    let shown = format!("@{name}").replace("](", r"]\x28");
    let logical = json!({ "name": shown, "fullyQualifiedName": shown, "kind": "abstract socket" });
    assert_eq!(location["logicalLocations"], json!([logical]));
    // GitHub takes none without a file; this is the one that lists such names.
    let file = &location["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(file, "proc/net/unix");
}

#[test]
fn a_place_that_could_not_be_looked_at_is_a_notification() {
    let world = World::new();
    world.rules(TIGHT);
    let done = audit(&world, "sarif").arg(world.path("gone")).run().code(3);
    is_valid(
        "a_place_that_could_not_be_looked_at_is_a_notification",
        &done,
    );
    let run = run_of(&done);
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["exitCode"], 3);
    let told = &invocation["toolExecutionNotifications"][0];
    assert_eq!(told["level"], "error");
    assert!(told["locations"].to_string().contains("/gone"), "{told:#}");
}
