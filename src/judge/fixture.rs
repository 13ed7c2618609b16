//! One socket, one rule, one fault: what the tests of the checks are made of.

use std::collections::{BTreeMap, BTreeSet};

use super::{Input, Required, audit};
use crate::model::{
    Acl, Code, Directory, FileAcl, Finding, Found, Gid, Lookup, Members, Mode, Names, Node, Parent,
    Pattern, Place, Process, Root, Severity, Socket, SocketName, State, Step, Survey, Uid, Way,
};
use crate::policy::rule::{ModeRule, Presence, Role, Severities};
use crate::policy::{At, Effective, Keys, Owner, OwnerAlternative, Rule, Set, Waiver, Who};

/// The host of the tests: `root`, `app` (1000), `www` (33), and `timeout`, for whom the directory
/// service does not answer.
pub(super) struct TestNames;

impl TestNames {
    fn id(name: &str) -> Lookup<u32> {
        match name {
            "root" => Lookup::Found(0),
            "www" => Lookup::Found(33),
            "app" => Lookup::Found(1000),
            "timeout" => Lookup::Failed("no answer".to_owned()),
            _ => Lookup::Unknown,
        }
    }

    fn name(id: u32) -> Option<String> {
        let names = [(0, "root"), (33, "www"), (1000, "app")];
        names
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, name)| (*name).to_owned())
    }
}

fn typed<T>(found: Lookup<u32>, new: impl Fn(u32) -> Option<T>) -> Lookup<T> {
    match found {
        Lookup::Found(id) => Lookup::Found(new(id).unwrap()),
        Lookup::Unknown => Lookup::Unknown,
        Lookup::Failed(why) => Lookup::Failed(why),
    }
}

impl Names for TestNames {
    fn user_id(&self, name: &str) -> Lookup<Uid> {
        typed(TestNames::id(name), Uid::new)
    }
    fn group_id(&self, name: &str) -> Lookup<Gid> {
        typed(TestNames::id(name), Gid::new)
    }
    fn user_name(&self, uid: Uid) -> Option<String> {
        TestNames::name(uid.as_raw())
    }
    fn group_name(&self, gid: Gid) -> Option<String> {
        TestNames::name(gid.as_raw())
    }
}

impl Members for TestNames {
    /// `www` and `app` are the only members of their groups.
    fn members(&self, gid: Gid) -> Lookup<Vec<Uid>> {
        let members = TestNames::name(gid.as_raw()).and_then(|_| Uid::new(gid.as_raw()));
        members.map_or(Lookup::Unknown, |uid| Lookup::Found(vec![uid]))
    }
    /// Those of 99 cannot be looked up.
    fn groups_of(&self, uid: Uid) -> Lookup<Vec<Gid>> {
        if uid.as_raw() == 99 {
            return Lookup::Failed("no answer".to_owned());
        }
        let group = TestNames::name(uid.as_raw()).and_then(|_| Gid::new(uid.as_raw()));
        Lookup::Found(group.into_iter().collect())
    }
}

/// A survey of /run with one live socket without a fault, and a rule that says nothing of it.
pub(super) struct Fixture {
    survey: Survey,
    rule: Rule,
    required: Vec<(Pattern, Option<Pattern>)>,
    waivers: Vec<Waiver>,
    roles: BTreeMap<String, Role>,
}

impl Fixture {
    pub(super) fn new() -> Fixture {
        let mut fixture = Fixture::empty();
        let mut socket = Socket::named(SocketName::Path("/run/app/a.sock".into()));
        socket.state = State::Live;
        fixture.survey.sockets.push(socket);
        fixture
    }

    /// The same without a socket.
    pub(super) fn empty() -> Fixture {
        let place = Place {
            file: "test.yaml".into(),
            line: 1,
        };
        Fixture {
            survey: Survey {
                roots: vec![Root {
                    given: "/run".into(),
                    real: "/run".into(),
                }],
                ..Survey::default()
            },
            rule: Rule {
                id: "test".to_owned(),
                description: None,
                because: None,
                place,
                paths: Vec::new(),
                not_paths: Vec::new(),
                reset: false,
                when: None,
                keys: Keys::default(),
                severity: Severities::default(),
            },
            required: Vec::new(),
            waivers: Vec::new(),
            roles: BTreeMap::new(),
        }
    }

    /// A role that rules may name.
    pub(super) fn role(mut self, name: &str, users: &[&str], groups: &[&str]) -> Fixture {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
        let (users, groups) = (words(users), words(groups));
        self.roles.insert(name.to_owned(), Role { users, groups });
        self
    }

