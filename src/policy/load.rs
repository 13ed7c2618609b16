//! From what was asked for to a [`Policy`]: finding, reading and joining the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::model::{Host, Mark, Problem};

use super::about::About;
use super::builtin;
use super::decode::{Marks, decode_all};
use super::files::{FileProblem, Files};
use super::link::{self, Loaded};
use super::locate::{Sources, display, locate, meant, unreadable};
use super::policy::Policy;
use super::sink::{MOST, Source, capped, did_you_mean};

/// Files that include each other in a row; more than anybody writes.
const LONGEST_CHAIN: usize = 32;

/// Reads all that was asked for.
///
/// # Errors
///
/// Everything that is wrong with any of the files.
pub fn load(sources: &Sources, files: &dyn Files, host: &dyn Host) -> Result<Policy, Vec<Problem>> {
    let checked = check(sources, files, host);
    if checked.errors.is_empty() {
        Ok(checked.policy)
    } else {
        Err(checked.errors)
    }
}

/// As [`load`], for those who will ask of nothing but these paths (absolute, as they were given and
/// with links resolved): where nothing is loaded but what is inside the program, rules that cannot
/// speak of them are left out, which saves most of the time.
///
/// # Errors
///
/// As [`load`].
pub fn load_about(
    paths: &[&Path],
    sources: &Sources,
    files: &dyn Files,
    host: &dyn Host,
) -> Result<Policy, Vec<Problem>> {
    let about = About::new(paths, host);
    let read = read(sources, files, Some(&about));
    if read.errors.is_empty() {
        Ok(Policy::new(read.names, read.loaded, Some(host)))
    } else {
        Err(read.errors)
    }
}

/// What there is to say about policies.
#[derive(Debug)]
pub struct Checked {
    /// What could be read. To be judged by only where there are no errors.
    pub policy: Policy,
    /// Everything that is wrong with any of the files.
    pub errors: Vec<Problem>,
    /// How many rules there are in what was asked for itself, without what it includes.
    pub rules: usize,
}

/// Reads all that was asked for, and goes on after errors.
pub fn check(sources: &Sources, files: &dyn Files, host: &dyn Host) -> Checked {
    let read = read(sources, files, None);
    Checked {
        policy: Policy::new(read.names, read.loaded, Some(host)),
        errors: read.errors,
        rules: read.rules,
    }
}

/// The same for the `tests:` of policies: every `when` holds, and no link is followed, so that
/// the outcome is the same on every host.
///
/// # Errors
///
/// As [`load`].
pub fn load_for_tests(sources: &Sources, files: &dyn Files) -> Result<Policy, Vec<Problem>> {
    let read = read(sources, files, None);
    if read.errors.is_empty() {
        Ok(Policy::new(read.names, read.loaded, None))
    } else {
        Err(read.errors)
    }
}

struct Read {
    names: Vec<String>,
    loaded: Vec<Loaded>,
    errors: Vec<Problem>,
    rules: usize,
}

fn read(sources: &Sources, files: &dyn Files, about: Option<&About<'_>>) -> Read {
    let (paths, problems) = locate(sources, files);
    let mut loader = Loader {
        files,
        seen: BTreeSet::new(),
        chain: Vec::new(),
        names: Vec::new(),
        loaded: Vec::new(),
        // What is not found may have defined roles.
        is_whole: problems.is_empty(),
        asked_for: BTreeSet::new(),
        rules: BTreeMap::new(),
        problems,
    };
    match about {
        _ if !sources.builtin => {}
        // What a file says may be at odds with a rule that would be left out.
        Some(sockets) if paths.is_empty() => loader.default_about(sockets),
        _ => loader.builtin(builtin::DEFAULT, None),
    }
    for path in &paths {
        loader.any(path, None);
    }
    let asked_for = loader.asked_for.iter();
    let rules = asked_for.filter_map(|one| loader.rules.get(one)).sum();
    let Loader {
        names,
        loaded,
        problems: mut errors,
        is_whole,
        ..
    } = loader;
    // What is inside the program was checked when it was built.
    if loaded.iter().any(|loaded| loaded.origin.is_some()) {
        let all: Vec<&Loaded> = loaded.iter().collect();
        errors.extend(link::doubles(&all));
        if is_whole {
            errors.extend(link::unknown_roles(&all));
        }
    }
    Read {
        names,
        loaded,
        errors: capped(errors),
        rules,
    }
}

/// What tells a policy from every other one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Builtin(&'static str),
    File(PathBuf),
}

/// Where an `include` stands.
type Site<'s> = Option<(&'s Source, &'s Mark)>;

struct Loader<'f> {
    files: &'f dyn Files,
    seen: BTreeSet<Identity>,
    /// Those that are being read, each included by the one before it, with their names.
    chain: Vec<(Identity, String)>,
    /// What the report calls them, in the order loaded.
    names: Vec<String>,
    loaded: Vec<Loaded>,
    problems: Vec<Problem>,
    /// Nothing that may have defined roles is missing.
    is_whole: bool,
    /// Those that nobody had to include.
    asked_for: BTreeSet<Identity>,
    /// How many each has.
    rules: BTreeMap<Identity, usize>,
}

