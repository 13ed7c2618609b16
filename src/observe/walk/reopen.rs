//! Parked directories, opened again.
//!
//! The way leads down from the nearest one above that is still open, by the names it led along
//! before, so that it cannot lead out of the root. At its end must be the very directory that was
//! parked; where it is another one, or none, what was left to do there is gone.
//!
//! Opened again are the innermost few at once, and some above, each half as far from the end as
//! the one before: so a tree of any depth costs little, however few descriptors there are.

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
    while let Some(top) = stack.batches.last()
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
    innermost: usize,
    halves: Vec<usize>,
}

impl Keep {
    fn new(stack: &Stack, first: usize) -> Keep {
        let top = stack.batches.len() - 1;
        let few = (stack.limit / 2).max(1);
        let innermost = (top + 1).saturating_sub(few).max(first);
        let mut room = stack.limit.saturating_sub(stack.open + few);
        let mut halves = Vec::new();
        let mut low = first;
        while room > 0 && innermost - low > few {
            low += (innermost - low) / 2;
            halves.push(low);
            room -= 1;
        }
        Keep { innermost, halves }
    }

    fn wants(&self, index: usize) -> bool {
        index >= self.innermost || self.halves.contains(&index)
    }
}
