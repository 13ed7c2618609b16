//! What follows from what a policy says against a socket. Pure.

use super::super::refusal::Refusal;
use crate::change::own::Own;
use crate::model::Action;

/// `--on-violation`: what is done about findings of severity high and above, and about those who
/// are meant to connect and cannot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnViolation {
    /// Before it is ready the command is stopped; afterwards it is logged.
    #[default]
    Refuse,
    /// It is mended, and logged.
    Fix,
    /// It is logged.
    Log,
    /// The command is stopped, afterwards too.
    Stop,
}

/// Something that a policy says against a socket that the command is not to be ready with, and that
/// nobody has waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// In a line, with the rule that says so: `mode-too-wide (high): 0777 is wider than 0660
    /// (app, site.yaml:12)`.
    pub what: String,
    /// How to mend it by hand.
    pub fix: Option<String>,
    /// Whether [`Judge::mend`] does all that it takes.
    pub mends: bool,
}

/// What whoever is refused can do, to be put after what was refused; `chooses`: they have an
/// `--on-violation` to choose with.
pub fn way_out(violations: &[Violation], chooses: bool) -> String {
    let fixes = violations.iter().filter_map(|it| it.fix.as_deref());
    let fixes = fixes.collect::<Vec<_>>().join("; ");
    let mends = chooses && violations.iter().all(|it| it.mends);
    let mut ways = Vec::new();
    match (mends, fixes.as_str()) {
        (true, "") => ways.push("--on-violation fix mends it".to_owned()),
        (true, fixes) => ways.push(format!("--on-violation fix mends it ({fixes})")),
        (false, "") => return String::new(),
        (false, fixes) => ways.push(format!("by hand it takes {fixes}")),
    }
    if chooses {
        ways.push("--on-violation log lets it pass".to_owned());
    }
    format!("; {}", ways.join(", "))
}

/// The same where it has been tried to mend it.
pub fn way_out_unmended(violations: &[Violation]) -> String {
    let left = violations.iter().filter(|it| !it.mends);
    let fixes: Vec<&str> = left.filter_map(|it| it.fix.as_deref()).collect();
    match fixes.as_slice() {
        [] => "; it could not be mended".to_owned(),
        fixes => {
            let fixes = fixes.join("; ");
            format!("; it could not be mended: by hand it takes {fixes}")
        }
    }
}

/// Holds socket files against policies.
pub trait Judge {
    /// What speaks against it.
    ///
    /// # Errors
    ///
    /// Where there is no policy to hold it against, for one is wrong.
    fn judge(&mut self, own: &Own) -> Result<Vec<Violation>, Refusal>;

    /// Mends what can be mended; what was done, and what not.
    ///
    /// # Errors
    ///
    /// As [`Judge::judge`].
    fn mend(&mut self, own: &Own) -> Result<Vec<Action>, Refusal>;

    /// Nobody will ask for a while: what was read can be forgotten.
    fn rest(&mut self);
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing speaks against it.
    Fine,
    /// Say so.
    Log,
    /// Mend it, and judge again.
    Mend,
    /// Stop the command.
    Stop,
}

impl OnViolation {
    /// What follows; `mended`: it has been tried to mend it already.
    pub fn decide(self, violations: &[Violation], ready: bool, mended: bool) -> Verdict {
        if violations.is_empty() {
            return Verdict::Fine;
        }
        match self {
            OnViolation::Fix if !mended => Verdict::Mend,
            OnViolation::Stop => Verdict::Stop,
            // What could not be mended nobody is to connect to as if it had been.
            OnViolation::Refuse | OnViolation::Fix if !ready => Verdict::Stop,
            OnViolation::Refuse | OnViolation::Fix | OnViolation::Log => Verdict::Log,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_what_is_done() {
        let one = [Violation {
            what: "mode-too-wide".to_owned(),
            fix: None,
            mends: false,
        }];
        let table = [
            (OnViolation::Refuse, Verdict::Stop, Verdict::Log),
            (OnViolation::Fix, Verdict::Mend, Verdict::Mend),
            (OnViolation::Log, Verdict::Log, Verdict::Log),
            (OnViolation::Stop, Verdict::Stop, Verdict::Stop),
        ];
        for (mode, before, afterwards) in table {
            assert_eq!(mode.decide(&one, false, false), before, "{mode:?}");
            assert_eq!(mode.decide(&one, true, false), afterwards, "{mode:?}");
            for ready in [false, true] {
                assert_eq!(mode.decide(&[], ready, false), Verdict::Fine);
            }
        }
        assert_eq!(OnViolation::Fix.decide(&one, false, true), Verdict::Stop);
        assert_eq!(OnViolation::Fix.decide(&one, true, true), Verdict::Log);
    }

    #[test]
    fn fix_is_named_only_where_it_mends_all() {
        let one = |fix: &str, mends| Violation {
            what: "it".to_owned(),
            fix: Some(fix.to_owned()),
            mends,
        };
        let (a, b) = (
            one("sockctl chmod 0660 s", true),
            one("chmod 01775 d", false),
        );
        assert_eq!(
            way_out(std::slice::from_ref(&a), true),
            "; --on-violation fix mends it (sockctl chmod 0660 s), --on-violation log lets it pass"
        );
        assert_eq!(
            way_out(&[a.clone(), b.clone()], true),
            "; by hand it takes sockctl chmod 0660 s; chmod 01775 d, --on-violation log lets it pass"
        );
        let by_hand = "; by hand it takes chmod 01775 d";
        assert_eq!(way_out(std::slice::from_ref(&b), false), by_hand);
        assert_eq!(
            way_out_unmended(&[a, b]),
            "; it could not be mended: by hand it takes chmod 01775 d"
        );
    }
}