impl Loader<'_> {
    fn any(&mut self, path: &Path, site: Site<'_>) {
        let name = path
            .to_str()
            .and_then(|text| text.strip_prefix(builtin::PREFIX));
        match name {
            Some(name) => self.builtin(name, site),
            None => self.file(path, site),
        }
    }

    fn builtin(&mut self, name: &str, site: Site<'_>) {
        let Some(builtin) = builtin::get(name) else {
            let names = builtin::all().iter().map(|builtin| builtin.name);
            let help = did_you_mean(name, names)
                .unwrap_or_else(|| "`sockctl policy list` shows those there are".to_owned());
            let message = format!("no policy `{name}` is inside the program");
            self.fail(
                format!("{}{name}", builtin::PREFIX),
                site,
                message,
                Some(help),
            );
            return;
        };
        let identity = Identity::Builtin(builtin.name);
        if site.is_none() {
            self.asked_for.insert(identity.clone());
        }
        if !self.seen.insert(identity.clone()) {
            return;
        }
        // The build has made sure that these include nothing but each other, and no circle.
        // What they bring along goes without saying in the report.
        let named_before = self.names.len();
        let mut document = builtin.document();
        for include in std::mem::take(&mut document.include) {
            self.any(Path::new(&include.value), site);
        }
        self.names.truncate(named_before);
        self.names.push(format!("{}{name}", builtin::PREFIX));
        self.rules.insert(identity, document.rules.len());
        self.loaded.push(Loaded {
            document,
            origin: None,
        });
    }

    /// The default policy as far as it speaks of those sockets.
    fn default_about(&mut self, sockets: &About<'_>) {
        let name = format!("{}{}", builtin::PREFIX, builtin::DEFAULT);
        self.names.push(name);
        self.loaded.push(Loaded {
            document: builtin::default_about(sockets),
            origin: None,
        });
    }

    fn file(&mut self, path: &Path, site: Site<'_>) {
        let file = match self.files.read(path) {
            Ok(file) => file,
            Err(error) => {
                let Problem { message, help, .. } = unreadable(path, &error);
                let help = match (&error, site.and(path.file_name())) {
                    (FileProblem::Missing, Some(name)) => meant(Path::new(name)).or(help),
                    _ => help,
                };
                let message = match site {
                    Some(_) => format!("`{}`: {message}", display(path)),
                    None => message,
                };
                self.fail(display(path), site, message, help);
                return;
            }
        };
        let name = display(path);
        let identity = Identity::File(file.real);
        if let Some(first) = self.chain.iter().position(|(known, _)| *known == identity) {
            let circle = self.chain[first..].iter().map(|(_, name)| name.as_str());
            let circle: Vec<&str> = circle.chain([name.as_str()]).collect();
            let message = format!(
                "policies include each other in a circle: {}",
                circle.join(" → ")
            );
            self.fail(name.clone(), site, message, None);
            return;
        }
        if self.chain.len() == LONGEST_CHAIN {
            let message = format!("more than {LONGEST_CHAIN} policies include each other in a row");
            self.fail(name, site, message, None);
            return;
        }
        if site.is_none() {
            self.asked_for.insert(identity.clone());
        }
        if !self.seen.insert(identity.clone()) {
            return;
        }
        let (unit, problems) = decode_all(Source::new(&name, &file.text));
        self.problems.extend(problems);
        self.rules
            .insert(identity.clone(), unit.document.rules.len());
        self.chain.push((identity, name.clone()));
        self.includes(path, &unit.source, &unit.document.include, &unit.marks);
        self.chain.pop();
        self.names.push(name);
        self.loaded.push(Loaded {
            document: unit.document,
            origin: Some((unit.source, unit.marks)),
        });
    }

    fn includes(
        &mut self,
        path: &Path,
        source: &Source,
        includes: &[super::rule::At<String>],
        marks: &Marks,
    ) {
        let mut asked = BTreeSet::new();
        for (include, mark) in includes.iter().zip(&marks.includes) {
            if self.problems.len() > MOST {
                return;
            }
            if !asked.insert(&include.value) {
                continue;
            }
            if include.value.starts_with(builtin::PREFIX) {
                self.any(Path::new(&include.value), Some((source, mark)));
            } else {
                let beside = path.parent().unwrap_or(Path::new(""));
                self.any(&beside.join(&include.value), Some((source, mark)));
            }
        }
    }

    /// A problem at the `include` that asked for it, or of the file as a whole.
    fn fail(&mut self, name: String, site: Site<'_>, message: String, help: Option<String>) {
        let mut problem = match site {
            Some((source, mark)) => source.problem(mark, message),
            None => Problem::of_file(name, message),
        };
        problem.help = help;
        self.is_whole = false;
        self.problems.push(problem);
    }
}
