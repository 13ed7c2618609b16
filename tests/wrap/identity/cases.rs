//! Who a command can be, by which options, and how setpriv(1) does the same.

/// Sets of capabilities, as they are spoken of here.
#[derive(Clone, Copy)]
pub(super) enum Set {
    None,
    /// Those that the tests have themselves.
    All,
    /// By their bits, as far as the tests have them.
    Bits(u64),
}

const CHOWN: Set = Set::Bits(1);
const BIND: Set = Set::Bits(1 << 10);
const TWO: Set = Set::Bits(1 << 10 | 1);
const NO_SETPCAP: Set = Set::Bits(!(1 << 8));
const IDS: Set = Set::Bits(1 << 6 | 1 << 7);

/// What is to be seen of a command.
#[derive(Clone, Copy)]
pub(super) struct Expected {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: &'static str,
    /// Inheritable, permitted, effective and ambient.
    pub(super) caps: Set,
    pub(super) bounding: Set,
    pub(super) no_new_privs: bool,
    /// Descriptors from 3 on.
    pub(super) fds: &'static [u32],
}

impl Expected {
    const fn id(self, uid: u32, gid: u32, groups: &'static str) -> Expected {
        Expected {
            uid,
            gid,
            groups,
            ..self
        }
    }

    const fn caps(self, caps: Set, bounding: Set) -> Expected {
        Expected {
            caps,
            bounding,
            ..self
        }
    }

    const fn new_privs(self) -> Expected {
        Expected {
            no_new_privs: false,
            ..self
        }
    }

    const fn fds(self, fds: &'static [u32]) -> Expected {
        Expected { fds, ..self }
    }
}

/// Nobody, with nothing.
const NOBODY: Expected = Expected {
    uid: 65534,
    gid: 65534,
    groups: "65534",
    caps: Set::None,
    bounding: Set::None,
    no_new_privs: true,
    fds: &[],
};

const ROOT: Expected = NOBODY.id(0, 0, "0");

/// Who has given up root already.
const USER: Expected = NOBODY.id(65534, 65534, "").caps(Set::None, Set::All);

/// What is in front of it all and makes the process that wraps less than root; the options; the
/// options with which setpriv does the same, where it can; and what is to be seen.
/// `{nobody}`, `{none}` and `{user}` stand for options of setpriv: see [`words`].
pub(super) type Case = (&'static str, &'static str, &'static str, Expected);

/// The words of a row.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text
        .replace(
            "{user}",
            "setpriv --reuid=nobody --regid=nogroup --clear-groups",
        )
        .replace("{nobody}", "--reuid=nobody --regid=nogroup --init-groups")
        .replace("{root}", "--reuid=root --regid=root --init-groups")
        .replace(
            "{none}",
            "--bounding-set=-all --inh-caps=-all --no-new-privs",
        );
    text.split_whitespace().map(str::to_owned).collect()
}