    /// The roles that rules may name.
    pub(super) fn roles(&self) -> &BTreeMap<String, Role> {
        &self.roles
    }

    /// 0777 where 0660 is expected.
    pub(super) fn too_wide() -> Fixture {
        Fixture::new()
            .fact(|socket| socket.mode = Some(mode("0777")))
            .key(|keys| keys.mode = at(ModeRule::Exactly(mode("0660"))))
    }

    pub(super) fn fact(mut self, change: impl FnOnce(&mut Socket)) -> Fixture {
        change(&mut self.survey.sockets[0]);
        self
    }

    /// A file of this mode and owner, in /run/app of that mode and owner; all above is root's, 0755.
    pub(super) fn reached(self, file: (&str, u32, u32), directory: (&str, u32, u32)) -> Fixture {
        let node = |path: &str, (bits, user, group): (&str, u32, u32)| Node {
            mount_point: path == "/",
            ..Node::bare(path.into(), mode(bits), uid(user), gid(group))
        };
        let roots = ("0755", 0, 0);
        let nodes = [("/", roots), ("/run", roots), ("/run/app", directory)];
        let nodes = nodes.into_iter().enumerate();
        let directories = nodes.map(|(number, (path, facts))| Directory {
            node: node(path, facts).into(),
            parent: number.checked_sub(1),
        });
        let step = |within, name: &str| Step {
            within,
            name: name.into(),
            found: Found::Directory(within + 1),
        };
        let way = Way {
            directories: directories.collect(),
            steps: vec![step(0, "run").into(), step(1, "app").into()],
            end: 2,
            protected_symlinks: true,
        };
        self.fact(|socket| {
            (socket.mode, socket.uid, socket.gid) = (Some(mode(file.0)), uid(file.1), gid(file.2));
            socket.way = Some(way.into());
        })
    }

    /// The ACL of the file.
    pub(super) fn acl(self, acl: Acl) -> Fixture {
        self.fact(|socket| {
            socket.acl = FileAcl::More(acl.into());
        })
    }

    /// `connect`, with a role of these users and groups.
    pub(super) fn connect(self, users: &[&str], groups: &[&str]) -> Fixture {
        self.role("web", users, groups)
            .key(|keys| keys.connect = at(vec!["web".to_owned()]))
    }

    pub(super) fn key(mut self, change: impl FnOnce(&mut Keys)) -> Fixture {
        change(&mut self.rule.keys);
        self
    }

    pub(super) fn because(mut self, why: &str) -> Fixture {
        self.rule.because = Some(why.to_owned());
        self
    }

    pub(super) fn path(mut self, pattern: &str) -> Fixture {
        self.rule.paths.push(pattern.parse().unwrap());
        self
    }

    /// What the rule says, of every path.
    pub(super) fn effective(&self) -> Effective<'_> {
        effective(&self.rule)
    }

    pub(super) fn survey(mut self, change: impl FnOnce(&mut Survey)) -> Fixture {
        change(&mut self.survey);
        self
    }

    pub(super) fn severity(mut self, code: &str, severity: Severity) -> Fixture {
        let said = At {
            value: severity,
            line: 2,
        };
        self.rule.severity.by_code.insert(code.to_owned(), said);
        self
    }

    pub(super) fn required(mut self, pattern: &str) -> Fixture {
        self.required.push((pattern.parse().unwrap(), None));
        self.required_key()
    }

    /// The same, where the host's links lead to `resolved`.
    pub(super) fn required_through(mut self, pattern: &str, resolved: &str) -> Fixture {
        self.required
            .push((pattern.parse().unwrap(), resolved.parse().ok()));
        self.required_key()
    }

    fn required_key(self) -> Fixture {
        self.key(|keys| keys.presence = at(Presence::Required))
    }

    pub(super) fn waiver(mut self, code: &str, path: &str, until: Option<&str>) -> Fixture {
        self.waivers.push(Waiver {
            finding: code.to_owned(),
            paths: vec![path.parse().unwrap()],
            until: until.map(str::to_owned),
            reason: "ticket 4711".to_owned(),
            place: Place {
                file: "test.yaml".into(),
                line: 9,
            },
        });
        self
    }

    /// Every finding of an audit on 2026-06-15, waived ones too.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let expected = |_: &Socket| effective(&self.rule);
        let here = self.effective();
        let require = self.required.iter().map(|(pattern, resolved)| Required {
            pattern,
            resolved: resolved.as_ref(),
            expected: &here,
        });
        let required: Vec<_> = require.collect();
        let judgement = audit(&Input {
            survey: &self.survey,
            expected: &expected,
            required: &required,
            waivers: &self.waivers,
            today: "2026-06-15",
            names: &TestNames,
            roles: &self.roles,
            jobs: None,
        });
        assert_eq!(judgement.rules.len(), self.survey.sockets.len());
        judgement.findings
    }

    /// The findings that count are exactly these.
    pub(super) fn exactly(&self, codes: &[&str]) -> Vec<Finding> {
        let mut findings = self.findings();
        findings.retain(|finding| finding.waived.is_none());
        let found: BTreeSet<_> = findings
            .iter()
            .map(|finding| finding.code.as_str())
            .collect();
        assert_eq!(found, codes.iter().copied().collect(), "{findings:#?}");
        assert_eq!(findings.len(), codes.len(), "{findings:#?}");
        findings
    }

    /// There is exactly one, of this code.
    pub(super) fn only(&self, code: &str) -> Finding {
        let code: Code = code.parse().unwrap();
        self.exactly(&[code.as_str()]).remove(0)
    }

    /// There is none.
    pub(super) fn nothing(&self) {
        self.exactly(&[]);
    }
}

