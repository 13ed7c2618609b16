//! Problems are gathered, not thrown: a file with five mistakes is told all five.

use std::sync::Arc;

use crate::model::{Grade, Mark, Problem};

/// More problems than anybody reads, of one file and of all.
pub(crate) const MOST: usize = 100;

/// No more than [`MOST`] problems, and how many there are besides.
pub(crate) fn capped(mut problems: Vec<Problem>) -> Vec<Problem> {
    if problems.len() > MOST + 1 {
        let more = problems.len() - MOST;
        let file = problems[MOST].file.clone();
        problems.truncate(MOST);
        problems.push(Problem::of_file(
            file,
            format!("{more} more problems are not shown"),
        ));
    }
    problems
}

/// The text of a policy file, and what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// As the user named it; `builtin:NAME` for what is inside the program.
    pub name: Arc<str>,
    /// All of it.
    pub text: Arc<str>,
}

impl Source {
    /// A text under a name.
    pub fn new(name: &str, text: &str) -> Source {
        Source {
            name: name.into(),
            text: text.into(),
        }
    }

    /// An error at `mark`.
    pub fn problem(&self, mark: &Mark, message: impl Into<String>) -> Problem {
        Problem {
            grade: Grade::Error,
            file: self.name.clone(),
            mark: Some((mark.clone(), self.text.clone())),
            message: message.into(),
            help: None,
        }
    }
}

/// The problems of one file.
pub(crate) struct Sink<'s> {
    pub(crate) source: &'s Source,
    problems: Vec<Problem>,
    dropped: usize,
}

impl<'s> Sink<'s> {
    pub(crate) fn new(source: &'s Source) -> Sink<'s> {
        Sink {
            source,
            problems: Vec::new(),
            dropped: 0,
        }
    }

    pub(crate) fn error(&mut self, mark: &Mark, message: impl Into<String>) {
        let problem = self.source.problem(mark, message);
        self.push(problem);
    }

    /// With the help that there is, if there is any.
    pub(crate) fn error_with(
        &mut self,
        mark: &Mark,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        let mut problem = self.source.problem(mark, message);
        problem.help = help.into();
        self.push(problem);
    }

    /// Whether more problems would only be counted; then no help need be thought of.
    pub(crate) fn is_full(&self) -> bool {
        self.problems.len() >= MOST
    }

    pub(crate) fn push(&mut self, problem: Problem) {
        if self.is_full() {
            self.dropped += 1;
        } else {
            self.problems.push(problem);
        }
    }

    /// In the order of the file.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems
            .sort_by_key(|problem| problem.mark.as_ref().map_or(0, |(mark, _)| mark.span.start));
        if self.dropped > 0 {
            self.problems.push(Problem::of_file(
                self.source.name.clone(),
                format!("{} more problems are not shown", self.dropped),
            ));
        }
        self.problems
    }
}

/// `did you mean ...`, if one of the candidates is near enough.
pub(crate) fn did_you_mean<'w>(
    word: &str,
    candidates: impl IntoIterator<Item = &'w str>,
) -> Option<String> {
    let word = word.to_lowercase();
    let near = |candidate: &&str| {
        let distance = strsim::osa_distance(&word, &candidate.to_lowercase());
        let longest = word.chars().count().max(candidate.chars().count());
        (distance <= (longest / 3).max(1)).then_some(distance)
    };
    // A long word in place of a key says nothing, and would take long to compare.
    if word.len() > 64 {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| near(&candidate).map(|distance| (distance, candidate)))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
