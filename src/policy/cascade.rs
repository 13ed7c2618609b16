//! What all rules together say of one path: key by key, the last one that sets it decides.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::model::pattern::Captures;
use crate::model::{Pattern, SocketName};

use super::decode::substitute;
use super::effective::{Asks, Effective, Set};
use super::policy::Policy;
use super::rule::{At, Keys, Owner, OwnerAlternative, Permit, Presence, Rule, Waiver, Who};

/// A socket's name in the ways in which rules may spell it.
pub(super) struct Spellings<'n> {
    /// `None` where it goes up again, and it is known where that leads.
    given: Option<Cow<'n, [u8]>>,
    resolved: Option<&'n [u8]>,
    is_abstract: bool,
}

impl<'n> Spellings<'n> {
    pub(super) fn new(name: &'n SocketName, resolved: Option<&'n Path>) -> Self {
        let given: Cow<'n, [u8]> = match name {
            SocketName::Path(path) => Cow::Borrowed(path.as_os_str().as_bytes()),
            SocketName::Abstract(_) => Cow::Owned(name.to_bytes()),
        };
        let resolved = resolved.map(|path| path.as_os_str().as_bytes());
        let resolved = resolved.filter(|resolved| **resolved != *given);
        let misleads = resolved.is_some() && name.goes_up();
        Spellings {
            resolved,
            given: (!misleads).then_some(given),
            is_abstract: matches!(name, SocketName::Abstract(_)),
        }
    }

    fn each(&self) -> impl Iterator<Item = &[u8]> {
        // A relative name that begins with `@` is no abstract one.
        let usable = |name: &&[u8]| self.is_abstract || !name.starts_with(b"@");
        [self.given.as_deref(), self.resolved]
            .into_iter()
            .flatten()
            .filter(usable)
    }

    pub(super) fn fit(&self, pattern: &Pattern) -> bool {
        self.each().any(|name| pattern.matches(name))
    }

    fn captures<'s>(&'s self, pattern: &'s Pattern) -> Option<Captures<'s, 's>> {
        pattern.capture_names().next()?;
        self.each().find_map(|name| pattern.captures(name))
    }
}

/// A rule that speaks of a path, and the pattern that says so.
#[derive(Clone, Copy)]
struct Match<'p> {
    rule: &'p Rule,
    pattern: &'p Pattern,
}

/// A pattern of which at least one socket has to be there.
#[derive(Debug)]
pub struct Required<'p> {
    /// As the rule has it.
    pub pattern: &'p Pattern,
    /// The same through the links of this host, where that differs.
    pub resolved: Option<&'p Pattern>,
    /// What is expected of it; `presence` says which rule decided.
    pub effective: Effective<'p>,
}

impl Required<'_> {
    /// Whether the socket is one of those that have to be there.
    pub fn is_met_by(&self, name: &SocketName, resolved: Option<&Path>) -> bool {
        let names = Spellings::new(name, resolved);
        let mut patterns = [Some(self.pattern), self.resolved].into_iter().flatten();
        patterns.any(|pattern| names.fit(pattern))
    }
}