fn effective(rule: &Rule) -> Effective<'_> {
    fn set<T>(rule: &Rule, key: Option<At<T>>) -> Option<Set<'_, T>> {
        key.map(|At { value, line }| Set { value, rule, line })
    }
    fn list<'r>(rule: &'r Rule, key: Option<&'r At<Vec<String>>>) -> Option<Set<'r, &'r [String]>> {
        key.map(|At { value, line }| Set {
            value: value.as_slice(),
            rule,
            line: *line,
        })
    }
    fn globs<'r>(
        rule: &'r Rule,
        key: Option<&'r At<Vec<Pattern>>>,
    ) -> Option<Set<'r, &'r [Pattern]>> {
        key.map(|At { value, line }| Set {
            value: value.as_slice(),
            rule,
            line: *line,
        })
    }
    let keys = &rule.keys;
    Effective {
        rules: vec![rule],
        kind: set(rule, keys.kind.clone()),
        mode: set(rule, keys.mode.clone()),
        owner: set(rule, keys.owner.clone()),
        parent_owner: set(rule, keys.parent_owner.clone()),
        parent_max_mode: set(rule, keys.parent_max_mode.clone()),
        acl: set(rule, keys.acl.clone()),
        world: set(rule, keys.world.clone()),
        connect: list(rule, keys.connect.as_ref()),
        replace: list(rule, keys.replace.as_ref()),
        presence: set(rule, keys.presence.clone()),
        liveness: set(rule, keys.liveness.clone()),
        listener_user: set(rule, keys.listener_user.clone()),
        listener_exe: globs(rule, keys.listener_exe.as_ref()),
        listener_unit: globs(rule, keys.listener_unit.as_ref()),
    }
}

/// A key as a rule sets it.
#[allow(clippy::unnecessary_wraps)] // a key that is set
pub(super) fn at<T>(value: T) -> Option<At<T>> {
    Some(At { value, line: 2 })
}

pub(super) fn mode(text: &str) -> Mode {
    text.parse().unwrap()
}

pub(super) fn uid(raw: u32) -> Option<Uid> {
    Uid::new(raw)
}

pub(super) fn gid(raw: u32) -> Option<Gid> {
    Gid::new(raw)
}

pub(super) fn parent(bits: &str, user: u32, group: u32) -> Option<Parent> {
    Some(Parent {
        mode: mode(bits),
        uid: Uid::new(user)?,
        gid: Gid::new(group)?,
    })
}

pub(super) fn process(pid: u32, user: u32, exe: &str) -> Process {
    Process {
        pid,
        uid: Uid::new(user).unwrap(),
        exe: Some(exe.into()),
        comm: String::new(),
        unit: None,
    }
}

/// The value of `owner`, as a policy writes it.
pub(super) fn owner(list: &[&str]) -> Owner {
    fn who(text: &str) -> Option<Who> {
        if let Some((first, last)) = text.split_once('-')
            && let (Ok(first), Ok(last)) = (first.parse(), last.parse())
        {
            return Some(Who::Range(first, last));
        }
        match text {
            "" => None,
            "dynamic" => Some(Who::Dynamic),
            name => Some(
                name.parse()
                    .map_or_else(|_| Who::Name(name.to_owned()), Who::Id),
            ),
        }
    }
    let one = |text: &&str| {
        let (user, group) = text.split_once(':').unwrap_or((text, ""));
        OwnerAlternative {
            user: who(user),
            group: who(group),
        }
    };
    Owner(list.iter().map(one).collect())
}
