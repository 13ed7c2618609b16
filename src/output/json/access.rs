//! Who may connect and who may replace.

use std::io::{self, Write as _};

use serde::Serialize;

use super::Head;
use super::socket::{ListenerJson, Text};
use crate::access::{self, Answer, Check, Fix, May, Report};
use crate::model::{Names, Node, Run, Survey};
use crate::output::access::{Called, notes};

/// Writes `access -f json`.
pub fn write(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    names: &dyn Names,
) -> io::Result<()> {
    let document = Document {
        head: Head::new(run, &Survey::default()),
        access: AccessJson::new(report, names, true),
    };
    super::write(out, &document)
}

/// Writes `access -f jsonl`: a line for the socket, one for each answer, and a `summary`.
pub fn write_lines(
    out: &mut dyn io::Write,
    run: &Run,
    report: &Report,
    names: &dyn Names,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    super::write_line(
        &mut out,
        &Line::Access(AccessJson::new(report, names, false)),
    )?;
    for answer in &report.answers {
        super::write_line(
            &mut out,
            &Line::Answer(AnswerJson::new(report, answer, names)),
        )?;
    }
    let head = Head::new(run, &Survey::default());
    super::write_line(&mut out, &Line::Summary(head))?;
    out.flush()
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    access: AccessJson<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant)] // one at a time, on the stack
enum Line<'a> {
    Access(AccessJson<'a>),
    Answer(AnswerJson<'a>),
    Summary(Head<'a>),
}

#[derive(Serialize)]
struct AccessJson<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<Resolved<'a>>,
    #[serde(flatten)]
    rights: Rights,
    connect: MayJson<'a>,
    replace: MayJson<'a>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answers: Vec<AnswerJson<'a>>,
    complete: bool,
    incomplete: Option<&'a str>,
    not_judged: &'a [String],
    unknown_processes: usize,
}

/// Mode and owner of an inode.
#[derive(Serialize)]
struct Rights {
    mode: String,
    owner: Option<String>,
    group: Option<String>,
    /// It has an ACL that says more.
    acl: bool,
}

impl Rights {
    fn of(node: &Node, called: &Called<'_>) -> Rights {
        Rights {
            mode: node.mode.to_string(),
            owner: node.uid.map(|uid| called.user(uid)),
            group: node.gid.map(|gid| called.group(gid)),
            acl: node.acl.is_some(),
        }
    }
}

/// Where the path really leads.
#[derive(Serialize)]
struct Resolved<'a> {
    #[serde(flatten)]
    path: Text<'a>,
}

impl<'a> AccessJson<'a> {
    fn new(report: &'a Report, names: &'a dyn Names, with_answers: bool) -> AccessJson<'a> {
        let real = report.trail.socket.path.as_path();
        let answers = report.answers.iter().filter(|_| with_answers);
        AccessJson {
            path: Text::of_path(&report.given),
            resolved: (real != report.given).then(|| Resolved {
                path: Text::of_path(real),
            }),
            rights: Rights::of(&report.trail.socket, &Called(names)),
            connect: MayJson::new(report, &report.connect, names),
            replace: MayJson::new(report, &report.replace, names),
            notes: notes(report, names),
            answers: answers
                .map(|answer| AnswerJson::new(report, answer, names))
                .collect(),
            complete: report.incomplete.is_none(),
            incomplete: report.incomplete.as_deref(),
            not_judged: &report.modules,
            unknown_processes: report.unknown.len(),
        }
    }
}

#[derive(Serialize)]
struct MayJson<'a> {
    everyone: bool,
    users: Vec<String>,
    groups: Vec<String>,
    except: ExceptJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<Vec<ListenerJson<'a>>>,
}

/// Where everyone may: who may not.
#[derive(Serialize)]
struct ExceptJson {
    users: Vec<String>,
    groups: Vec<String>,
}

impl<'a> MayJson<'a> {
    fn new(report: &Report, may: &'a May, names: &'a dyn Names) -> MayJson<'a> {
        let (called, who) = (Called(names), &may.who);
        let processes = may.processes.as_ref().map(|processes| {
            let processes = processes.iter();
            processes.map(|it| ListenerJson::new(it, names)).collect()
        });
        MayJson {
            everyone: who.everyone,
            users: called.people(report, &who.users),
            groups: called.groups(&who.groups),
            except: ExceptJson {
                users: called.people(report, &who.except_users),
                groups: called.groups(&who.except_groups),
            },
            processes,
        }
    }
}

#[derive(Serialize)]
struct AnswerJson<'a> {
    user: Option<&'a str>,
    uid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<u32>,
    connect: bool,
    replace: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces: Option<Replaces<'a>>,
    steps: Vec<StepJson<'a>>,
    fixes: Vec<FixJson>,
}

/// The first name that they may put something else in the place of, and why.
#[derive(Serialize)]
struct Replaces<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    by: String,
}

impl<'a> AnswerJson<'a> {
    fn new(report: &'a Report, answer: &'a Answer, names: &dyn Names) -> AnswerJson<'a> {
        let trail = report.trail_of(answer);
        let called = Called(names);
        let steps = access::checks(&answer.subject, &trail.way, &trail.socket);
        let fixes = answer.fixes.iter();
        let mut swaps = access::swaps(&answer.subject, &trail.way, &trail.socket);
        let swap = swaps.find(|swap| swap.verdict.allowed);
        AnswerJson {
            user: answer.user.as_deref(),
            uid: answer.subject.uid.as_raw(),
            pid: answer.pid,
            connect: answer.connect,
            replace: answer.replace,
            replaces: swap.map(|swap| Replaces {
                path: Text::of_path(&swap.node.path),
                by: access::swapped(&swap, &answer.subject, names),
            }),
            steps: steps.map(|step| StepJson::new(step, &called)).collect(),
            fixes: fixes
                .map(|fix| FixJson::new(fix, report, answer, &called))
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct StepJson<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    #[serde(flatten)]
    rights: Rights,
    need: &'static str,
    allowed: bool,
    by: String,
}

impl<'a> StepJson<'a> {
    fn new(check: Check<'a>, called: &Called<'_>) -> StepJson<'a> {
        StepJson {
            path: Text::of_path(&check.node.path),
            rights: Rights::of(check.node, called),
            need: check.need.as_str(),
            allowed: check.verdict.allowed,
            by: called.by(check.verdict.by),
        }
    }
}

#[derive(Serialize)]
struct FixJson {
    commands: Vec<String>,
    lets_in: Vec<String>,
    shuts_out: Vec<String>,
    replace: bool,
    lets_replace: Vec<String>,
    durable: bool,
}

impl FixJson {
    fn new(fix: &Fix, report: &Report, answer: &Answer, called: &Called<'_>) -> FixJson {
        let everyone = fix.lets_in.everyone.then(|| "everyone".to_owned());
        let users = called.people(report, &fix.lets_in.users);
        let replacing = called.replacing(fix, report, answer);
        FixJson {
            commands: called.commands(fix, answer, report.trail_of(answer)),
            lets_in: everyone.into_iter().chain(users).collect(),
            shuts_out: called.people(report, &fix.shuts_out.users),
            replace: fix.replaces,
            lets_replace: replacing,
            durable: fix.durable,
        }
    }
}
