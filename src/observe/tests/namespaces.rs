use std::process::Command;

use super::server::Server;
use super::*;
use crate::model::SocketType;

#[test]
fn a_listener_in_another_network_namespace_is_foreign() {
    let test = "a_listener_in_another_network_namespace_is_foreign";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let script = "listen a\ndgram b\nlisten c\nunlink c";
    let server = Server::start(&["-n"], place.path(), script);
    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Foreign; 2]);
    let kinds = survey.sockets.iter().map(|socket| socket.kind);
    assert!(kinds.eq([None, Some(SocketType::Dgram)]));
    assert!(survey.sockets[0].kernel_ino.is_none());

    let wanted = Wanted {
        all_netns: true,
        ..Wanted::default()
    };
    let mut survey = survey_with(place.path(), &wanted);
    let link = format!("/proc/{}/ns/net", server.pid());
    let netns = Some(rustix::fs::stat(link).unwrap().st_ino);
    assert_eq!(
        states(&survey),
        [State::Foreign, State::Foreign, State::Ghost]
    );
    for socket in &survey.sockets {
        assert_eq!(socket.netns, netns);
    }
    assert_eq!(survey.sockets[0].backlog, Some(8));
    // In a container, not even root may look at every process.
    let _note = name_holders(&mut survey.sockets, None);
    for socket in &survey.sockets {
        assert_eq!(
            socket.listener().map(|process| process.pid),
            Some(server.pid())
        );
    }
    // We have stayed where we were.
    drop(server);
    assert_eq!(states(&look(place.path())), [State::Stale; 2]);
}

/// Unmounted when it is dropped.
struct Overlay(PathBuf);

impl Overlay {
    fn mount(place: &Place) -> Option<Overlay> {
        Overlay::with_upper(place, place.path())
    }

    /// What is written to it goes into another place.
    fn with_upper(place: &Place, above: &Path) -> Option<Overlay> {
        let [lower, merged] = ["lower", "merged"].map(|name| place.at(name));
        let [upper, work] = ["upper", "work"].map(|name| above.join(name));
        for dir in [&lower, &upper, &work, &merged] {
            std::fs::create_dir(dir).unwrap();
        }
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.display(),
            upper.display(),
            work.display()
        );
        let status = Command::new("mount")
            .args(["-t", "overlay", "overlay", "-o", &options])
            .arg(&merged)
            .status();
        let mounted = status.is_ok_and(|status| status.success());
        mounted.then_some(Overlay(merged))
    }
}

impl Drop for Overlay {
    fn drop(&mut self) {
        let status = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(status.is_ok_and(|status| status.success()));
    }
}

#[test]
fn on_an_overlay_the_merged_view_is_right() {
    let test = "on_an_overlay_the_merged_view_is_right";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let Some(overlay) = Overlay::mount(&place) else {
        println!("skipped: {test}: cannot mount an overlay");
        return;
    };
    let path = overlay.0.join("a");
    let listener = stream(&path);
    let survey = look(&overlay.0);
    let socket = only(&survey, &path);
    assert_eq!((socket.state, socket.backlog), (State::Live, Some(8)));
    unlink(&path);
    let survey = look(&overlay.0);
    assert_eq!(only(&survey, &path).state, State::Ghost);
    drop(listener);
    drop(stream(&path));
    assert_eq!(states(&look(&overlay.0)), [State::Stale]);
}

/// postfix binds like that, and a live system is made like that.
#[test]
fn a_relative_name_is_found_on_an_overlay_of_two_file_systems() {
    let test = "a_relative_name_is_found_on_an_overlay_of_two_file_systems";
    if !root_only(test) {
        return;
    }
    let (place, other) = (Place::new(), tempfile::tempdir_in("/dev/shm").unwrap());
    let Some(overlay) = Overlay::with_upper(&place, other.path()) else {
        println!("skipped: {test}: cannot mount an overlay");
        return;
    };
    let path = overlay.0.join("private/a");
    std::fs::create_dir(overlay.0.join("private")).unwrap();
    let server = Server::start(&[], &overlay.0, "listen private/a");
    let survey = look(&overlay.0);
    let socket = only(&survey, &path);
    assert_eq!((socket.state, socket.backlog), (State::Live, Some(8)));
    drop(server);
    assert_eq!(states(&look(&overlay.0)), [State::Stale]);
}