impl Policy {
    /// What is expected of a socket, by its path as it was found and with the links of its
    /// directory resolved.
    pub fn effective(&self, name: &SocketName, resolved: Option<&Path>) -> Effective<'_> {
        let names = Spellings::new(name, resolved);
        cascade(&self.matching(&names), &names)
    }

    /// Whether it is asked of anybody at all whether they get to a socket file, or to its place.
    /// Where that is asked everywhere this costs next to nothing.
    pub fn asks_of_anybody(&self, name: &SocketName, resolved: Option<&Path>) -> bool {
        let names = Spellings::new(name, resolved);
        if let Some(resetting) = &self.asks_everywhere
            && names.each().any(|name| name.starts_with(b"/"))
            && !resetting.iter().any(|&rule| self.may_speak(rule, &names))
        {
            return true;
        }
        let asks = self.asks(name, resolved, false);
        asks.connect || asks.replace
    }

    fn may_speak(&self, rule: usize, names: &Spellings<'_>) -> bool {
        let links = self.here[rule].links.iter().map(|link| &link.1);
        let mut patterns = self.rules[rule].paths.iter().chain(links);
        patterns.any(|pattern| names.fit(pattern))
    }

    /// Of whom it is asked whether they get to a socket file; `open_to_others`: its mode is no
    /// reason why not everyone should.
    pub fn asks(&self, name: &SocketName, resolved: Option<&Path>, open_to_others: bool) -> Asks {
        let matches = self.matching(&Spellings::new(name, resolved));
        let matches = after_reset(&matches);
        let forbids = |key: fn(&Keys) -> &Option<At<Permit>>| {
            last(matches, key, |value, _| *value).is_some_and(|key| key.value == Permit::Forbid)
        };
        let names_roles =
            |key: fn(&Keys) -> &Option<At<Vec<String>>>| last(matches, key, |_, _| ()).is_some();
        Asks {
            everyone: open_to_others && forbids(|keys| &keys.world),
            connect: names_roles(|keys| &keys.connect) || forbids(|keys| &keys.acl),
            replace: names_roles(|keys| &keys.replace),
        }
    }

    /// Every rule that speaks of a path, those before a `reset` included.
    pub fn matching_rules(&self, name: &SocketName, resolved: Option<&Path>) -> Vec<&Rule> {
        let matches = self.matching(&Spellings::new(name, resolved));
        matches.into_iter().map(|found| found.rule).collect()
    }

    /// Rules that would speak of a path if their `when` held on this host.
    pub fn silent_rules(&self, name: &SocketName, resolved: Option<&Path>) -> Vec<&Rule> {
        let names = Spellings::new(name, resolved);
        let rules = self.rules.iter().zip(&self.here);
        let silent = rules.filter(|(_, here)| !here.speaks).map(|(rule, _)| rule);
        let fits = |pattern: &Pattern| names.fit(pattern);
        silent
            .filter(|rule| rule.paths.iter().any(fits) && !rule.not_paths.iter().any(fits))
            .collect()
    }

    /// Waivers that cover a path, those whose last day is over included.
    pub fn waivers_of(&self, name: &SocketName, resolved: Option<&Path>) -> Vec<&Waiver> {
        let names = Spellings::new(name, resolved);
        let fits = |pattern: &Pattern| names.fit(pattern);
        let waivers = self.waivers.iter();
        waivers
            .filter(|waiver| waiver.paths.iter().any(fits))
            .collect()
    }

    /// The patterns of `presence: required`, each once, unless what was loaded later takes it
    /// back.
    pub fn required(&self) -> Vec<Required<'_>> {
        let mut seen = BTreeSet::new();
        let mut required = Vec::new();
        for (rule, here) in self.rules.iter().zip(&self.here) {
            let demands = |at: &At<Presence>| at.value == Presence::Required;
            if !here.speaks || !rule.keys.presence.as_ref().is_some_and(demands) {
                continue;
            }
            for (number, pattern) in rule.paths.iter().enumerate() {
                if !seen.insert(pattern.as_str()) {
                    continue;
                }
                let effective = self.effective_of_pattern(pattern);
                let value = effective.presence.as_ref().map(|set| set.value);
                if value == Some(Presence::Required) {
                    let mut links = here.links.iter();
                    required.push(Required {
                        pattern,
                        resolved: links.find(|link| link.0 == number).map(|link| &link.1),
                        effective,
                    });
                }
            }
        }
        required
    }

    fn matching(&self, names: &Spellings<'_>) -> Vec<Match<'_>> {
        let mut found: Vec<u32> = Vec::new();
        for name in names.each() {
            self.index.candidates(name, |number| {
                let path = self.paths[number as usize];
                if path.pattern(&self.rules, &self.here).matches(name) {
                    found.push(number);
                }
            });
        }
        // Patterns are numbered in the order of their rules, and within a rule as written.
        found.sort_unstable();
        found.dedup_by_key(|number| self.paths[*number as usize].rule);
        let matches = found.into_iter().map(|number| self.paths[number as usize]);
        matches
            .filter(|path| !self.is_excepted(path.rule, |pattern| names.fit(pattern)))
            .map(|path| Match {
                rule: &self.rules[path.rule],
                pattern: path.pattern(&self.rules, &self.here),
            })
            .collect()
    }

    fn is_excepted(&self, rule: usize, fits: impl Fn(&Pattern) -> bool) -> bool {
        let links = &self.here[rule].not_links;
        self.rules[rule].not_paths.iter().chain(links).any(fits)
    }

    /// What is expected of a literal path, or of all that a glob matches: then those rules
    /// speak whose patterns are the same, or match the glob as if it were a path, which is what
    /// wider globs do.
    fn effective_of_pattern<'p>(&'p self, pattern: &'p Pattern) -> Effective<'p> {
        let text = pattern.literal().unwrap_or(pattern.as_str().as_bytes());
        let covers = |known: &Pattern| known == pattern || known.matches(text);
        let mut matches = Vec::new();
        for (number, (rule, here)) in self.rules.iter().zip(&self.here).enumerate() {
            let mut links = here.links.iter().map(|link| &link.1);
            let mut patterns = rule.paths.iter().chain(links.by_ref());
            if here.speaks
                && let Some(pattern) = patterns.find(|pattern| covers(pattern))
                && !self.is_excepted(number, covers)
            {
                matches.push(Match { rule, pattern });
            }
        }
        let names = Spellings {
            given: Some(Cow::Borrowed(text)),
            resolved: None,
            is_abstract: text.starts_with(b"@"),
        };
        cascade(&matches, &names)
    }
}

