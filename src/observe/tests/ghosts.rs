use super::server::Server;
use super::*;

fn ghosts(survey: &Survey) -> Vec<&Socket> {
    let sockets = survey.sockets.iter();
    sockets
        .filter(|socket| socket.state == State::Ghost)
        .collect()
}

#[test]
fn who_listens_where_another_one_was_bound_since_is_a_ghost() {
    let test = "who_listens_where_another_one_was_bound_since_is_a_ghost";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let path = place.at("a");
    let _old = stream(&path);
    unlink(&path);
    let _new = listening(&path, Type::STREAM, 3);
    let survey = look(place.path());
    let both = at(&survey, &path);
    assert_eq!(both.len(), 2, "{both:#?}");
    let live = both.iter().find(|socket| socket.state == State::Live);
    assert_eq!(live.unwrap().backlog, Some(3));
    let ghost = ghosts(&survey)[0];
    assert_eq!(ghost.why.as_deref(), Some("its file has no link left"));
    assert_eq!((ghost.queue, ghost.backlog), (Some(0), Some(8)));
    assert_eq!(ghost.listener().unwrap().pid, std::process::id());
    assert!(ghost.holders_known && ghost.inode.is_none());
}

#[test]
fn a_receiver_without_a_file_is_a_ghost_and_a_sender_is_none() {
    let test = "a_receiver_without_a_file_is_a_ghost_and_a_sender_is_none";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let _receiver = bound(&place.at("a"), Type::DGRAM);
    let _starting = bound(&place.at("b"), Type::STREAM);
    let sender = bound(&place.at("c"), Type::DGRAM);
    let to = SocketAddrUnix::new(place.at("a")).unwrap();
    rustix::net::connect(&sender, &to).unwrap();
    for name in ["a", "b", "c"] {
        unlink(&place.at(name));
    }
    let survey = look(place.path());
    assert_eq!(survey.sockets.len(), 1, "{:#?}", survey.sockets);
    assert_eq!(only(&survey, &place.at("a")).state, State::Ghost);
}

#[test]
fn another_file_where_a_renamed_one_was_makes_no_ghost() {
    let (place, aside) = (Place::new(), Place::new());
    let path = place.at("a");
    // Moved out of the root, so that only the name in the kernel's list is left in it.
    let _listener = stream(&path);
    std::fs::rename(&path, aside.at("a")).unwrap();
    assert_eq!(look(place.path()).sockets, []);
    std::fs::write(&path, "").unwrap();
    assert_eq!(look(place.path()).sockets, []);
    // Led back to it, by another link.
    unlink(&path);
    std::fs::hard_link(aside.at("a"), &path).unwrap();
    assert_eq!(states(&look(place.path())), [State::Live]);
}

#[test]
fn bound_under_another_name_and_renamed_is_no_ghost() {
    let place = Place::new();
    let script = "listen a.sock.77.tmp\nrename a.sock.77.tmp a.sock";
    let _server = Server::start(&[], place.path(), script);
    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Live]);
    assert_eq!(only(&survey, &place.at("a.sock")).state, State::Live);
}

#[test]
fn a_relative_name_is_the_holders() {
    let test = "a_relative_name_is_the_holders";
    if !root_only(test) {
        return;
    }
    let (place, other) = (Place::new(), Place::new());
    let server = Server::start(&[], place.path(), "listen ./a.sock");
    assert_eq!(states(&look(place.path())), [State::Live]);
    // In another directory than ours, and not under the root: nothing to say.
    assert_eq!(look(other.path()).sockets, []);
    unlink(&place.at("a.sock"));
    let survey = look(place.path());
    let ghost = only(&survey, &place.at("a.sock"));
    assert_eq!(ghost.state, State::Ghost);
    assert_eq!(ghost.listener().unwrap().pid, server.pid());
    assert_eq!(look(other.path()).sockets, []);
}

#[test]
fn a_relative_name_whose_holder_went_elsewhere_is_no_ghost() {
    let (place, other) = (Place::new(), Place::new());
    // Not met by the walk, for it lies outside the root; its name leads nowhere there.
    let script = format!("listen a.sock\nchdir {}", other.path().display());
    let _server = Server::start(&[], place.path(), &script);
    assert_eq!(look(other.path()).sockets, []);
    assert_eq!(states(&look(place.path())), [State::Live]);
}

