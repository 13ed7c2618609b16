//! Matching ends, soon and without a panic, and what is known of a pattern holds of its matches.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sockctl::model::Pattern;
use sockctl::model::pattern::Component;

fuzz_target!(|input: (&str, &[u8])| {
    let (glob, text) = input;
    let Ok(pattern) = glob.parse::<Pattern>() else {
        return;
    };
    let matches = pattern.matches(text);
    assert_eq!(pattern.captures(text).is_some(), matches);
    pattern.literal_directory();
    if !matches {
        return;
    }
    assert!(text.starts_with(pattern.literal_prefix()));
    assert!(text.ends_with(pattern.literal_suffix()));
    let parts: Vec<&[u8]> = text.split(|&byte| byte == b'/').collect();
    pattern.each_literal_component(|component, part| {
        let number = match component {
            Component::FromStart(number) => number,
            Component::FromEnd(number) => parts.len() - 1 - number,
        };
        assert!(parts[number].starts_with(part));
    });
});
