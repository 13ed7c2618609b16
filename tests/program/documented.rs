//! Policies that the documents show are policies, and do what is said of them.

use crate::support::{Sockctl, World};

const MANUAL: &str = include_str!("../../src/commands/man/text/sockctl-policy.5.txt");
const README: &str = include_str!("../../README.md");

/// The typed texts of the manual: a whole policy first, then parts to add to it.
fn of_the_manual() -> Vec<String> {
    let mut blocks = vec![String::new()];
    for line in MANUAL.lines() {
        let block = blocks.last_mut().expect("there is always one");
        match line.strip_prefix("    ") {
            Some(line) => {
                block.push_str(line);
                block.push('\n');
            }
            None if block.is_empty() => {}
            None => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

#[test]
fn the_manual_shows_a_policy_that_passes_its_own_tests() {
    let blocks = of_the_manual();
    assert!(blocks[0].starts_with("version: 1\n"), "{blocks:?}");
    for part in ["waivers:", "tests:", "roles:"] {
        let shown = blocks.iter().any(|block| block.starts_with(part));
        assert!(shown, "no {part} in {blocks:?}");
    }
    let world = World::new();
    let policy = world.file("manual.yaml", &blocks.concat());
    Sockctl::new()
        .args(["policy", "check"])
        .arg(&policy)
        .run()
        .code(0);
    Sockctl::new()
        .args(["policy", "test"])
        .arg(&policy)
        .run()
        .code(0)
        .stdout_has("1 passed");
}

#[test]
fn the_manual_names_every_key_of_a_test() {
    let (_, section) = MANUAL.split_once("# TESTS").expect("it has one");
    let (section, _) = section.split_once("\n# ").expect("others follow");
    let schema = Sockctl::new().args(["policy", "schema"]).run().code(0);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).expect("JSON");
    let keys_at = |pointer: &str| -> Vec<String> {
        let properties = schema.pointer(pointer).and_then(|found| found.as_object());
        let properties = properties.unwrap_or_else(|| panic!("no {pointer} in {schema:#}"));
        properties.keys().cloned().collect()
    };
    for (pointer, least) in [
        ("/$defs/test/properties", 4),
        ("/$defs/socket-of-a-test/properties", 6),
        ("/$defs/listener-of-a-test/properties", 3),
        ("/$defs/directory-of-a-test/properties", 2),
    ] {
        let keys = keys_at(pointer);
        assert!(keys.len() >= least, "{keys:?}");
        for key in keys {
            assert!(section.contains(&key), "{key} is not in {section}");
        }
    }
}

#[test]
fn readme_shows_a_policy() {
    let mut shown = 0;
    for block in README.split("```yaml\n").skip(1) {
        let (block, _) = block.split_once("```").expect("it ends");
        let world = World::new();
        let policy = world.file("readme.yaml", block);
        Sockctl::new()
            .args(["policy", "check"])
            .arg(&policy)
            .run()
            .code(0);
        shown += 1;
    }
    assert!(shown > 0);
}
