//! Sets and maps keyed by numbers that the kernel gives out.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// A set of such numbers.
pub type NumberSet<K> = HashSet<K, BuildHasherDefault<NumberHasher>>;

/// A map from such numbers.
pub type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;

/// One multiplication a number, a tenth of what the standard hasher costs. That one withstands
/// keys chosen to collide; these are nearly always the kernel's own counters, and where somebody
/// makes up inode numbers, there are no more of them than sockets they can bind.
#[derive(Debug, Clone, Copy, Default)]
pub struct NumberHasher(u64);

impl NumberHasher {
    fn mix(&mut self, number: u64) {
        // 2^64 divided by the golden ratio, as Knuth recommends for multiplicative hashing.
        self.0 = (self.0.rotate_left(26) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        // The table takes its bits from both ends, and the low ones of a product are poor.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.mix(u64::from(byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_a_row_are_spread() {
        let low_bits: HashSet<u64> = (0..128_u32)
            .map(|number| {
                let mut hasher = NumberHasher::default();
                hasher.write_u64(65_024);
                hasher.write_u32(number * 2);
                hasher.finish() & 0x7f
            })
            .collect();
        assert!(low_bits.len() > 64, "{}", low_bits.len());
    }
}
