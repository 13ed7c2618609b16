use super::*;
use crate::change::mode;
use crate::sys::dir::{self, Dir};
use crate::sys::program::FileCaps;
use crate::sys::unit::Passed;
use crate::wrap::bound::OnViolation;
use crate::wrap::fixture::{self, gid, listen, uid, who};
use crate::wrap::request::Stay;

fn for_app() -> Facts {
    Facts {
        person: Some(fixture::person()),
        groups: Some(vec![gid(1000)]),
        ..fixture::facts()
    }
}

fn refused(request: &Request, facts: &Facts) -> (Status, String) {
    let refusal = plan(request, facts).unwrap_err();
    (refusal.status, refusal.why)
}

#[test]
fn root_has_to_be_asked_for() {
    let request = Request {
        command: vec!["app".into(), "a b".into()],
        ..fixture::request()
    };
    let (status, why) = refused(&request, &fixture::facts());
    assert_eq!(status, Status::Refused);
    assert!(why.contains("--user USER ... -- app 'a b'"), "{why}");
    let mut half = fixture::facts();
    half.own.uids.saved = Uid::ROOT;
    half.own.uids.real = uid(7);
    assert_eq!(refused(&request, &half).0, Status::Refused);
    let user = Facts {
        own: who(7, CapSet::EMPTY, CapSet::EMPTY),
        ..fixture::facts()
    };
    let plan = plan(&request, &user).unwrap();
    assert!(plan.start.identity.after.uids.are(uid(7)));
}

#[test]
fn the_umask_is_that_of_whoever_makes_the_sockets() {
    let umask = |request: &Request, facts: &Facts| plan(request, facts).unwrap().start.umask;
    let mut request = fixture::request();
    assert_eq!(umask(&request, &for_app()), "0077".parse().ok());
    let inherited = Facts {
        passed: Passed {
            count: 1,
            names: vec!["a".into()],
        },
        ..for_app()
    };
    assert_eq!(umask(&request, &inherited), None);
    request.listen = vec![listen("/run/a")];
    assert_eq!(umask(&request, &for_app()), None);
    let both = Request {
        expect: vec![fixture::expected("/run/b")],
        listen: vec![listen("/run/a")],
        ..fixture::stays()
    };
    assert_eq!(umask(&both, &for_app()), "0077".parse().ok());
    let shared = Request {
        expect: vec![Expected {
            shared: true,
            ..fixture::expected("/run/b")
        }],
        ..both
    };
    assert_eq!(umask(&shared, &inherited), "0007".parse().ok());
    request.umask = "0022".parse().ok();
    assert_eq!(umask(&request, &for_app()), "0022".parse().ok());
}

#[test]
fn what_is_not_said_of_an_owner_is_the_user() {
    let given = Listen {
        owner: Ownership {
            uid: None,
            gid: Some(gid(33)),
        },
        ..listen("/run/b")
    };
    let request = Request {
        listen: vec![listen("/run/a"), given],
        ..fixture::request()
    };
    let plan = plan(&request, &for_app()).unwrap();
    let owners: Vec<_> = plan.sockets.iter().map(|it| it.request.owner).collect();
    let owner = |group| Ownership {
        uid: Some(uid(1000)),
        gid: Some(gid(group)),
    };
    assert_eq!(owners, [owner(1000), owner(33)]);
    assert_eq!(plan.start.descriptors.names, ["s", "s"]);
}

#[test]
fn sockets_that_cannot_be() {
    let with = |listen: Vec<Listen>| Request {
        listen,
        ..fixture::request()
    };
    let twice = with(vec![listen("/run/a"), listen("/run/b"), listen("/run/a")]);
    let (status, why) = refused(&twice, &for_app());
    assert_eq!(
        (status, why.as_str()),
        (Status::Config, "--listen /run/a is there twice")
    );
    let wide = Listen {
        mode: "0666".parse().unwrap(),
        limit: Some(mode::Limit {
            mode: "0660".parse().unwrap(),
            special: true,
            said_by: "app, site.yaml:3".to_owned(),
        }),
        ..listen("/run/a")
    };
    let (status, why) = refused(&with(vec![wide]), &for_app());
    assert_eq!(status, Status::Refused);
    assert!(
        why.contains("0666 is wider than 0660") && why.contains("site.yaml:3"),
        "{why}"
    );
    let few = Facts {
        most_descriptors: Bounds {
            soft: Some(4),
            hard: None,
        },
        ..for_app()
    };
    assert!(plan(&with(vec![listen("/run/a")]), &few).is_ok());
    let two = with(vec![listen("/run/a"), listen("/run/b")]);
    let (status, why) = refused(&two, &few);
    assert_eq!(status, Status::Config);
    assert!(why.contains("2 sockets are too many"), "{why}");
    let raised = Request {
        limits: vec!["nofile=5:".parse().unwrap()],
        ..two
    };
    let few = Facts {
        limits: vec![few.most_descriptors],
        ..few
    };
    assert!(plan(&raised, &few).is_ok());
}