fn cascade<'p>(matches: &[Match<'p>], names: &Spellings<'_>) -> Effective<'p> {
    let matches = after_reset(matches);
    Effective {
        rules: matches.iter().map(|found| found.rule).collect(),
        kind: last(matches, |keys| &keys.kind, |value, _| *value),
        mode: last(matches, |keys| &keys.mode, |value, _| *value),
        owner: last(
            matches,
            |keys| &keys.owner,
            |value, by| owner(value, by, names),
        ),
        parent_owner: last(
            matches,
            |keys| &keys.parent_owner,
            |value, by| owner(value, by, names),
        ),
        parent_max_mode: last(matches, |keys| &keys.parent_max_mode, |value, _| *value),
        acl: last(matches, |keys| &keys.acl, |value, _| *value),
        world: last(matches, |keys| &keys.world, |value, _| *value),
        connect: last(matches, |keys| &keys.connect, |value, _| value.as_slice()),
        replace: last(matches, |keys| &keys.replace, |value, _| value.as_slice()),
        presence: last(matches, |keys| &keys.presence, |value, _| *value),
        liveness: last(matches, |keys| &keys.liveness, |value, _| *value),
        listener_user: last(
            matches,
            |keys| &keys.listener_user,
            |value, by| {
                let captures = names.captures(by.pattern);
                let with = |who: &Who| substitute(who, captures.as_ref());
                value.iter().map(with).collect()
            },
        ),
        listener_exe: last(
            matches,
            |keys| &keys.listener_exe,
            |value, _| value.as_slice(),
        ),
        listener_unit: last(
            matches,
            |keys| &keys.listener_unit,
            |value, _| value.as_slice(),
        ),
    }
}

/// Those that the last `reset` among them leaves, itself included.
fn after_reset<'m, 'p>(matches: &'m [Match<'p>]) -> &'m [Match<'p>] {
    let start = matches.iter().rposition(|found| found.rule.reset);
    &matches[start.unwrap_or(0)..]
}

/// The value of a key by the last rule that sets it.
fn last<'p, T, U>(
    matches: &[Match<'p>],
    key: impl Fn(&'p Keys) -> &'p Option<At<T>>,
    read: impl FnOnce(&'p T, &Match<'p>) -> U,
) -> Option<Set<'p, U>>
where
    T: 'p,
{
    let (found, at) = matches
        .iter()
        .rev()
        .find_map(|found| key(&found.rule.keys).as_ref().map(|at| (found, at)))?;
    Some(Set {
        value: read(&at.value, found),
        rule: found.rule,
        line: at.line,
    })
}

fn owner(owner: &Owner, by: &Match<'_>, names: &Spellings<'_>) -> Owner {
    let captures = names.captures(by.pattern);
    let with = |who: &Option<Who>| {
        let who = who.as_ref()?;
        Some(substitute(who, captures.as_ref()))
    };
    let alternatives = owner.0.iter().map(|one| OwnerAlternative {
        user: with(&one.user),
        group: with(&one.group),
    });
    Owner(alternatives.collect())
}
