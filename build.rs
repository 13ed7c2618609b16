//! Prepares what is compiled in: every file of `policies/` is read and checked here, so that
//! nothing has to be parsed when the program starts.

use std::fmt::{self, Write as _};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "src/model/mod.rs"]
mod model;

// Those modules of the tier that turn a text into rules, and no others.
#[allow(dead_code, unused_imports, unreachable_pub)]
#[path = "src/policy"]
mod policy {
    pub(crate) mod about;
    pub(crate) mod decode;
    pub(crate) mod keys;
    pub(crate) mod link;
    pub(crate) mod packed;
    pub(crate) mod rule;
    pub(crate) mod sink;
    pub(crate) mod words;
    pub(crate) mod yaml;
}

use model::Problem;
use policy::link::{self, Loaded};
use policy::packed;
use policy::rule::Document;
use policy::sink::Source;

const POLICIES: &str = "policies";
const DEFAULT: &str = "default";

fn main() -> Result<(), Failed> {
    for path in ["build.rs", "src/model", "src/policy", POLICIES] {
        emit(&format!("cargo::rerun-if-changed={path}"));
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    without_libgcc_s(&out)?;
    in_order(&out)?;
    let mut policies = Vec::new();
    let mut problems = Vec::new();
    for path in yaml_files()? {
        match read(&path)? {
            Ok(policy) => policies.push(policy),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        check(&policies, &mut problems);
    }
    if !problems.is_empty() {
        return Err(Failed(problems.iter().map(describe).collect()));
    }
    write(&policies, &out)
}

/// Rust's library is linked with libgcc_s, for the unwinder. As a shared library of its own that is
/// a tenth of the time that it takes to start (it asks the processor for its features, which a
/// hypervisor answers). The compiler brings the same code in an archive: what is found first under
/// the name of the shared library is a script for the linker that says so.
fn without_libgcc_s(out: &Path) -> Result<(), Failed> {
    let target = |name: &str| std::env::var(name).unwrap_or_default();
    if (
        target("CARGO_CFG_TARGET_OS"),
        target("CARGO_CFG_TARGET_ENV"),
    ) == ("linux".into(), "gnu".into())
    {
        let directory = out.join("link");
        fs::create_dir_all(&directory)?;
        fs::write(directory.join("libgcc_s.so"), "INPUT(-lgcc_eh -lgcc)\n")?;
        emit(&format!(
            "cargo::rustc-link-search=native={}",
            directory.display()
        ));
    }
    Ok(())
}

/// The functions that a command goes through as it starts, the first one first; what `contrib/start-order`
/// writes.
const START: &str = "link/start.order";

/// Lays side by side what is run at the start: from all over the program the kernel would map sixty
/// pieces of it one by one, which is more than a twentieth of the time that a start takes.
///
/// The names in the list are those of one compiler and of a build of this directory for the host; of
/// others few are known, and nothing is lost. Only linkers that can do it are asked to.
fn in_order(out: &Path) -> Result<(), Failed> {
    emit(&format!("cargo::rerun-if-changed={START}"));
    let target = std::env::var("TARGET").unwrap_or_default();
    let linker = target.to_uppercase().replace(['-', '.'], "_");
    emit(&format!(
        "cargo::rerun-if-env-changed=CARGO_TARGET_{linker}_LINKER"
    ));
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A copy, as what a build has made may be moved somewhere else together with its sources.
    let list = out.join("start.order");
    if !is_release || fs::copy(START, &list).is_err() {
        return Ok(());
    }
    let options = [
        format!("-Wl,--symbol-ordering-file={}", list.display()),
        "-Wl,--no-warn-symbol-ordering".to_owned(),
    ];
    if can_link(&options, out)? {
        for option in options {
            emit(&format!("cargo::rustc-link-arg-bins={option}"));
        }
    }
    Ok(())
}

/// Whether a program can be linked with those options, in the way in which ours will be.
fn can_link(options: &[String], out: &Path) -> Result<bool, Failed> {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let source = out.join("trial.rs");
    fs::write(&source, "fn main() {}\n")?;
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.arg("-o").arg(out.join("trial")).arg(source);
    rustc.args(["--target", &variable("TARGET")]);
    let linker = variable("RUSTC_LINKER");
    if !linker.is_empty() {
        rustc.arg(format!("-Clinker={linker}"));
    }
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(options.iter().map(|option| format!("-Clink-arg={option}")));
    Ok(rustc.output()?.status.success())
}

/// A file of `policies/`.
struct Policy {
    name: String,
    path: PathBuf,
    loaded: Loaded,
}

fn yaml_files() -> Result<Vec<PathBuf>, Failed> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(POLICIES)? {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> Result<Result<Policy, Vec<Problem>>, Failed> {
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let name = stem.ok_or("a policy's name is no text")?.to_owned();
    let source = Source::new(&format!("builtin:{name}"), &fs::read_to_string(path)?);
    Ok(policy::decode::decode(source).map(|unit| Policy {
        name,
        path: path.to_path_buf(),
        loaded: Loaded {
            document: unit.document,
            origin: Some((unit.source, unit.marks)),
        },
    }))
}

/// What only all of them together can tell.
fn check(policies: &[Policy], problems: &mut Vec<Problem>) {
    let all: Vec<&Loaded> = policies.iter().map(|policy| &policy.loaded).collect();
    problems.extend(link::doubles(&all));
    for policy in policies {
        let mut chain = Vec::new();
        let mut closure = Vec::new();
        collect(policy, policies, &mut chain, &mut closure, problems);
        problems.extend(link::unknown_roles(&closure));
    }
}

fn collect<'p>(
    policy: &'p Policy,
    policies: &'p [Policy],
    chain: &mut Vec<&'p str>,
    closure: &mut Vec<&'p Loaded>,
    problems: &mut Vec<Problem>,
) {
    chain.push(&policy.name);
    for include in &policy.loaded.document.include {
        let name = include.value.strip_prefix("builtin:").unwrap_or_default();
        let line = include.line;
        let mut fail = |message: String| {
            let file = format!("builtin:{}:{line}", policy.name);
            problems.push(Problem::of_file(file, message));
        };
        match policies.iter().find(|other| other.name == name) {
            None => fail(format!("there is no policy `{}`", include.value)),
            Some(_) if chain.contains(&name) => fail(format!("`{name}` includes itself")),
            Some(other) => collect(other, policies, chain, closure, problems),
        }
    }
    chain.pop();
    closure.push(&policy.loaded);
}

fn write(policies: &[Policy], out: &Path) -> Result<(), Failed> {
    let mut code = String::from("static BUILTINS: &[Builtin] = &[\n");
    for policy in policies {
        let mut document = policy.loaded.document.clone();
        // Tests are run from the text; an audit has no use for them.
        document.tests.clear();
        let file = format!("{}.postcard", policy.name);
        fs::write(out.join(&file), postcard::to_stdvec(&document)?)?;
        write!(
            code,
            "    Builtin {{\n        name: {:?},\n        description: {:?},\n        \
             text: include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/\", {:?})),\n        \
             document: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/\", {:?})),\n    }},\n",
            policy.name,
            document.description.unwrap_or_default(),
            policy.path.to_string_lossy(),
            file,
        )?;
    }
    code.push_str("];\n");
    let default = policies.iter().find(|policy| policy.name == DEFAULT);
    let default = default.ok_or("there is no default policy")?;
    let mut closure = Vec::new();
    collect(
        default,
        policies,
        &mut Vec::new(),
        &mut closure,
        &mut Vec::new(),
    );
    let mut documents: Vec<&Document> = Vec::new();
    for document in closure.iter().map(|loaded| &loaded.document) {
        // What is included twice is loaded once.
        if !documents.iter().any(|known| std::ptr::eq(*known, document)) {
            documents.push(document);
        }
    }
    fs::write(out.join("default.packed"), packed::pack(&documents)?)?;
    code.push_str(
        "static DEFAULT_PACKED: &[u8] = include_bytes!(concat!(env!(\"OUT_DIR\"), \"/default.packed\"));\n",
    );
    fs::write(out.join("builtin.rs"), code)?;
    Ok(())
}

fn describe(problem: &Problem) -> String {
    let place = problem.mark.as_ref().map_or_else(String::new, |(mark, _)| {
        format!(":{}:{}", mark.line, mark.column)
    });
    let help = problem.help.as_deref().unwrap_or_default();
    format!("{}{place}: {}\n    {help}\n", problem.file, problem.message)
}

/// Cargo reads what a build script prints.
#[allow(clippy::print_stdout)]
fn emit(instruction: &str) {
    println!("{instruction}");
}

/// Shown by cargo as it is, line by line.
struct Failed(String);

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the policies inside the program are not right\n\n{}",
            self.0
        )
    }
}

impl<E: fmt::Display> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed(error.to_string())
    }
}
