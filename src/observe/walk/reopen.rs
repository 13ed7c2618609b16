//! Parked directories, opened again.
//!
//! The way leads down from the nearest one above that is still open, by the names it led along
//! before, so that it cannot lead out of the root. At its end must be the very directory that was
//! parked; where it is another one, or none, what was left to do there is gone.
//!
//! Opened again are the innermost few at once, and some on the way, each nearer to the end by the
//! same ratio, so that the next ways are short: a tree of any depth costs little, however few
//! descriptors there are.

use std::sync::Arc;

use crate::sys::dir::Dir;

use super::batch::Handle;
use super::crossing::{Gate, Refused};
use super::haul::Haul;
use super::node::Node;
use super::stack::Stack;

/// Opens the innermost directory of `stack`, if it is parked. What cannot be found again is taken
/// from the stack.
pub(super) fn innermost(gate: &Gate<'_>, stack: &mut Stack, haul: &mut Haul) {
    stack.drop_empty();
    while let Some(top) = stack.batches.back()
        && matches!(top.handle, Handle::Parked(_))
    {
        let Err((reached, refused)) = descend(gate, stack) else {
            return;
        };
        if matches!(refused, Refused::OutOfDescriptors(_)) && stack.make_room() {
            continue;
        }
        if let (Some(why), Some(lost)) = (refused.why(), stack.batches.get(reached)) {
            haul.unreadable(lost.node.path(), why);
        }
        stack.truncate(reached);
        stack.drop_empty();
    }
}

/// On failure: how many batches are still good, and why the next one is not.
fn descend(gate: &Gate<'_>, stack: &mut Stack) -> Result<(), (usize, Refused)> {
    let top = stack.batches.len() - 1;
    let anchor = stack.batches.iter().enumerate().rev().find_map(|(i, b)| {
        let Handle::Open(dir) = &b.handle else {
            return None;
        };
        Some((i, Arc::clone(dir), Arc::clone(&b.node)))
    });
    let (mut next, mut dir, from) = match anchor {
        Some((i, dir, node)) => (i + 1, dir, Some(node)),
        None => (0, root_dir(&stack.batches[top].node), None),
    };
    let mut way: Vec<Arc<Node>> = Vec::new();
    let mut at = Some(&stack.batches[top].node);
    while let Some(node) = at
        && !from.as_ref().is_some_and(|from| Arc::ptr_eq(from, node))
    {
        way.push(Arc::clone(node));
        at = node.parent();
    }
    let keep = Keep::new(stack, next);
    for node in way.iter().rev() {
        if let Some(parent) = node.parent() {
            dir = Arc::new(step(gate, parent, &dir, node).map_err(|refused| (next, refused))?);
        }
        let batch = &mut stack.batches[next];
        let Handle::Parked(inode) = batch.handle else {
            continue;
        };
        if !Arc::ptr_eq(node, &batch.node) {
            continue;
        }
        match dir.facts() {
            Ok(facts) if facts.inode == inode => {}
            Ok(_) => return Err((next, Refused::Gone)),
            Err(failure) => return Err((next, failure.into())),
        }
        if keep.wants(next) {
            batch.handle = Handle::Open(Arc::clone(&dir));
            stack.open += 1;
        }
        next = (next + 1).min(top);
    }
    Ok(())
}

/// Of the way to `node`, whose root is open as long as `node` lives.
fn root_dir(node: &Arc<Node>) -> Arc<Dir> {
    let root = node.up().find_map(Node::root_dir);
    Arc::clone(root.expect("the topmost node of a way is its root"))
}

fn step(gate: &Gate<'_>, parent: &Node, dir: &Dir, node: &Node) -> Result<Dir, Refused> {
    let (child, mount) = gate.enter(parent, dir, node.name(), node.mount().is_some())?;
    if mount == node.mount() {
        Ok(child)
    } else {
        Err(Refused::Gone)
    }
}

/// Which of the parked ones stay open once the way has led through them.
struct Keep {
    /// From here on all.
    innermost: usize,
    /// And these, where the next ways can begin.
    steps: Vec<usize>,
}

impl Keep {
    fn new(stack: &Stack, first: usize) -> Keep {
        let top = stack.batches.len() - 1;
        let few = (stack.limit / 2).max(1);
        let innermost = (top + 1).saturating_sub(few).max(first);
        let room = stack.limit.saturating_sub(stack.open + few);
        let ratio = root_above(innermost - first, room + 1);
        let mut steps = Vec::new();
        let mut distance = (innermost - first) / ratio;
        while steps.len() < room && distance > few {
            steps.push(innermost - distance);
            distance /= ratio;
        }
        Keep { innermost, steps }
    }

    fn wants(&self, index: usize) -> bool {
        index >= self.innermost || self.steps.contains(&index)
    }
}

/// The least whole number from 2 on whose `degree`th power is not below `number`.
fn root_above(number: usize, degree: usize) -> usize {
    let degree = u32::try_from(degree).unwrap_or(u32::MAX);
    let reaches = |root: &usize| root.checked_pow(degree).is_none_or(|power| power >= number);
    let most = number.max(2);
    (2..=most).find(reaches).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_rounded_up() {
        let roots = [(0, 1), (20_000, 1), (20_000, 2), (20_000, 3), (20_000, 60)];
        let found = roots.map(|(number, degree)| root_above(number, degree));
        assert_eq!(found, [2, 20_000, 142, 28, 2]);
    }
}
