use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, Timespec};

use super::*;
use crate::sys::dir::Pinned;

struct Scene {
    place: tempfile::TempDir,
    guard: Guard,
    _server: UnixListener,
}

impl Scene {
    /// A socket that is guarded, in `d`, which `link` leads to.
    fn new() -> Scene {
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(place.path().join("a/d")).unwrap();
        std::os::unix::fs::symlink("a/d", place.path().join("link")).unwrap();
        let path = place.path().join("link/s");
        let server = UnixListener::bind(&path).unwrap();
        let own = Own::new(&path, Pinned::open(&path).unwrap()).unwrap();
        let mut guard = Guard::default();
        guard.add(own, None).unwrap();
        let mut scene = Scene {
            place,
            guard,
            _server: server,
        };
        assert_eq!(scene.turn(), [], "nothing has happened since it was added");
        assert_eq!(scene.guard.deadline(), None);
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn is_awake(&self) -> bool {
        let fd = self.guard.fd().expect("it watches");
        let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
        rustix::event::poll(&mut fds, Some(&Timespec::default())).unwrap() > 0
    }

    /// Looks whenever a look is due, as time passes.
    fn turn(&mut self) -> Vec<Happening> {
        let mut all = self.guard.turn(Instant::now());
        while let Some(due) = self.guard.deadline() {
            all.extend(self.guard.turn(due));
        }
        all
    }

    fn chmod(&self, mode: u32) {
        let mode = rustix::fs::Mode::from_raw_mode(mode);
        rustix::fs::chmod(self.path("a/d/s"), mode).unwrap();
    }

    fn bind(&self, name: &str) -> UnixListener {
        UnixListener::bind(self.path(name)).unwrap()
    }
}

fn is_lost(happenings: &[Happening], to_another: bool) -> bool {
    happenings.iter().any(|it| match it {
        Happening::Lost(0, Elsewhere::Nowhere) => !to_another,
        Happening::Lost(0, Elsewhere::To(_)) => to_another,
        _ => false,
    })
}

#[test]
fn a_change_is_told_with_what_was_before() {
    let mut scene = Scene::new();
    let before = scene.guard.files()[0].seen;
    scene.chmod(0o666);
    assert!(scene.is_awake());
    let happenings = scene.turn();
    let [Happening::Changed { file: 0, from, to }] = happenings.as_slice() else {
        panic!("{happenings:?}");
    };
    assert_eq!((*from, to.owner), (before, before.owner));
    assert_eq!(to.mode.to_string(), "0666");
    assert!(!scene.is_awake());
    // Changed by ourselves: it is told, but not as another one.
    scene.chmod(0o600);
    scene.guard.forgive(0);
    let happenings = scene.turn();
    let same = |it: &Happening| matches!(it, Happening::Changed { from, to, .. } if from == to);
    assert!(happenings.iter().all(same), "{happenings:?}");
}

#[test]
fn what_happens_beside_it_wakes_nobody() {
    let scene = Scene::new();
    for name in ["x", "a/x", "a/d/x"] {
        let other = scene.bind(name);
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::chmod(scene.path(name), mode).unwrap();
        drop(other);
        std::fs::rename(scene.path(name), scene.path("a/y")).unwrap();
        rustix::fs::unlink(scene.path("a/y")).unwrap();
        assert!(!scene.is_awake(), "{name}");
    }
}

#[test]
fn every_way_to_lose_a_path_is_told_and_the_way_back() {
    type Step = fn(&Scene);
    let ways: [(&str, Step, Step); 4] = [
        (
            "the file",
            |it| std::fs::rename(it.path("a/d/s"), it.path("a/d/t")).unwrap(),
            |it| std::fs::rename(it.path("a/d/t"), it.path("a/d/s")).unwrap(),
        ),
        (
            "its directory",
            |it| std::fs::rename(it.path("a/d"), it.path("a/e")).unwrap(),
            |it| std::fs::rename(it.path("a/e"), it.path("a/d")).unwrap(),
        ),
        (
            "one further up",
            |it| std::fs::rename(it.path("a"), it.path("b")).unwrap(),
            |it| std::fs::rename(it.path("b"), it.path("a")).unwrap(),
        ),
        (
            "a link",
            |it| std::fs::rename(it.path("link"), it.path("away")).unwrap(),
            |it| std::fs::rename(it.path("away"), it.path("link")).unwrap(),
        ),
    ];
    for (what, lose, restore) in ways {
        let mut scene = Scene::new();
        for round in 0..2 {
            lose(&scene);
            assert!(scene.is_awake(), "{what} {round}");
            let happenings = scene.turn();
            assert!(
                is_lost(&happenings, false),
                "{what} {round}: {happenings:?}"
            );
            restore(&scene);
            assert!(scene.is_awake(), "{what} {round}");
            let happenings = scene.turn();
            assert!(
                happenings.contains(&Happening::Back(0)),
                "{what} {round}: {happenings:?}"
            );
        }
        assert!(!scene.is_awake());
    }
}

#[test]
fn a_path_that_leads_elsewhere_for_a_moment_is_not_told() {
    let mut scene = Scene::new();
    std::fs::rename(scene.path("a/d/s"), scene.path("t")).unwrap();
    let now = Instant::now();
    let first = scene.guard.turn(now);
    assert!(!is_lost(&first, false), "{first:?}");
    let due = scene.guard.deadline().unwrap();
    assert!(due > now);
    std::fs::rename(scene.path("t"), scene.path("a/d/s")).unwrap();
    let happenings = scene.turn();
    assert!(!is_lost(&happenings, false), "{happenings:?}");
    assert!(!happenings.contains(&Happening::Back(0)), "{happenings:?}");
}

#[test]
fn a_replacement_is_told_once_and_can_be_taken_in() {
    let mut scene = Scene::new();
    rustix::fs::unlink(scene.path("a/d/s")).unwrap();
    let _other = scene.bind("a/d/s");
    assert!(is_lost(&scene.turn(), true));
    assert_eq!(scene.turn(), []);
    // It may be one of ours, which does not listen yet.
    scene.guard.ask_again(0, Instant::now());
    assert!(is_lost(&scene.turn(), true));
    let path = scene.path("link/s");
    let own = Own::new(&path, Pinned::open(&path).unwrap()).unwrap();
    scene.guard.replace(0, own, Some(7)).unwrap();
    assert_eq!(scene.guard.files()[0].number, Some(7));
    scene.turn();
    scene.chmod(0o640);
    let happenings = scene.turn();
    assert!(
        matches!(happenings.as_slice(), [Happening::Changed { .. }]),
        "{happenings:?}"
    );
}

#[test]
fn what_is_changed_all_the_time_is_looked_at_now_and_then() {
    let mut scene = Scene::new();
    let mut now = Instant::now() + BREATH;
    let mut looks = 0;
    for round in 0..100_u32 {
        scene.chmod(if round % 2 == 0 { 0o600 } else { 0o640 });
        now += Duration::from_millis(10);
        looks += usize::from(!scene.guard.turn(now).is_empty());
    }
    assert!((10..=12).contains(&looks), "{looks} looks in a second");
    assert_ne!(scene.turn(), [], "the last change is not missed");
    assert_eq!(scene.guard.files()[0].seen.mode.to_string(), "0640");
}
