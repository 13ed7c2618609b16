//! Which waiver covers a finding.

use std::collections::HashMap;
use std::path::Path;

use super::reach;
use crate::model::{Finding, Waived};
use crate::policy::Waiver;

/// The waivers of an audit, and what became of each.
pub(super) struct Waivers<'a> {
    all: &'a [Waiver],
    states: Vec<WaiverState>,
    /// Those that still hold, by the code that they speak of.
    holding: HashMap<&'a str, Vec<usize>>,
}

/// What became of one waiver.
#[derive(Debug, Clone, Copy)]
pub(super) struct WaiverState {
    pub(super) expired: bool,
    pub(super) used: bool,
}

impl<'a> Waivers<'a> {
    /// `today` is `YYYY-MM-DD`, UTC; such dates compare as text.
    pub(super) fn new(all: &'a [Waiver], today: &str) -> Waivers<'a> {
        let is_over = |waiver: &Waiver| waiver.until.as_deref().is_some_and(|until| until < today);
        let states: Vec<WaiverState> = all
            .iter()
            .map(|waiver| WaiverState {
                expired: is_over(waiver),
                used: false,
            })
            .collect();
        let mut holding: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, waiver) in all
            .iter()
            .enumerate()
            .filter(|(index, _)| !states[*index].expired)
        {
            holding.entry(&waiver.finding).or_default().push(index);
        }
        Waivers {
            all,
            states,
            holding,
        }
    }

    /// Marks the finding where a waiver covers it. Every waiver that does is used; the first
    /// gives the reason. `resolved`: the real path of the subject, where it is another one.
    pub(super) fn cover(&mut self, finding: &mut Finding, resolved: Option<&Path>) {
        let Some(candidates) = self.holding.get(finding.code.as_str()) else {
            return;
        };
        for &index in candidates {
            let waiver = &self.all[index];
            // What is missing has the pattern that asks for it as its subject.
            let covers = waiver.paths.iter().any(|pattern| {
                reach::subject(pattern) == finding.subject
                    || reach::matches(pattern, &finding.subject, resolved)
            });
            if !covers {
                continue;
            }
            self.states[index].used = true;
            if finding.waived.is_none() {
                finding.waived = Some(Waived {
                    reason: waiver.reason.clone(),
                    until: waiver.until.clone(),
                    source: waiver.place.clone(),
                });
            }
        }
    }

    /// Every waiver, with what became of it.
    pub(super) fn states(&self) -> impl Iterator<Item = (&'a Waiver, WaiverState)> {
        self.all.iter().zip(self.states.iter().copied())
    }
}
