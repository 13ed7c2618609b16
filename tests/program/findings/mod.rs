//! For each finding code a real socket with exactly that fault, and a twin without it.

mod access;
mod life;
mod listener;
mod mode;
mod owner;
mod parent;
mod presence;
mod unseen;
mod waivers;

/// A test bears the name of its code.
#[test]
fn every_code_has_its_test() {
    let tests = [
        include_str!("access.rs"),
        include_str!("life.rs"),
        include_str!("listener.rs"),
        include_str!("mode.rs"),
        include_str!("owner.rs"),
        include_str!("parent.rs"),
        include_str!("presence.rs"),
        include_str!("unseen.rs"),
        include_str!("waivers.rs"),
    ]
    .concat();
    for code in sockctl::model::Code::ALL {
        let test = format!("#[test]\nfn {}()", code.as_str().replace('-', "_"));
        assert!(tests.contains(&test), "{code}");
    }
}
