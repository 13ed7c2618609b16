//! chmod, chown and apply: what they change, what they never touch, and what they say.

mod against_coreutils;
mod apply;
mod chmod;
mod chown;
mod killed;
mod named;
mod old_kernels;
mod rights;
mod swapped;

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::support::Sockctl;

/// A command that changes something, asked about nothing but the rules of a test.
fn plain(command: &str) -> Sockctl {
    Sockctl::new().args([command, "--no-builtin"])
}

/// Permission bits and owner of what is there, links not followed.
fn state(path: &Path) -> (u32, u32, u32) {
    let found = std::fs::symlink_metadata(path).expect("it is there");
    (found.mode() & 0o7777, found.uid(), found.gid())
}

fn mode(path: &Path) -> u32 {
    state(path).0
}

/// Numbers without a pattern, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*, Vigna 2016
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).expect("31 bits") % limit
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn mode(&mut self) -> u32 {
        u32::try_from(self.below(0o10000)).expect("twelve bits")
    }
}
