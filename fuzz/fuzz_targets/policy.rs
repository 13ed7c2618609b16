//! Any text is a policy or a list of problems, and every problem can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sockctl::output::problem::render;
use sockctl::policy::{Source, decode};

fuzz_target!(|text: &str| {
    if let Err(problems) = decode(Source::new("fuzz.yaml", text)) {
        assert!(!problems.is_empty());
        let shown = render(&problems, false, 80);
        assert!(!shown.contains(['\x1b', '\x07', '\u{202e}']));
    }
});
