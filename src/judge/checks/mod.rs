//! The checks: one file for each finding code.
//!
//! A new check is a row in the table of `model/code.rs`, a file here of the name given in that
//! row, and a test at its end. The file has the published page as its head (`# What it says`,
//! `# Why it matters`, `# Example`, `# How to mend it`, `# References`) and a `CHECK`.
//!
//! The modules are declared by a macro, so rustfmt does not find them by itself: the test
//! script runs `rustfmt src/judge/checks/*.rs`.

use super::case::Check;
use super::page::page;
use crate::model::Code;
use crate::model::code::for_each_code;

macro_rules! register {
    ($($variant:ident $code:literal $severity:ident $module:ident, $meaning:literal;)*) => {
        $(mod $module;)*

        /// The check that finds a code.
        pub(super) const fn check(code: Code) -> &'static Check {
            match code { $(Code::$variant => &$module::CHECK,)* }
        }

        /// The published page of a code.
        pub(super) const fn page(code: Code) -> &'static str {
            match code {
                $(Code::$variant => const { page!(concat!(stringify!($module), ".rs")) },)*
            }
        }
    };
}
for_each_code!(register);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_finds_the_code_that_it_is_registered_for() {
        for &code in Code::ALL {
            assert_eq!(check(code).code, code);
        }
    }

    #[test]
    fn every_page_has_all_sections_in_order() {
        let sections = [
            "# What it says\n",
            "\n# Why it matters\n",
            "\n# Example\n",
            "\n# How to mend it\n",
            "\n# References\n",
        ];
        for &code in Code::ALL {
            let page = page(code);
            let places: Vec<_> = sections.iter().map(|section| page.find(section)).collect();
            assert!(places.iter().all(Option::is_some), "{code}: {places:?}");
            assert!(places.is_sorted(), "{code}: {places:?}");
            assert_eq!(places[0], Some(0), "{code}");
            // Examples are not wrapped, and are indented by four columns.
            let examples = page.split("```").skip(1).step_by(2);
            let lines = examples.flat_map(str::lines);
            assert!(lines.into_iter().all(|line| line.len() <= 76), "{code}");
        }
    }
}
