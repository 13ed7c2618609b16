//! What running a command would come to.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::{self, Write as _};

use serde::Serialize;

use super::Head;
use super::action::{ActionJson, Actions};
use super::socket::Text;
use crate::model::outline::{Outline, OutlineFd, OutlineStep, OutlineValue};
use crate::model::{CapSet, Credentials, Gid, Ids, Names, Run, Survey, Uid};

/// Writes `wrap -n -f json`.
pub fn write(
    out: &mut dyn io::Write,
    run: &Run,
    outline: &Outline,
    names: &dyn Names,
) -> io::Result<()> {
    let steps = outline.steps.iter().map(StepJson::new).collect();
    let document = Document {
        head: Head::new(run, &Survey::default()),
        actions: Actions(&outline.actions),
        steps,
        command: CommandJson::new(outline, names),
    };
    super::write(out, &document)
}

/// Writes `wrap -n -f jsonl`: a line for each action and each step, and a `summary` with the rest.
pub fn write_lines(
    out: &mut dyn io::Write,
    run: &Run,
    outline: &Outline,
    names: &dyn Names,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for action in &outline.actions {
        super::write_line(&mut out, &Line::Action(ActionJson::new(action)))?;
    }
    for step in &outline.steps {
        super::write_line(&mut out, &Line::Step(StepJson::new(step)))?;
    }
    let last = Summary {
        head: Head::new(run, &Survey::default()),
        command: CommandJson::new(outline, names),
    };
    super::write_line(&mut out, &Line::Summary(last))?;
    out.flush()
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    actions: Actions<'a>,
    steps: Vec<StepJson<'a>>,
    #[serde(flatten)]
    command: CommandJson<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant)] // one at a time, on the stack
enum Line<'a> {
    Action(ActionJson<'a>),
    Step(StepJson<'a>),
    Summary(Summary<'a>),
}

#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    command: CommandJson<'a>,
}

#[derive(Serialize)]
struct StepJson<'a> {
    step: &'static str,
    what: &'a str,
}

impl<'a> StepJson<'a> {
    fn new(step: &'a OutlineStep) -> StepJson<'a> {
        StepJson {
            step: step.step,
            what: &step.what,
        }
    }
}

/// What the command would be.
#[derive(Serialize)]
struct CommandJson<'a> {
    program: Text<'a>,
    command: Vec<Cow<'a, str>>,
    identity: IdentityJson,
    descriptors: Vec<FdJson<'a>>,
    variables_set: Vec<VariableJson<'a>>,
    variables_removed: Vec<Cow<'a, str>>,
}

impl<'a> CommandJson<'a> {
    fn new(outline: &'a Outline, names: &dyn Names) -> CommandJson<'a> {
        let text = |text: &'a OsStr| text.to_string_lossy();
        let set = outline.set.iter().map(|(name, value)| {
            let value = match value {
                OutlineValue::Text(value) => Some(text(value)),
                OutlineValue::Pid => None,
            };
            VariableJson {
                name: text(name),
                value,
            }
        });
        CommandJson {
            program: Text::of_path(&outline.program),
            command: outline.command.iter().map(|word| text(word)).collect(),
            identity: IdentityJson::new(&outline.identity, names),
            descriptors: outline.descriptors.iter().map(FdJson::new).collect(),
            variables_set: set.collect(),
            variables_removed: outline.removed.iter().map(|name| text(name)).collect(),
        }
    }
}

#[derive(Serialize)]
struct VariableJson<'a> {
    name: Cow<'a, str>,
    /// Null stands for the pid of the command.
    value: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct IdentityJson {
    uid: IdsJson,
    user: Option<String>,
    gid: IdsJson,
    group: Option<String>,
    groups: Vec<GroupJson>,
    capabilities: CapsJson,
    securebits: u32,
    no_new_privs: bool,
}

#[derive(Serialize)]
struct IdsJson {
    real: u32,
    effective: u32,
    saved: u32,
}

#[derive(Serialize)]
struct GroupJson {
    gid: u32,
    group: Option<String>,
}

#[derive(Serialize)]
struct CapsJson {
    inheritable: Vec<String>,
    permitted: Vec<String>,
    effective: Vec<String>,
    bounding: Vec<String>,
    ambient: Vec<String>,
}

impl IdentityJson {
    fn new(who: &Credentials, names: &dyn Names) -> IdentityJson {
        let caps = &who.caps;
        let words = |set: CapSet| set.iter().map(|it| it.to_string()).collect();
        let group = |gid: &Gid| GroupJson {
            gid: gid.as_raw(),
            group: names.group_name(*gid),
        };
        IdentityJson {
            uid: IdsJson::new(who.uids, Uid::as_raw),
            user: names.user_name(who.uids.effective),
            gid: IdsJson::new(who.gids, Gid::as_raw),
            group: names.group_name(who.gids.effective),
            groups: who.groups.iter().map(group).collect(),
            capabilities: CapsJson {
                inheritable: words(caps.inheritable),
                permitted: words(caps.permitted),
                effective: words(caps.effective),
                bounding: words(caps.bounding),
                ambient: words(caps.ambient),
            },
            securebits: who.securebits.0,
            no_new_privs: who.no_new_privs,
        }
    }
}

impl IdsJson {
    fn new<T: Copy>(ids: Ids<T>, raw: fn(T) -> u32) -> IdsJson {
        IdsJson {
            real: raw(ids.real),
            effective: raw(ids.effective),
            saved: raw(ids.saved),
        }
    }
}

#[derive(Serialize)]
struct FdJson<'a> {
    fd: i32,
    name: Option<Cow<'a, str>>,
    #[serde(flatten)]
    path: Option<Text<'a>>,
}

impl<'a> FdJson<'a> {
    fn new(fd: &'a OutlineFd) -> FdJson<'a> {
        FdJson {
            fd: fd.number.as_raw(),
            name: fd.name.as_deref().map(OsStr::to_string_lossy),
            path: fd.path.as_deref().map(Text::of_path),
        }
    }
}
