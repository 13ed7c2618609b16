use super::*;

#[test]
fn a_failure_is_told_in_words_and_by_its_symbol() {
    let failure = Dir::open(Path::new("/nowhere/at/all")).unwrap_err();
    assert_eq!(failure.to_string(), "No such file or directory (ENOENT)");
    assert!(failure.is_missing() && failure.is_gone());
}

#[test]
fn a_link_is_not_entered_and_its_target_is_not_pinned() {
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc", place.path().join("link")).unwrap();
    let dir = Dir::open(place.path()).unwrap();
    assert!(dir.enter(c"link").unwrap_err().is_gone());
    assert!(dir.enter_mounted(c"link").unwrap_err().is_gone());
    let pinned = dir.pin(c"link").unwrap().facts().unwrap();
    assert_eq!(pinned.kind, Kind::Other("symbolic link"));
}

#[test]
fn the_dots_are_left_out() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("..."), "").unwrap();
    let mut seen = Vec::new();
    let dir = Dir::open(place.path()).unwrap();
    dir.read(&mut Buffer::default(), |name, kind| {
        seen.push((name.to_owned(), kind));
    })
    .unwrap();
    assert_eq!(seen, [(c"...".to_owned(), Kind::Regular)]);
}
