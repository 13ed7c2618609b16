//! What the kernel says of a wrapped command, to the bit, and that setpriv(1) has the same to say
//! wherever it can do the same.

mod cases;

use std::collections::BTreeMap;
use std::process::Command;

use self::cases::{CASES, Expected, Set, words};
use crate::support::{Cat, before, run, skipped_without_root, wrap};

/// Descriptors that somebody has left open.
const LEAKED: &str = "exec 3</dev/null 4</dev/null 7</dev/null 50</dev/null; exec \"$@\"";

fn leaking(command: &Command) -> Command {
    before(&["bash", "-c", LEAKED, "bash"], command)
}

type Fields = BTreeMap<String, String>;

/// What decides what a process may do.
fn rights(cat: &Cat) -> Fields {
    let mut fields = cat.status();
    let shown = [
        "Uid",
        "Gid",
        "Groups",
        "NoNewPrivs",
        "Seccomp",
        "SigBlk",
        "SigIgn",
    ];
    fields.retain(|name, _| name.starts_with("Cap") || shown.contains(&name.as_str()));
    fields
}

fn own(name: &str) -> String {
    let text = std::fs::read_to_string("/proc/self/status").expect("our status");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.unwrap_or_else(|| panic!("no {name}"))
        .trim()
        .to_owned()
}

fn expected(of: Expected) -> Fields {
    let all = u64::from_str_radix(&own("CapBnd"), 16).expect("bits");
    let set = |set: Set| match set {
        Set::None => 0,
        Set::All => all,
        Set::Bits(bits) => bits & all,
    };
    let hex = |bits: u64| format!("{bits:016x}");
    let four = |id: u32| format!("{id} {id} {id} {id}");
    let (caps, bounding) = (set(of.caps), set(of.bounding));
    let fields = [
        ("Uid", four(of.uid)),
        ("Gid", four(of.gid)),
        ("Groups", of.groups.to_owned()),
        ("CapInh", hex(caps)),
        ("CapPrm", hex(caps)),
        ("CapEff", hex(caps)),
        ("CapBnd", hex(bounding)),
        ("CapAmb", hex(caps)),
        ("NoNewPrivs", u8::from(of.no_new_privs).to_string()),
        ("Seccomp", own("Seccomp")),
        ("SigBlk", hex(0)),
        ("SigIgn", hex(0)),
    ];
    fields.map(|(name, value)| (name.to_owned(), value)).into()
}

fn under(text: &str, command: Command) -> Command {
    let words = words(text);
    if words.is_empty() {
        command
    } else {
        before(&words, &command)
    }
}

#[test]
fn the_kernel_says_exactly_what_was_asked_for() {
    if skipped_without_root("the_kernel_says_exactly_what_was_asked_for") {
        return;
    }
    const { assert!(CASES.len() >= 30) };
    for (before, options, setpriv, wanted) in CASES {
        let shown = format!("{before} wrap {options}");
        let command = under(before, wrap(words(options), ["cat"]));
        let cat = Cat::start(leaking(&command));
        assert_eq!(rights(&cat), expected(*wanted), "{shown}");
        let fds: Vec<u32> = cat.fds().into_keys().collect();
        assert_eq!(fds, [&[0, 1, 2], wanted.fds].concat(), "{shown}");
        if setpriv.is_empty() {
            continue;
        }
        let mut command = Command::new("setpriv");
        command.args(words(setpriv)).arg("cat");
        let twin = Cat::start(under(before, crate::support::before(&["env"], &command)));
        let [mut ours, mut theirs] = [rights(&cat), rights(&twin)];
        // setpriv leaves the signals as they are.
        for fields in [&mut ours, &mut theirs] {
            fields.retain(|name, _| !name.starts_with("Sig"));
        }
        assert_eq!(ours, theirs, "{shown} and setpriv {setpriv}");
    }
}

#[test]
fn supplementary_groups_are_those_of_the_user() {
    if skipped_without_root("supplementary_groups_are_those_of_the_user") {
        return;
    }
    let members = run(before(&["id", "-G", "postgres"], &Command::new("--")));
    if members.code != Some(0) {
        println!("skipped: supplementary_groups_are_those_of_the_user: no user postgres");
        return;
    }
    let mut expected: Vec<u32> = members
        .stdout
        .split_whitespace()
        .map(|gid| gid.parse().expect("a number"))
        .collect();
    expected.sort_unstable();
    let cat = Cat::start(wrap(["--user", "postgres"], ["cat"]));
    let groups: Vec<String> = expected.iter().map(u32::to_string).collect();
    assert!(groups.len() > 1, "{groups:?}");
    assert_eq!(cat.status()["Groups"], groups.join(" "));
}

#[test]
fn signals_are_as_a_program_expects_them() {
    if skipped_without_root("signals_are_as_a_program_expects_them") {
        return;
    }
    // Everything ignored that a shell can ignore, and as much blocked as env(1) can block.
    let script = "for i in $(seq 1 31) $(seq 34 64); do trap '' $i 2>/dev/null; done; exec \"$@\"";
    let ignoring = ["bash", "-c", script, "bash", "env", "--block-signal"];
    let plain = run(before(
        &ignoring,
        &before(&["cat", "/proc/self/status"], &Command::new("-")),
    ));
    assert!(
        !plain.stdout.contains("SigIgn:\t0000000000000000"),
        "{}",
        plain.shown()
    );
    assert!(
        !plain.stdout.contains("SigBlk:\t0000000000000000"),
        "{}",
        plain.shown()
    );
    let cat = Cat::start(before(&ignoring, &wrap(["--user", "nobody"], ["cat"])));
    let status = cat.status();
    assert_eq!(status["SigIgn"], "0".repeat(16));
    assert_eq!(status["SigBlk"], "0".repeat(16));
}

#[test]
fn what_cannot_be_is_said_beforehand() {
    if skipped_without_root("what_cannot_be_is_said_beforehand") {
        return;
    }
    let refused = |before: &str, options: &str, says: &str| {
        let command = under(before, wrap(words(options), ["true"]));
        run(command).exits(125).says(says);
    };
    let container = "setpriv --bounding-set=-setpcap";
    refused(
        container,
        "--user nobody --keep-caps setpcap",
        "cannot keep CAP_SETPCAP",
    );
    let said = "without --allow-new-privs it is not needed";
    refused(container, "--user root --allow-new-privs", said);
    refused(
        "setpriv --bounding-set=-setuid",
        "--user nobody",
        "CAP_SETUID",
    );
    refused(
        "setpriv --bounding-set=-setgid",
        "--user nobody",
        "CAP_SETGID, which this process does not have; root has it unless it was taken away",
    );
    // SECBIT_NO_CAP_AMBIENT_RAISE, which setpriv does not know by name.
    let locked = ["capsh", "--secbits=0x40", "--", "-c", "exec \"$@\"", "bash"];
    let keeps = wrap(["--user=nobody", "--keep-caps=chown"], ["true"]);
    run(before(&locked, &keeps)).exits(125).says("securebits");
}
