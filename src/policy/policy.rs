//! All that was loaded, joined and ready to be asked.

use std::collections::BTreeMap;

use crate::model::{Host, Pattern};

use super::decode::Marks;
use super::effective::Needs;
use super::index::Index;
use super::link::{self, Loaded};
use super::links::Links;
use super::rule::{Keys, Role, Rule, Test, Waiver};
use super::sink::Source;

/// Rules, waivers, roles and tests of all files that were loaded.
#[derive(Debug)]
pub struct Policy {
    /// What was loaded, in order: `builtin:default`, then files as they were named.
    pub sources: Vec<String>,
    /// In the order loaded, those included whose `when` does not hold here.
    pub rules: Vec<Rule>,
    /// In the order loaded.
    pub waivers: Vec<Waiver>,
    /// By name; the last one of a name counts.
    pub roles: BTreeMap<String, Role>,
    /// Of the files; those of policies inside the program are in their texts.
    pub tests: Vec<Test>,
    /// For each rule, what the host makes of it.
    pub(super) here: Vec<Here>,
    /// Every path of every rule that speaks here.
    pub(super) paths: Vec<PathOf>,
    pub(super) index: Index,
    /// A rule asks of every path who gets there, and of these, by number, each may take that back.
    pub(super) asks_everywhere: Option<Vec<usize>>,
    pub(super) origins: Vec<Origin>,
}

/// A file that was read, for warnings about it.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) source: Source,
    pub(super) marks: Marks,
    /// The number of its first rule among all.
    pub(super) first_rule: usize,
}

/// A rule on this host.
#[derive(Debug, Default)]
pub(super) struct Here {
    /// `when` holds.
    pub(super) speaks: bool,
    /// Its paths that lead through links, resolved, with the number of the path.
    pub(super) links: Vec<(usize, Pattern)>,
    /// The same for `not-paths`.
    pub(super) not_links: Vec<Pattern>,
}

/// A pattern of a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct PathOf {
    pub(super) rule: usize,
    /// Below the number of the rule's paths: one of these; else one of its `links`.
    pub(super) pattern: usize,
}

impl Policy {
    pub(super) fn new(
        sources: Vec<String>,
        mut loaded: Vec<Loaded>,
        host: Option<&dyn Host>,
    ) -> Policy {
        let by_role = link::roles(&mut loaded);
        let (mut rules, mut waivers, mut tests) = (Vec::new(), Vec::new(), Vec::new());
        let mut origins = Vec::new();
        for Loaded { document, origin } in loaded {
            if let Some((source, marks)) = origin {
                origins.push(Origin {
                    source,
                    marks,
                    first_rule: rules.len(),
                });
            }
            rules.extend(document.rules);
            waivers.extend(document.waivers);
            tests.extend(document.tests);
        }
        let mut links = host.map(Links::new);
        let mut host_name = None;
        let here: Vec<Here> = rules
            .iter()
            .map(|rule| Here::new(rule, host, &mut host_name, links.as_mut()))
            .collect();
        for waiver in &mut waivers {
            let resolved = resolve(&waiver.paths, links.as_mut());
            waiver.paths.extend(resolved);
        }
        let mut paths = Vec::new();
        for (rule, here) in here.iter().enumerate().filter(|(_, here)| here.speaks) {
            let count = rules[rule].paths.len() + here.links.len();
            paths.extend((0..count).map(|pattern| PathOf { rule, pattern }));
        }
        let index = Index::new(paths.iter().map(|path| path.pattern(&rules, &here)));
        let asks_everywhere = asks_everywhere(&rules, &here);
        Policy {
            sources,
            rules,
            waivers,
            roles: by_role,
            tests,
            here,
            paths,
            index,
            asks_everywhere,
            origins,
        }
    }

    /// The rules that speak on this host.
    pub fn speaking(&self) -> impl Iterator<Item = &Rule> {
        self.rules
            .iter()
            .zip(&self.here)
            .filter(|(_, here)| here.speaks)
            .map(|(rule, _)| rule)
    }

    /// Whether the `when` of a rule of this policy holds on this host.
    pub fn speaks(&self, rule: &Rule) -> bool {
        self.speaking().any(|known| std::ptr::eq(known, rule))
    }

    /// What has to be gathered so that the rules can be judged.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        for Rule { keys, .. } in self.speaking() {
            needs.parent |= keys.parent_owner.is_some() || keys.parent_max_mode.is_some();
            needs.holders |= keys.listener_user.is_some()
                || keys.listener_exe.is_some()
                || keys.listener_unit.is_some();
            needs.access |= keys.ask_of_anybody() || Keys::forbid(keys.world.as_ref());
        }
        needs
    }
}

/// A list of those that may come to a place cannot be taken back but by a `reset`.
fn asks_everywhere(rules: &[Rule], here: &[Here]) -> Option<Vec<usize>> {
    let speaking = || (0..rules.len()).filter(|&number| here[number].speaks);
    let asks = |rule: &Rule| {
        let everywhere = rule.paths.iter().any(|path| path.as_str() == "/**");
        rule.keys.name_people() && everywhere && rule.not_paths.is_empty()
    };
    let first = speaking().find(|&number| asks(&rules[number]))?;
    let later = speaking().filter(|&number| number > first);
    Some(later.filter(|&number| rules[number].reset).collect())
}

impl Here {
    fn new(
        rule: &Rule,
        host: Option<&dyn Host>,
        host_name: &mut Option<String>,
        mut links: Option<&mut Links<'_>>,
    ) -> Here {
        let (Some(when), Some(host)) = (&rule.when, host) else {
            return Here::speaking(rule, links);
        };
        let exists = when.exists.is_empty() || when.exists.iter().any(|path| host.exists(path));
        let named = when.host.is_empty() || {
            let name = host_name.get_or_insert_with(|| host.name());
            when.host.iter().any(|glob| glob.matches(name.as_bytes()))
        };
        if exists && named {
            Here::speaking(rule, links.take())
        } else {
            Here::default()
        }
    }

    fn speaking(rule: &Rule, mut links: Option<&mut Links<'_>>) -> Here {
        let Some(links) = links.as_mut() else {
            return Here {
                speaks: true,
                ..Here::default()
            };
        };
        let paths = rule.paths.iter().enumerate();
        Here {
            speaks: true,
            links: paths
                .filter_map(|(number, path)| Some((number, links.resolved(path)?)))
                .collect(),
            not_links: resolve(&rule.not_paths, Some(links)),
        }
    }
}

fn resolve(patterns: &[Pattern], links: Option<&mut Links<'_>>) -> Vec<Pattern> {
    let Some(links) = links else {
        return Vec::new();
    };
    patterns
        .iter()
        .filter_map(|pattern| links.resolved(pattern))
        .collect()
}

impl PathOf {
    pub(super) fn pattern<'p>(self, rules: &'p [Rule], here: &'p [Here]) -> &'p Pattern {
        let paths = &rules[self.rule].paths;
        match self.pattern.checked_sub(paths.len()) {
            None => &paths[self.pattern],
            Some(link) => &here[self.rule].links[link].1,
        }
    }
}