#[test]
fn one_file_by_two_paths() {
    let facts = Facts {
        places: ["/usr", "/", "/usr/../usr"]
            .map(|path| Dir::open(path.as_ref()).and_then(|dir| dir.facts()).ok())
            .into(),
        ..for_app()
    };
    let made = |paths: [&str; 3]| Request {
        listen: paths.map(listen).into(),
        ..fixture::request()
    };
    assert!(plan(&made(["/usr/a", "/a", "link/b"]), &facts).is_ok());
    let (status, why) = refused(&made(["/usr/a", "/a", "link/a"]), &facts);
    assert_eq!(
        (status, why.as_str()),
        (
            Status::Config,
            "--listen link/a is the same file as --listen /usr/a"
        )
    );
    let both = Request {
        listen: ["/usr/a", "/a"].map(listen).into(),
        expect: vec![fixture::expected("link/a")],
        ..fixture::stays()
    };
    let (_, why) = refused(&both, &facts);
    assert!(why.contains("(--listen /usr/a)"), "{why}");
}

#[test]
fn paths_that_cannot_be_expected() {
    let with = |expect: &[&str]| Request {
        expect: expect.iter().map(|path| fixture::expected(path)).collect(),
        ..fixture::stays()
    };
    assert!(plan(&with(&["/run/a", "/run/b"]), &for_app()).is_ok());
    let (status, why) = refused(&with(&["/run/a", "/run/a"]), &for_app());
    assert_eq!(
        (status, why.as_str()),
        (Status::Config, "--expect /run/a is there twice")
    );
    let both = Request {
        listen: vec![listen("/run/a")],
        ..with(&["/run/a"])
    };
    let (status, why) = refused(&both, &for_app());
    assert_eq!(status, Status::Config);
    assert!(
        why.contains("--listen") && why.contains("--expect"),
        "{why}"
    );
    let alone = Request {
        stay: None,
        ..with(&["/run/a"])
    };
    assert_eq!(refused(&alone, &for_app()).0, Status::Config);
}

fn sets(text: &str) -> CapSet {
    text.parse().unwrap()
}

#[test]
fn the_parent_keeps_what_its_sockets_take_and_no_more() {
    let place = |uid: u32, mode: &str| {
        let dir = Dir::open("/".as_ref()).unwrap();
        Some(dir::Facts {
            uid: Uid::new(uid),
            mode: mode.parse().unwrap(),
            ..dir.facts().unwrap()
        })
    };
    let keeps =
        |request: &Request, facts: &Facts| plan(request, facts).unwrap().supervision.unwrap().keep;
    let stay = |on_violation, keep| {
        fixture::stays().stay.map(|stay| Stay {
            on_violation,
            keep,
            ..stay
        })
    };
    let expects = |on_violation, keep| Request {
        expect: vec![fixture::expected("/run/app/a")],
        stay: stay(on_violation, keep),
        ..fixture::stays()
    };
    let facts = |place| Facts {
        places: vec![place],
        ..for_app()
    };
    let (refuse, fix) = (OnViolation::Refuse, OnViolation::Fix);
    let looks = "kill,sys_ptrace,dac_read_search";
    let own = facts(place(0, "0755"));
    assert_eq!(keeps(&expects(refuse, false), &own), sets(looks));
    let theirs = facts(place(1000, "0755"));
    let removes = sets(looks).or(sets("dac_override"));
    assert_eq!(keeps(&expects(refuse, false), &theirs), removes);
    assert_eq!(keeps(&expects(refuse, true), &theirs), sets(looks));
    let tmp = facts(place(1000, "1777"));
    let removes = sets(looks).or(sets("dac_override,fowner"));
    assert_eq!(keeps(&expects(refuse, false), &tmp), removes);
    let mends = sets(looks).or(sets("fowner,chown"));
    assert_eq!(keeps(&expects(fix, false), &own), mends);
    let anything = sets(looks).or(sets("net_admin,dac_override,fowner"));
    assert_eq!(keeps(&fixture::stays(), &for_app()), anything);
    // What it gets from us needs no looking for.
    let makes = Request {
        listen: vec![listen("/run/a")],
        ..fixture::stays()
    };
    assert_eq!(keeps(&makes, &own), sets("kill"));
    // As in a container: who may not look becomes the user to do so.
    let mut container = own;
    container.own.caps.permitted = container.own.caps.permitted.without(sets("sys_ptrace"));
    let eyes = sets("kill,setuid,setgid,dac_read_search");
    assert_eq!(keeps(&expects(refuse, false), &container), eyes);
    let plan = plan(&expects(refuse, false), &container).unwrap();
    let eyes = plan.keeping.unwrap().rules.eyes.unwrap();
    assert_eq!((eyes.uid, eyes.gid), (uid(1000), gid(1000)));
}

