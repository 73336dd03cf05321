//! Where sums lie in flat memory, by the hash of what they are of: keys too wide for a word (see `buckets`).
//!
//! Open addressing with linear probing, at most half full. Hashes choose slots and nothing else: things are found by
//! what they are, and lie in order of arrival.

use crate::prefetch::prefetch;

/// Slots that are looked at for what is likely.
const NEAR: usize = 4;

/// An index of places, counted from 0 in order of arrival.
#[derive(Debug, Default, Clone)]
pub struct Places {
    /// The upper half of a hash, by which slots are chosen, above a place + 1; 0 is free.
    slots: Vec<u64>,
    len: usize,
}

impl Places {
    /// Asks for the memory that a hash leads to, which will soon be needed.
    #[inline]
    pub fn expect(&self, hash: u64) {
        prefetch(&self.slots, self.slot(hash));
    }

    /// The place that a hash most likely leads to; none where it is far from its first slot.
    #[inline]
    pub fn likely(&self, hash: u64) -> Option<usize> {
        let first = self.slot(hash);
        let near = (first..first + NEAR).map(|slot| self.slots.get(slot & self.slots.len().wrapping_sub(1)).copied());
        let found = near.flatten().find(|slot| slot >> 32 == hash >> 32);
        found.and_then(|slot| (slot as u32 as usize).checked_sub(1))
    }

    /// The place of the thing with this hash that `is` it; if there is none the next place, and whether it is new.
    #[inline]
    pub fn find_or_add(&mut self, hash: u64, is: impl Fn(usize) -> bool) -> (usize, bool) {
        if self.slots.len() < self.len * 2 + 2 {
            self.grow();
        }
        let mut slot = self.slot(hash);
        while self.slots[slot] != 0 {
            let place = (self.slots[slot] as u32 - 1) as usize;
            if self.slots[slot] >> 32 == hash >> 32 && is(place) {
                return (place, false);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.len += 1;
        self.slots[slot] = hash >> 32 << 32 | self.len as u64;
        (self.len - 1, true)
    }

    /// The upper bits of the upper half, so that more slots keep the order of fewer.
    #[inline]
    fn slot(&self, hash: u64) -> usize {
        (((hash >> 32) * self.slots.len() as u64) >> 32) as usize
    }

    #[cold]
    fn grow(&mut self) {
        let more = vec![0; (self.slots.len() * 2).max(64)];
        for known in std::mem::replace(&mut self.slots, more) {
            if known != 0 {
                let mut slot = self.slot(known);
                while self.slots[slot] != 0 {
                    slot = (slot + 1) & (self.slots.len() - 1);
                }
                self.slots[slot] = known;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_of_equal_hashes_are_told_apart() {
        // Ten hashes for a thousand things: most of them share slots and tags.
        let hash_of = |thing: u64| (thing % 10).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (mut places, mut things) = (Places::default(), Vec::new());
        for round in 0..2 {
            for thing in 0..1_000_u64 {
                let found = places.find_or_add(hash_of(thing), |place| things[place] == thing);
                assert_eq!(found, (thing as usize, round == 0));
                if found.1 {
                    things.push(thing);
                }
            }
        }
    }
}