#[test]
fn a_ghost_stays_where_it_was_bound() {
    let test = "a_ghost_stays_where_it_was_bound";
    if !root_only(test) {
        return;
    }
    let (place, other) = (Place::new(), Place::new());
    let to = other.path().display();
    // Neither gone nor another one: its name says nothing where its holder is now.
    let script = format!("listen a\nlisten b\nunlink b\nchdir {to}");
    let _server = Server::start(&[], place.path(), &script);
    let _theirs = [stream(&other.at("a")), stream(&other.at("b"))];
    assert_eq!(states(&look(other.path())), [State::Live; 2]);
    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Live, State::Ghost]);
    assert_eq!(only(&survey, &place.at("b")).state, State::Ghost);
}

#[test]
fn where_its_directory_went_goes_the_ghost() {
    let test = "where_its_directory_went_goes_the_ghost";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    std::fs::create_dir(place.at("old")).unwrap();
    let _listener = stream(&place.at("old/a (deleted)"));
    std::fs::rename(place.at("old"), place.at("new")).unwrap();
    unlink(&place.at("new/a (deleted)"));
    let survey = look(place.path());
    assert_eq!(
        only(&survey, &place.at("new/a (deleted)")).state,
        State::Ghost
    );
    assert_eq!(survey.sockets.len(), 1);
}

#[test]
fn mounted_over_its_path_leads_to_another() {
    let test = "mounted_over_its_path_leads_to_another";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let dir = place.at("d");
    std::fs::create_dir(&dir).unwrap();
    let dir = dir.display();
    let script = format!("tmpfs {dir}\nlisten {dir}/a\ntmpfs {dir}\nlisten {dir}/a");
    let _server = Server::start(&["-m"], place.path(), &script);
    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Ghost]);
    let why = survey.sockets[0].why.as_deref();
    assert_eq!(why, Some("its path leads to another inode"));
}

#[test]
fn in_its_own_mount_namespace_its_path_leads_to_it() {
    let test = "in_its_own_mount_namespace_its_path_leads_to_it";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    let path = place.at("d");
    std::fs::create_dir(&path).unwrap();
    let dir = path.display();
    let script = format!("tmpfs {dir}\nlisten {dir}/a");
    let server = Server::start(&["-m"], place.path(), &script);
    // For us there is another one.
    let _ours = stream(&path.join("a"));
    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Live]);
    assert_eq!(survey.sockets[0].backlog, Some(8));
    drop(server);
    let script = format!("tmpfs {dir}\nlisten {dir}/a\nunlink {dir}/a");
    let _server = Server::start(&["-m"], place.path(), &script);
    assert_eq!(ghosts(&look(place.path())).len(), 1);
}

#[test]
fn in_its_own_root_directory_its_path_leads_to_it() {
    let test = "in_its_own_root_directory_its_path_leads_to_it";
    if !root_only(test) {
        return;
    }
    let (place, jail) = (Place::new(), Place::new());
    let inside = jail.at(place.path().strip_prefix("/").unwrap().to_str().unwrap());
    std::fs::create_dir_all(&inside).unwrap();
    let script = format!(
        "chroot {}\nlisten {}",
        jail.path().display(),
        place.at("a").display()
    );
    let _server = Server::start(&[], place.path(), &script);
    let _ours = stream(&place.at("a"));
    let survey = look(place.path());
    assert_eq!(states(&survey), [State::Live], "{survey:#?}");
}

#[test]
fn outside_the_roots_only_where_all_is_asked_for() {
    let test = "outside_the_roots_only_where_all_is_asked_for";
    if !root_only(test) {
        return;
    }
    let (place, other) = (Place::new(), Place::new());
    let _gone = stream(&place.at("a"));
    unlink(&place.at("a"));
    assert_eq!(look(other.path()).sockets, []);
    let wanted = Wanted {
        beyond_roots: true,
        ..Wanted::default()
    };
    let survey = survey_with(other.path(), &wanted);
    assert_eq!(only(&survey, &place.at("a")).state, State::Ghost);
}
