use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::sys::cpu_time::CpuTime;

fn pattern(text: &str) -> Pattern {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn fits(glob: &str, text: &str) -> bool {
    pattern(glob).matches(text.as_bytes())
}

#[test]
fn stars_stop_at_slashes_and_leading_dots_match() {
    assert!(fits("/run/*.sock", "/run/a.sock"));
    assert!(fits("/run/*.sock", "/run/.sock"));
    assert!(fits("/run/*", "/run/.hidden"));
    assert!(!fits("/run/*.sock", "/run/a/b.sock"));
    assert!(fits("/run/a?c", "/run/abc"));
    assert!(!fits("/run/a?c", "/run/a/c"));
    assert!(!fits("/run/*", "/run"));
}

#[test]
fn two_stars_cross() {
    for path in ["/x", "/a/x", "/a/b/x", "/.a/x"] {
        assert!(fits("/**/x", path), "{path}");
    }
    assert!(!fits("/**/x", "/ax"));
    assert!(!fits("/**/x", "/x/y"));
    for path in ["/a", "/a/", "/a/b", "/a/b/c"] {
        assert!(fits("/a/**", path), "{path}");
        assert!(fits("/a/**/**", path), "{path}");
    }
    assert!(!fits("/a/**", "/ab"));
    assert!(fits("/a/**/b", "/a/b"));
    assert!(fits("/a/**/b", "/a/x/y/b"));
    assert!(fits("/a/x**y", "/a/x1/2/3y"));
    assert!(fits("/**", "/anything/at/all"));
    assert!(fits("**", "web-1"));
}

#[test]
fn brackets_and_braces() {
    assert!(fits("/tmp/.X11-unix/X[0-9]", "/tmp/.X11-unix/X0"));
    assert!(!fits("/x/[!a-c]", "/x/b"));
    assert!(fits("/x/[!a-c]", "/x/d"));
    assert!(!fits("/x[!a]y", "/x/y"));
    assert!(fits("/x/[]a]", "/x/]"));
    assert!(fits("/x/[a-]", "/x/-"));
    assert!(fits(r"/x/[\]\-]", "/x/]"));
    assert!(fits("/{nss,pam}.sock", "/pam.sock"));
    assert!(fits("/a{,.bak}", "/a"));
    assert!(fits("/a{,.bak}", "/a.bak"));
    assert!(fits("/{a{1,2},b*}z", "/a2z"));
    assert!(fits("/{a{1,2},b*}z", "/bbbz"));
    assert!(!fits("/{a,b}", "/c"));
    assert!(fits("/a,b}", "/a,b}"));
}

#[test]
fn a_backslash_takes_the_meaning_away() {
    assert!(fits(r"/a\*b", "/a*b"));
    assert!(!fits(r"/a\*b", "/axb"));
    assert!(fits(r"/\<x>\{\[\\", r"/<x>{[\"));
    assert_eq!(pattern(r"/a\*b/c").literal(), Some(&b"/a*b/c"[..]));
    assert!(fits(r"/\*/<x>.sock", "/*/y.sock"));
    for text in ["/a*b", r"/[x]{y}<z>\?", "/plain"] {
        assert_eq!(
            pattern(&Pattern::escape(text)).literal(),
            Some(text.as_bytes())
        );
    }
}

#[test]
fn captures_stand_for_bytes_of_one_component() {
    let pools = pattern("/run/php/<pool>.sock");
    let captures = pools.captures(b"/run/php/a.b.sock").expect("it matches");
    assert_eq!(captures.get("pool"), Some(&b"a.b"[..]));
    assert_eq!(captures.get("other"), None);
    assert!(!pools.matches(b"/run/php/.sock"));
    assert!(!pools.matches(b"/run/php/a/b.sock"));

    let twice = pattern("/srv/<app>/<app>-<n>.sock");
    let captures = twice
        .captures(b"/srv/shop/shop-1-2.sock")
        .expect("it matches");
    assert_eq!(captures.get("app"), Some(&b"shop"[..]));
    assert_eq!(captures.get("n"), Some(&b"1-2"[..]));
    assert!(!twice.matches(b"/srv/shop/blog-1.sock"));
    assert!(pattern("/**/<x>/<x>").matches(b"/a/b/c/c"));
    assert!(!pattern("/**/<x>/<x>").matches(b"/a/b/c/d"));
}

#[test]
fn any_byte_may_stand_in_a_name() {
    assert!(pattern("/run/*.sock").matches(b"/run/\xff\n.sock"));
    assert!(pattern("@a*").matches(b"@a\0b"));
    assert!(fits("/é", "/é"));
}

#[test]
fn what_is_literal_is_known() {
    assert_eq!(pattern("/a/b").literal(), Some(&b"/a/b"[..]));
    assert_eq!(pattern("/a/*").literal(), None);
    assert_eq!(pattern("/a/b*").literal_prefix(), b"/a/b");
    assert_eq!(pattern("/a/*.s").literal_suffix(), b".s");
    assert_eq!(pattern("/a/{b,c}").literal_suffix(), b"");
    assert_eq!(pattern("/a/**").literal_prefix(), b"/a");
    let directory = |text: &str| {
        let pattern = pattern(text);
        let (directory, rest) = pattern.literal_directory();
        (
            String::from_utf8_lossy(&directory).into_owned(),
            rest.to_owned(),
        )
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(directory("/run/app/*.sock"), pair("/run/app", "/*.sock"));
    assert_eq!(directory("/run/x.sock"), pair("/run", "/x.sock"));
    assert_eq!(directory(r"/r\*n/x*"), pair("/r*n", "/x*"));
    assert_eq!(directory("/*"), pair("", "/*"));
}

#[test]
fn components_that_are_known_are_counted_from_both_ends() {
    use Component::{FromEnd, FromStart};
    let starts = |text: &str| {
        let mut found = Vec::new();
        pattern(text).each_literal_component(|component, part| {
            found.push((component, String::from_utf8_lossy(part).into_owned()));
        });
        found
    };
    let pair = |component, text: &str| (component, text.to_owned());
    assert_eq!(
        starts("/run/<x>/app-*/y{a,b}c/z"),
        [
            pair(FromStart(1), "run"),
            pair(FromStart(3), "app-"),
            pair(FromStart(4), "y"),
            pair(FromStart(5), "z"),
        ]
    );
    assert_eq!(
        starts("/run/**/a*/**/b?/c*"),
        [
            pair(FromStart(1), "run"),
            pair(FromEnd(1), "b"),
            pair(FromEnd(0), "c")
        ]
    );
    assert_eq!(
        starts("/a/b**c/d*"),
        [
            pair(FromStart(1), "a"),
            pair(FromStart(2), "b"),
            pair(FromEnd(0), "d"),
        ]
    );
    assert_eq!(starts("/a/**"), [pair(FromStart(1), "a")]);
    assert_eq!(starts("@a*"), [pair(FromStart(0), "@a")]);
}

#[test]
fn what_is_no_pattern_says_where() {
    let fault = |text: &str| {
        let error = text.parse::<Pattern>().expect_err(text);
        (error.fault, error.offset)
    };
    assert_eq!(fault(""), (Fault::Empty, 0));
    assert_eq!(fault("/a\0"), (Fault::Nul, 2));
    assert_eq!(fault("/a[bc"), (Fault::OpenBracket, 2));
    assert_eq!(fault("/a[]"), (Fault::OpenBracket, 2));
    assert_eq!(fault("/a[b/c]"), (Fault::SlashInClass, 4));
    assert_eq!(fault("/a[^b]"), (Fault::Caret, 3));
    assert_eq!(fault("/a[[:alpha:]]"), (Fault::NamedClass, 3));
    assert_eq!(fault("/a[é]"), (Fault::WideInClass, 3));
    assert_eq!(fault("/a[z-a]"), (Fault::RangeOrder, 3));
    assert_eq!(fault("/{a,b"), (Fault::OpenBrace, 1));
    assert_eq!(fault("/{a,b/c}"), (Fault::SlashInBraces, 5));
    assert_eq!(fault("/{**}"), (Fault::DeepInBraces, 2));
    assert_eq!(fault("/{<x>}"), (Fault::CaptureInBraces, 2));
    assert_eq!(fault("/{{{{{{{{{a}}}}}}}}}"), (Fault::DeepBraces, 9));
    assert_eq!(fault("/<x"), (Fault::OpenCapture, 1));
    assert_eq!(fault("/<>"), (Fault::CaptureName, 1));
    assert_eq!(fault("/<9a>"), (Fault::CaptureName, 1));
    assert_eq!(fault("/<a b>"), (Fault::CaptureName, 1));
    assert_eq!(fault("/<a>*/<a>"), (Fault::LooseCapture, 1));
    assert_eq!(fault("/a\\"), (Fault::TrailingBackslash, 2));
    let many = "/<a>/<b>/<c>/<d>/<e>/<f>/<g>/<h>/<i>";
    assert_eq!(fault(many).0, Fault::ManyCaptures);
    assert_eq!(fault(&"x".repeat(5000)).0, Fault::TooLong);
}

#[test]
fn no_pattern_is_slow() {
    let began = CpuTime::start();
    let deep = format!("/{}b", "a/".repeat(2000));
    let flat = format!("/{}", "a".repeat(4000));
    for bomb in [
        "/**/**/**/**/**/*a*a*a*a*a*a*a*a*z?",
        "/**a**a**a**a**a**a**a**z?",
        "/*a*a*a*a*a*a*a*a*a*a*a*a*a*z?",
        "/{a,aa,aaa}{a,aa,aaa}{a,aa,aaa}{a,aa,aaa}{a,aa,aaa}{a,aa,aaa}{a,aa}*z?",
        "/**/<x>/**/<x>/z?",
        "/<a><b><c><d><e><f><g><h>z?",
    ] {
        for text in [&deep, &flat] {
            assert!(!fits(bomb, text), "{bomb}");
        }
    }
    assert!(began.used() < Duration::from_secs(10), "{:?}", began.used());
}

#[test]
fn the_parsed_form_survives_being_stored() {
    for text in ["/run/<pool>/[a-c]{x,y}*/**", r"/a\*b", "@x"] {
        let original = pattern(text);
        let bytes = postcard::to_stdvec(&original).expect("it can be stored");
        assert_eq!(postcard::from_bytes::<Pattern>(&bytes), Ok(original));
    }
}

/// The obvious matcher: slow, recursive, straight from the words of the manual.
fn reference(glob: &[u8], text: &[u8], at_start: bool, seen: &BTreeMap<Vec<u8>, Vec<u8>>) -> bool {
    let Some((&first, rest)) = glob.split_first() else {
        return text.is_empty();
    };
    let cuts = |crosses: bool| {
        let end = if crosses {
            None
        } else {
            text.iter().position(|&byte| byte == b'/')
        };
        0..=end.unwrap_or(text.len())
    };
    match first {
        b'/' if rest == b"**" => text.is_empty() || text[0] == b'/',
        b'*' if rest.starts_with(b"*/") && at_start => {
            let after = &rest[2..];
            reference(after, text, true, seen)
                || (0..text.len())
                    .filter(|&cut| text[cut] == b'/')
                    .any(|cut| reference(after, &text[cut + 1..], true, seen))
        }
        b'*' if rest.first() == Some(&b'*') => {
            cuts(true).any(|cut| reference(&rest[1..], &text[cut..], false, seen))
        }
        b'*' => cuts(false).any(|cut| reference(rest, &text[cut..], false, seen)),
        b'?' => {
            text.first().is_some_and(|&byte| byte != b'/')
                && reference(rest, &text[1..], false, seen)
        }
        b'[' => {
            let close = rest
                .iter()
                .position(|&byte| byte == b']')
                .expect("well-formed");
            let negated = rest[0] == b'!';
            let members = &rest[usize::from(negated)..close];
            text.first()
                .is_some_and(|byte| *byte != b'/' && members.contains(byte) != negated)
                && reference(&rest[close + 1..], &text[1..], false, seen)
        }
        b'{' => {
            let close = rest
                .iter()
                .position(|&byte| byte == b'}')
                .expect("well-formed");
            rest[..close].split(|&byte| byte == b',').any(|choice| {
                let whole = [choice, &rest[close + 1..]].concat();
                reference(&whole, text, false, seen)
            })
        }
        b'<' => {
            let close = rest
                .iter()
                .position(|&byte| byte == b'>')
                .expect("well-formed");
            let name = &rest[..close];
            cuts(false).skip(1).any(|cut| {
                let value = &text[..cut];
                if seen.get(name).is_some_and(|known| known != value) {
                    return false;
                }
                let mut seen = seen.clone();
                seen.insert(name.to_vec(), value.to_vec());
                reference(&rest[close + 1..], &text[cut..], false, &seen)
            })
        }
        byte => text.first() == Some(&byte) && reference(rest, &text[1..], byte == b'/', seen),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn it_agrees_with_the_obvious_matcher(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "b", "/", "/", "*", "**", "/**/", "?", "[ab]", "[!a]", "{a,b}", "{a*,,?b}",
                "<x>", "<y>", "/<x>/", "/**",
            ]),
            0..7,
        ),
        text in "/[ab/]{0,7}",
    ) {
        let glob = format!("/{}", parts.concat());
        // Three stars are no word of the language, `**/**` is `**`, and the reference does not join what
        // braces put side by side with a star outside.
        prop_assume!(!glob.contains("**/**") && !glob.contains("***") && !glob.contains("*{") && !glob.contains("}*"));
        if let Ok(parsed) = glob.parse::<Pattern>() {
            let expected = reference(glob.as_bytes(), text.as_bytes(), true, &BTreeMap::new());
            prop_assert_eq!(parsed.matches(text.as_bytes()), expected, "{} {}", glob, text);
            let captured = parsed.captures(text.as_bytes()).is_some();
            prop_assert_eq!(captured, expected);
            if expected {
                prop_assert!(text.as_bytes().starts_with(parsed.literal_prefix()));
                prop_assert!(text.as_bytes().ends_with(parsed.literal_suffix()));
                let parts: Vec<&str> = text.split('/').collect();
                parsed.each_literal_component(|component, part| {
                    let number = match component {
                        Component::FromStart(number) => number,
                        Component::FromEnd(number) => parts.len() - 1 - number,
                    };
                    assert!(parts[number].as_bytes().starts_with(part), "{glob} {text}");
                });
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(glob in "\\PC{0,40}", text in "\\PC{0,40}") {
        if let Ok(parsed) = glob.parse::<Pattern>() {
            parsed.matches(text.as_bytes());
            parsed.each_literal_component(|_, _| {});
            parsed.literal_directory();
        }
    }
}