#[test]
fn descriptors_that_cannot_be_passed() {
    let request = Request {
        pass: vec!["3".parse().unwrap(), "1".parse().unwrap()],
        ..fixture::request()
    };
    assert!(plan(&request, &for_app()).is_ok());
    let closed = Facts {
        closed: vec!["3".parse().unwrap()],
        ..for_app()
    };
    assert_eq!(refused(&request, &closed).0, Status::Config);
    let taken = Request {
        listen: vec![listen("/run/a")],
        ..request
    };
    let (status, why) = refused(&taken, &for_app());
    assert_eq!(status, Status::Config);
    assert!(why.contains("--pass-fd 3"), "{why}");
}

#[test]
fn limits_are_set_in_order_and_raised_by_who_can() {
    let now = Bounds {
        soft: Some(10),
        hard: Some(20),
    };
    let request = Request {
        limits: vec!["core=15".parse().unwrap(), "core=5:".parse().unwrap()],
        ..fixture::request()
    };
    let facts = Facts {
        limits: vec![now, now],
        ..for_app()
    };
    let limits = plan(&request, &facts).unwrap().start.limits;
    assert_eq!(limits.len(), 1);
    assert_eq!(limits[0].bounds.to_string(), "5:15");
    let raise = Request {
        limits: vec!["core=unlimited".parse().unwrap()],
        ..fixture::request()
    };
    assert!(plan(&raise, &facts).is_ok());
    let mut unable = facts.clone();
    let without: CapSet = "sys_resource".parse().unwrap();
    unable.own.caps.effective = unable.own.caps.effective.without(without);
    let (status, why) = refused(&raise, &unable);
    assert_eq!(status, Status::Failed);
    assert!(why.contains("hard limit of core from 10:20"), "{why}");
}

#[test]
fn a_file_that_demands_more_than_it_can_get_names_the_flag() {
    let mut facts = for_app();
    facts.program.caps = Some(FileCaps {
        path: "/usr/bin/ping".into(),
        permitted: "net_raw".parse().unwrap(),
        inheritable: CapSet::EMPTY,
    });
    let (status, why) = refused(&fixture::request(), &facts);
    assert_eq!(status, Status::CannotExecute);
    assert!(
        why.contains("CAP_NET_RAW") && why.contains("--keep-bounding"),
        "{why}"
    );
    let keeps = Request {
        keep_bounding: true,
        ..fixture::request()
    };
    assert!(plan(&keeps, &facts).is_ok());
    let keeps = Request {
        keep_caps: "net_raw".parse().unwrap(),
        ..fixture::request()
    };
    assert!(plan(&keeps, &facts).is_ok());
}

#[test]
fn all_that_we_have_can_be_kept() {
    let request = Request {
        keep_caps: CapSet::FULL,
        ..fixture::request()
    };
    let plan = plan(&request, &for_app()).unwrap();
    assert_eq!(plan.start.identity.after.caps.ambient, fixture::ALL_CAPS);
}