#[rustfmt::skip] // a table
pub(super) const CASES: &[Case] = &[
    // who
    ("", "--user nobody", "{nobody} {none}", NOBODY),
    ("", "--user games", "--reuid=games --regid=games --init-groups {none}",
        NOBODY.id(5, 60, "60")),
    ("", "--user games:mail --init-groups", "--reuid=games --regid=mail --groups=mail {none}",
        NOBODY.id(5, 8, "8")),
    ("", "--user 12345:23456", "--reuid=12345 --regid=23456 --groups=23456 {none}",
        NOBODY.id(12345, 23456, "23456")),
    ("", "--user nobody --groups mail,games,7,mail",
        "--reuid=nobody --regid=nogroup --groups=7,8,60 {none}", NOBODY.id(65534, 65534, "7 8 60")),
    ("", "--user nobody --groups=", "--reuid=nobody --regid=nogroup --clear-groups {none}",
        NOBODY.id(65534, 65534, "")),
    ("", "--user nobody:root --groups root",
        "--reuid=nobody --regid=root --groups=root {none}", NOBODY.id(65534, 0, "0")),
    // capabilities
    ("", "--user nobody --keep-caps CAP_NET_BIND_SERVICE",
        "{nobody} --no-new-privs --bounding-set=-all,+net_bind_service \
         --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service",
        NOBODY.caps(BIND, BIND)),
    ("", "--user nobody --keep-caps net_bind_service,Cap_Chown --allow-new-privs",
        "{nobody} --bounding-set=-all,+net_bind_service,+chown \
         --inh-caps=-all,+net_bind_service,+chown --ambient-caps=-all,+net_bind_service,+chown",
        NOBODY.caps(TWO, TWO).new_privs()),
    // setpriv knows all that there are, and not all that we have
    ("", "--user nobody --keep-caps all", "", NOBODY.caps(Set::All, Set::All)),
    ("", "--user nobody --keep-bounding", "{nobody} --inh-caps=-all --no-new-privs",
        NOBODY.caps(Set::None, Set::All)),
    ("", "--user nobody --allow-new-privs", "{nobody} --bounding-set=-all --inh-caps=-all",
        NOBODY.new_privs()),
    ("", "--user nobody --keep-bounding --allow-new-privs", "{nobody} --inh-caps=-all",
        NOBODY.caps(Set::None, Set::All).new_privs()),
    ("", "--user nobody --keep-bounding --keep-caps chown",
        "{nobody} --inh-caps=-all,+chown --ambient-caps=-all,+chown --no-new-privs",
        NOBODY.caps(CHOWN, Set::All)),
    // root without the rights of root
    ("", "--user root", "{root} {none}", ROOT),
    ("", "--user root --keep-caps chown",
        "{root} --bounding-set=-all,+chown --inh-caps=-all,+chown --ambient-caps=-all,+chown \
         --no-new-privs",
        ROOT.caps(CHOWN, CHOWN)),
    ("", "--user root --keep-caps all --allow-new-privs", "",
        ROOT.caps(Set::All, Set::All).new_privs()),
    ("", "--user root --keep-bounding", "", ROOT.caps(Set::None, Set::All)),
    ("", "--user root --keep-bounding --allow-new-privs --keep-caps chown",
        "{root} --inh-caps=-all,+chown --ambient-caps=-all,+chown \
         --securebits=+noroot,+noroot_locked",
        ROOT.caps(CHOWN, Set::All).new_privs()),
    ("", "--user root:games --groups mail --allow-new-privs",
        "--reuid=root --regid=games --groups=mail --bounding-set=-all --inh-caps=-all",
        ROOT.id(0, 60, "8").new_privs()),
    // by those who are not root: only what is needed is done
    ("{user}", "", "--no-new-privs", USER),
    ("{user}", "--user nobody", "--no-new-privs", USER),
    ("{user} --no-new-privs", "--user 65534:65534", "--no-new-privs", USER),
    ("{user}", "--allow-new-privs", "--inh-caps=-all", USER.new_privs()),
    // as a unit with AmbientCapabilities= has it
    ("{user} --inh-caps=-all,+chown,+net_bind_service --ambient-caps=-all,+chown,+net_bind_service",
        "--keep-caps net_bind_service", "", USER.caps(BIND, Set::All)),
    ("{user} --inh-caps=-all,+chown,+net_bind_service --ambient-caps=-all,+chown,+net_bind_service",
        "", "", USER),
    ("{user} --inh-caps=-all,+setuid,+setgid,+setpcap --ambient-caps=-all,+setuid,+setgid,+setpcap",
        "--user games", "", NOBODY.id(5, 60, "60")),
    // root of a container that lacks a right
    ("setpriv --bounding-set=-setpcap", "--user nobody", "{nobody} --no-new-privs",
        NOBODY.caps(Set::None, NO_SETPCAP)),
    ("setpriv --bounding-set=-all,+setuid,+setgid", "--user nobody --groups games",
        "--reuid=nobody --regid=nogroup --groups=games --no-new-privs",
        NOBODY.id(65534, 65534, "60").caps(Set::None, IDS)),
    // a change of users takes nothing away
    ("setpriv --securebits=+no_setuid_fixup,+no_setuid_fixup_locked", "--user nobody", "", NOBODY),
    ("setpriv --inh-caps=+chown,+kill", "--user nobody", "{nobody} {none}", NOBODY),
    // descriptors
    ("", "--user nobody --pass-fd 50 --pass-fd 3", "", NOBODY.fds(&[3, 50])),
    ("", "--user nobody --pass-fd 0 --pass-fd 7", "{nobody} {none}", NOBODY.fds(&[7])),
];
