//! A mode is at most twelve bits, and what is shown of it reads as the same mode.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sockctl::model::Mode;

fuzz_target!(|text: &str| {
    if let Ok(mode) = text.parse::<Mode>() {
        assert!(mode.bits() <= Mode::MASK);
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
});
