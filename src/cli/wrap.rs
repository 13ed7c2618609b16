//! `sockctl wrap`

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};

use super::{Documented, Example, duration, operands};
use crate::model::{
    Account, CapSet, FdNumber, HttpTarget, LimitSpec, ListenSpec, Mode, ReadySpec, Signal, UserSpec,
};

/// Run a command on sockets that are right from birth, with no more rights than it needs.
///
/// Everything that can fail is tried before anything is changed. After the rights are dropped the
/// identity is read back from the kernel and compared, and regaining root is tried and must fail:
/// else nothing is executed.
#[derive(Debug, Clone, Args)]
// Flags of a command line.
#[allow(clippy::struct_excessive_bools)]
pub struct Wrap {
    /// The command, and its arguments
    #[arg(
        value_name = "COMMAND",
        required = true,
        last = true,
        value_hint = ValueHint::CommandWithArguments
    )]
    pub command: Vec<OsString>,

    /// Become the command: nothing stays resident, and nothing is removed at the end
    #[arg(long)]
    pub exec: bool,

    /// Make a socket and pass it on, from descriptor 3; may be repeated
    ///
    /// PATH[,name=N][,type=T][,mode=M][,owner=U[:G]][,backlog=N], where \, is a comma. What is not
    /// given is as the policy says; without one the mode is 0600, the type stream, and the owner
    /// whoever the command runs as. A stale file is replaced, a live one refused.
    #[allow(rustdoc::broken_intra_doc_links)] // help shows it as it stands
    #[arg(
        long,
        value_name = "PATH[,KEY=VALUE...]",
        value_parser = OsStringValueParser::new().try_map(|text| listen(&text)),
        value_hint = ValueHint::FilePath
    )]
    pub listen: Vec<ListenSpec>,

    /// The command binds this path itself; may be repeated
    ///
    /// A stale file is cleaned before the start, a live one refused. Afterwards it is waited for,
    /// a process of the command has to be the one that listens on it, and it is held against the
    /// policy before the command counts as ready.
    #[arg(
        long,
        value_name = "PATH",
        value_parser = OsStringValueParser::new().try_map(expect),
        value_hint = ValueHint::FilePath,
        conflicts_with = "exec"
    )]
    pub expect: Vec<PathBuf>,

    /// What to do about findings of severity high and above of its sockets, and about
    /// access-missing from medium on
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value = "refuse",
        conflicts_with = "exec"
    )]
    pub on_violation: OnViolation,

    /// Leave socket files where they are at the end
    #[arg(long, conflicts_with = "exec")]
    pub keep: bool,

    /// Who to be, by name or number; a number without an entry needs a group
    #[arg(long, value_name = "USER[:GROUP]", value_parser = user)]
    pub user: Option<UserSpec>,

    /// Exactly these supplementary groups; '' for none
    #[arg(long, value_name = "GROUP,...", value_parser = groups, conflicts_with = "init_groups")]
    groups: Option<Accounts>,

    /// The supplementary groups of the user [default]
    #[allow(rustdoc::broken_intra_doc_links)] // help shows it as it stands
    #[arg(long)]
    pub init_groups: bool,

    /// Capabilities to keep in all five sets, or all; all others go, from the bounding set too
    #[arg(long, value_name = "CAP,...", value_parser = capabilities)]
    pub keep_caps: Option<CapSet>,

    /// Leave the bounding set as it is, for a command whose children need it
    #[arg(long)]
    pub keep_bounding: bool,

    /// Do not set no_new_privs, so that what it executes may have more rights
    #[arg(long)]
    pub allow_new_privs: bool,

    /// Its umask [default: as inherited with sockets that are passed on, else 0077]
    #[arg(long, value_name = "MODE", value_parser = umask)]
    pub umask: Option<Mode>,

    /// Run it in this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub chdir: Option<PathBuf>,

    /// Set a variable of its environment; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = OsStringValueParser::new().try_map(|text| variable(&text)))]
    env: Vec<Variable>,

    /// Leave out what it would inherit of the environment, but not what a service manager says
    #[arg(long)]
    pub clear_env: bool,

    /// Set a limit: RESOURCE=LIMIT, or =SOFT:HARD, as in nofile=65536; may be repeated
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    pub rlimit: Vec<LimitSpec>,

    /// Leave this descriptor open for it; all others from 3 on are closed; may be repeated
    #[arg(long, value_name = "N", value_parser = descriptor)]
    pub pass_fd: Vec<FdNumber>,

    /// What asks the command to end when this process is asked to, by name or number [default: TERM]
    #[arg(long, value_name = "SIGNAL", value_parser = signal, conflicts_with = "exec")]
    pub stop_signal: Option<Signal>,

    /// How long it may take to end; then all that is left of its process group is killed
    ///
    /// The default is as long as whoever asked has patience, and 10s where sockctl stops it of its
    /// own accord.
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, conflicts_with = "exec")]
    pub stop_timeout: Option<Duration>,

    /// When the command counts as ready: now, notify, listen, connect, http:PATH or delay:DURATION
    /// [default: now with sockets that are passed on, else listen]
    ///
    /// Only then whoever started sockctl is told READY=1 (systemd's Type=notify); that the command
    /// says so itself always counts. now: it has been executed. notify: it says so. listen: its
    /// sockets listen, as the kernel says; the command notices nothing. connect: it has taken a
    /// connection. http: it answers GET PATH with 2xx or 3xx. delay: so long after it has been
    /// executed. What it binds itself is held against the policy before, whatever is waited for. A
    /// command without sockets of --listen or --expect counts when it listens on anything, or,
    /// unless listen was written, after 2s.
    #[arg(long, value_name = "WHEN", value_parser = ready, conflicts_with = "exec")]
    pub ready: Option<ReadySpec>,

    /// How long that may take; then it is stopped, and the exit status is 125 [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse_positive, conflicts_with = "exec")]
    pub ready_timeout: Option<Duration>,

    /// Show the whole plan, step by step, and who the command would be; as --dry-run
    #[arg(long)]
    pub explain: bool,
}

