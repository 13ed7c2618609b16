//! What is committed in man/ and completions/ is what the program makes.
#![allow(clippy::unwrap_used)] // a test may
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn sockctl(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_sockctl"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn files_of(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                std::fs::read(&path).unwrap(),
            )
        })
        .collect()
}

/// Says which files differ, instead of printing all of them.
fn assert_same(made: &BTreeMap<String, Vec<u8>>, committed: &BTreeMap<String, Vec<u8>>, how: &str) {
    let names = made.keys().chain(committed.keys());
    let differing: Vec<_> = names
        .filter(|name| made.get(*name) != committed.get(*name))
        .collect();
    assert!(
        differing.is_empty(),
        "{differing:?} differ; make them anew: {how}"
    );
}

#[test]
fn manual_pages_are_what_the_program_makes() {
    let directory = tempfile::tempdir().unwrap();
    sockctl(&["man", directory.path().to_str().unwrap()]);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    for section in ["man1", "man5"] {
        let made = files_of(&directory.path().join(section));
        assert!(!made.is_empty(), "{section}");
        assert_same(
            &made,
            &files_of(&committed.join(section)),
            "contrib/generate",
        );
    }
    assert_eq!(std::fs::read_dir(&committed).unwrap().count(), 2);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn completions_are_what_the_program_makes() {
    let files = [
        ("bash", "sockctl.bash"),
        ("zsh", "_sockctl"),
        ("fish", "sockctl.fish"),
        ("elvish", "sockctl.elv"),
        ("powershell", "_sockctl.ps1"),
    ];
    let made = files
        .iter()
        .map(|(shell, file)| ((*file).to_owned(), sockctl(&["completions", shell])))
        .collect();
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    assert_same(&made, &files_of(&committed), "contrib/generate");
}
