//! A change as every document has it.

use serde::{Serialize, Serializer};

use super::socket::Text;
use crate::model::{Action, Outcome};

/// All changes; each is made when its turn comes.
pub(super) struct Actions<'a>(pub(super) &'a [Action]);

impl Serialize for Actions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ActionJson::new))
    }
}

#[derive(Serialize)]
pub(in crate::output) struct ActionJson<'a> {
    #[serde(flatten)]
    path: Text<'a>,
    action: &'static str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    /// It is as it should be now.
    done: bool,
    /// Why nothing was done, in the words of diagnostics; null where it was, or is only planned.
    why: Option<String>,
}

impl<'a> ActionJson<'a> {
    pub(in crate::output) fn new(action: &'a Action) -> ActionJson<'a> {
        let (done, why) = match &action.outcome {
            Outcome::Planned => (false, None),
            Outcome::Done => (true, None),
            Outcome::AlreadySo => (true, Some("it was so already".to_owned())),
            Outcome::Kept(why) => (false, Some(format!("left as it is: {why}"))),
            Outcome::LeftOut(why) => (false, Some(format!("left out: {why}"))),
            Outcome::Refused(why) => (false, Some(format!("refused: {why}"))),
            Outcome::Failed(why) => (false, Some(why.clone())),
        };
        ActionJson {
            path: Text::of_path(&action.path),
            action: action.kind.as_str(),
            from: action.from.as_deref(),
            to: action.to.as_deref(),
            done,
            why,
        }
    }
}