/// What to do about what a policy says against a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnViolation {
    /// Stop the command (77) before it counts as ready; afterwards log it
    Refuse,
    /// Mend it, and log it
    Fix,
    /// Log it
    Log,
    /// Stop the command (77), afterwards too
    Stop,
}

/// Several, in one argument.
#[derive(Debug, Clone)]
struct Accounts(Vec<Account>);

#[derive(Debug, Clone)]
struct Variable(OsString, OsString);

impl Wrap {
    /// The groups that are named.
    pub fn groups(&self) -> Option<&[Account]> {
        self.groups.as_ref().map(|groups| groups.0.as_slice())
    }

    /// The variables that are named.
    pub fn env(&self) -> Vec<(OsString, OsString)> {
        let pair = |Variable(name, value): &Variable| (name.clone(), value.clone());
        self.env.iter().map(pair).collect()
    }
}

fn listen(text: &OsStr) -> Result<ListenSpec, String> {
    let spec = ListenSpec::parse(text).map_err(|error| error.to_string())?;
    operands::check(&spec.path)?;
    no_port(&spec.path)?;
    if spec.mode.is_none() {
        no_mode(&spec.path)?;
    }
    Ok(spec)
}

#[allow(clippy::needless_pass_by_value)] // as clap calls it
fn expect(path: OsString) -> Result<PathBuf, String> {
    let path = ListenSpec::path_alone(&path).map_err(|error| error.to_string())?;
    operands::check(&path)?;
    no_port(&path)?;
    no_mode(&path)?;
    Ok(path)
}

/// Refuses what other programs take for an address of TCP.
fn no_port(path: &Path) -> Result<(), String> {
    let is_port = |(host, port): &(&[u8], &[u8])| {
        !host.contains(&b'/') && port.iter().all(u8::is_ascii_digit)
    };
    let path = path.as_os_str().as_bytes();
    match behind_colon(path).filter(is_port) {
        Some(_) => Err(format!(
            "`{0}`: that is TCP; a socket file's path is wanted; ./{0} for a file of that name",
            String::from_utf8_lossy(path)
        )),
        None => Ok(()),
    }
}

/// Refuses what other programs take for a path with its mode.
fn no_mode(path: &Path) -> Result<(), String> {
    let path = path.as_os_str().as_bytes();
    let Some((before, mode)) = behind_colon(path) else {
        return Ok(());
    };
    let is_octal = mode.iter().all(|digit| (b'0'..=b'7').contains(digit));
    let (directory, name) = match path.iter().rposition(|&byte| byte == b'/') {
        Some(at) => path.split_at(at + 1),
        None => (&b""[..], path),
    };
    if !is_octal || !(3..=4).contains(&mode.len()) || directory.ends_with(b"./") {
        return Ok(());
    }
    let text = String::from_utf8_lossy;
    Err(format!(
        "`{}`: a mode is written --listen {},mode={}; {}./{} for a file of that name",
        text(path),
        text(before),
        text(mode),
        text(directory),
        text(name)
    ))
}

