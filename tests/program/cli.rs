//! Every help page as it is, and every flag of it in the manual.

use crate::support::Sockctl;

/// The words of every command, the program's own name left out.
fn commands() -> Vec<Vec<String>> {
    let mut definition = sockctl::cli::definition();
    definition.build();
    let mut found = vec![Vec::new()];
    collect(&definition, &[], &mut found);
    found
}

fn collect(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
    for inner in command.get_subcommands() {
        let mut words = words.to_vec();
        words.push(inner.get_name().to_owned());
        found.push(words.clone());
        collect(inner, &words, found);
    }
}

fn help(words: &[String]) -> String {
    let done = Sockctl::new().args(words).arg("--help").run();
    done.code(0).no_stderr().out()
}

#[test]
fn help_pages() {
    for words in commands() {
        let name = [&["help".to_owned()], &*words].concat().join("-");
        insta::assert_snapshot!(name, help(&words));
    }
}

#[test]
fn a_help_page_fits_a_terminal() {
    for words in commands() {
        let text = help(&words);
        let long = text.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{words:?}");
    }
}

#[test]
fn every_command_has_examples() {
    for words in commands() {
        let leaf = !words.is_empty() && words != ["policy"];
        if leaf {
            let text = help(&words);
            assert!(text.contains("Examples:"), "{text}");
        }
    }
}

#[test]
fn every_flag_of_the_help_is_in_the_manual() {
    let directory = tempfile::TempDir::new().expect("a directory");
    Sockctl::new()
        .arg("man")
        .arg(directory.path())
        .run()
        .code(0);
    for words in commands() {
        let name = [&["sockctl".to_owned()], &*words].concat().join("-");
        let path = directory.path().join(format!("man1/{name}.1"));
        let page = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            .replace(r"\-", "-");
        for flag in flags(&help(&words)) {
            assert!(
                page.contains(&flag),
                "{flag} of {words:?} is not in {name}.1"
            );
        }
    }
}

/// `--long` of every option that a help page lists.
fn flags(help: &str) -> Vec<String> {
    help.lines()
        .filter(|line| line.trim_start().starts_with('-'))
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")))
        .filter_map(|flag| flag.split(['[', '=', ',', '.']).next().map(str::to_owned))
        .collect()
}

#[test]
fn every_code_is_explained() {
    let all = Sockctl::new().arg("explain").run().code(0).out();
    for code in sockctl::model::Code::ALL {
        assert!(all.contains(code.as_str()), "{code}");
        let page = Sockctl::new().arg("explain").arg(code.as_str());
        page.run().code(0).stdout_has(code.as_str());
    }
}

#[test]
fn what_is_inside_the_program_is_what_is_in_the_repository() {
    let list = Sockctl::new().args(["policy", "list"]).run().code(0).out();
    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let mut seen = 0;
    for entry in std::fs::read_dir(policies).expect("policies/") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        let text = std::fs::read_to_string(&path).expect("a policy");
        assert!(list.contains(name), "{list}");
        let shown = Sockctl::new().args(["policy", "show", name]).run().code(0);
        assert_eq!(shown.out(), text, "{name}");
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn the_synopsis_has_values_and_dots() {
    let directory = tempfile::TempDir::new().expect("a directory");
    Sockctl::new()
        .arg("man")
        .arg(directory.path())
        .run()
        .code(0);
    for (command, synopsis) in [
        ("audit", r"[\fIPATH\fR]..."),
        ("clean", r"[\fB\-\-older\-than\fR \fIDUR\fR]"),
        ("clean", r" \fIPATH\fR..."),
        ("probe", r"[\fB\-\-wait\fR[=\fIDUR\fR]]"),
        ("probe", r" \fIADDR\fR..."),
        ("chmod", r"\fB\-\-from\-policy\fR \fIPATH\fR..."),
        ("policy-check", r" \fIFILE\fR..."),
    ] {
        let page = directory.path().join(format!("man1/sockctl-{command}.1"));
        let page = std::fs::read_to_string(page).expect("a page");
        let page = page.replace('\n', " ");
        assert!(page.contains(synopsis), "{page}");
    }
    let page = directory.path().join("man1/sockctl-policy-explain.1");
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(!page.contains(r"\fIPATH\fR..."), "{page}");
}

#[test]
fn what_arguments_hold_never_acts_on_the_terminal() {
    let evil = "x\u{1b}[2J\u{9b}1m\u{202e}\u{7f}y";
    let path = format!("/dev/null/{evil}");
    let cases: [&[&str]; 7] = [
        &[evil],
        &["audit", &format!("--{evil}")],
        &["audit", "--format", evil],
        &["explain", evil],
        &["man", &path],
        &["create", &path],
        &["audit", "-p", &path],
    ];
    for arguments in cases {
        let done = Sockctl::new().args(arguments).run().no_stdout();
        assert!(!done.status.success(), "{}", done.shown());
        let acts = |character: char| {
            character != '\n' && !sockctl::model::untrusted::is_showable(character)
        };
        assert!(!done.err().contains(acts), "{:?}", done.err());
        done.stderr_has("1m");
    }
}