/// What is before and behind the last colon, where there is something on both sides.
fn behind_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|&byte| byte == b':')?;
    let parts = (&text[..at], &text[at + 1..]);
    (!parts.0.is_empty() && !parts.1.is_empty()).then_some(parts)
}

fn user(text: &str) -> Result<UserSpec, String> {
    text.parse()
        .map_err(|error: crate::model::user_spec::BadUserSpec| error.to_string())
}

fn groups(text: &str) -> Result<Accounts, String> {
    if text.is_empty() {
        return Ok(Accounts(Vec::new()));
    }
    let groups: Result<Vec<Account>, _> = text.split(',').map(str::parse).collect();
    groups
        .map(Accounts)
        .map_err(|error: crate::model::account::BadAccount| error.to_string())
}

fn capabilities(text: &str) -> Result<CapSet, String> {
    text.parse()
        .map_err(|error: crate::model::capability::UnknownCapability| error.to_string())
}

fn ready(text: &str) -> Result<ReadySpec, String> {
    let (word, rest) = match text.split_once(':') {
        Some((word, rest)) => (word, Some(rest)),
        None => (text, None),
    };
    Ok(match (word, rest) {
        ("now", None) => ReadySpec::Now,
        ("notify", None) => ReadySpec::Notify,
        ("listen", None) => ReadySpec::Listen,
        ("connect", None) => ReadySpec::Connect,
        ("http", Some(target)) => {
            ReadySpec::Http(HttpTarget::new(target).map_err(|error| error.to_string())?)
        }
        ("delay", Some(length)) => ReadySpec::Delay(duration::parse(length)?),
        _ => {
            return Err(
                "write now, notify, listen, connect, http:/PATH or delay:DURATION".to_owned(),
            );
        }
    })
}

fn umask(text: &str) -> Result<Mode, String> {
    let mask: Mode = text
        .parse()
        .map_err(|error: crate::model::mode::BadMode| error.to_string())?;
    if mask == mask.without_special() {
        Ok(mask)
    } else {
        Err("a umask is three octal digits, as in 0027".to_owned())
    }
}

fn limit(text: &str) -> Result<LimitSpec, String> {
    text.parse()
        .map_err(|error: crate::model::limit::BadLimit| error.to_string())
}

fn signal(text: &str) -> Result<Signal, String> {
    text.parse()
        .map_err(|error: crate::model::signal::UnknownSignal| error.to_string())
}

fn descriptor(text: &str) -> Result<FdNumber, String> {
    text.parse()
        .map_err(|error: crate::model::fd::BadFdNumber| error.to_string())
}

fn variable(text: &OsStr) -> Result<Variable, &'static str> {
    let bytes = text.as_bytes();
    match bytes.iter().position(|&byte| byte == b'=') {
        None | Some(0) => Err("write NAME=VALUE"),
        Some(at) => Ok(Variable(
            OsStr::from_bytes(&bytes[..at]).to_owned(),
            OsStr::from_bytes(&bytes[at + 1..]).to_owned(),
        )),
    }
}

impl Documented for Wrap {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl wrap --user app --listen /run/app/app.sock,mode=0660,owner=app:www-data \
             -- /usr/bin/app",
            "Make the socket, run the command on it as app, which finds it as descriptor 3, and \
             remove it at the end",
        ),
        Example::new(
            "sockctl wrap --user app --expect /run/app/app.sock --on-violation fix -- /usr/bin/app",
            "A server that binds its socket itself: what its policy says against it is mended \
             before the server counts as ready",
        ),
        Example::new(
            "sockctl wrap --user app --listen /run/app/app.sock --ready http:/health -- /usr/bin/app",
            "In a unit with Type=notify: what needs the server is started when it answers",
        ),
        Example::new(
            "sockctl wrap --exec --user app --keep-caps CAP_NET_BIND_SERVICE -- /usr/bin/app --port 80",
            "A server that binds a low port by itself",
        ),
        Example::new(
            "sockctl wrap -n --user app -- /usr/bin/app",
            "Say what would be done, and who the command would be",
        ),
    ];
}
