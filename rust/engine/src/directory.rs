//! Where things lie that each owner has of a kind: counters, sums of shares.
//!
//! The owners of a kind are mostly many of all there are. Then their codes lead straight to the places, which takes a few
//! bytes for each, of the nearest caches, and a step or two. Owners that are few and far between are looked for in an
//! index of words, so that no kind takes more than some 256 bytes for each of its things.

use crate::buckets::Buckets;
use crate::prefetch::prefetch;

/// In place of a place: none.
pub const NOWHERE: u32 = u32::MAX;

/// Owners a code may stand for, for each owner there is, to lead straight to a place.
const SPREAD: usize = 32;

/// Places by kind and owner, counted from 0 in order of arrival.
#[derive(Debug, Default, Clone)]
pub struct Directory {
    kinds: Vec<Owners>,
    len: u32,
}

/// The places of a kind by owner.
#[derive(Debug, Default, Clone)]
struct Owners {
    /// By the owner's code, as far as it reaches.
    near: Vec<u32>,
    /// By the code + 1 of owners past its end.
    far: Buckets<u32, 5>,
    len: usize,
}

impl Directory {
    /// Asks for the memory that leads to what an owner has of a kind, which will soon be needed.
    #[inline]
    pub fn expect(&self, kind: u32, owner: u32) {
        if let Some(owners) = self.kinds.get(kind as usize) {
            prefetch(&owners.near, owner as usize);
        }
    }

    /// The place of what an owner has of a kind, if it is there and quickly found; `NOWHERE` if not.
    #[inline]
    pub fn near(&self, kind: u32, owner: u32) -> u32 {
        let owners = self.kinds.get(kind as usize);
        owners.and_then(|owners| owners.near.get(owner as usize)).copied().unwrap_or(NOWHERE)
    }

    /// The place of what an owner has of a kind, wherever it is; the next place if it is new, and whether it is.
    pub fn find_or_add(&mut self, kind: u32, owner: u32) -> (u32, bool) {
        if self.kinds.len() <= kind as usize {
            self.kinds.resize_with(kind as usize + 1, Owners::default);
        }
        let place = self.kinds[kind as usize].find_or_add(owner, self.len);
        let is_new = place == self.len;
        self.len += u32::from(is_new);
        (place, is_new)
    }
}

impl Owners {
    fn find_or_add(&mut self, owner: u32, next: u32) -> u32 {
        let at = owner as usize;
        if at >= self.near.len() {
            let place = self.far.get_or_insert(u64::from(owner) + 1, next);
            if place == next {
                self.len += 1;
                if at < self.len * SPREAD {
                    self.reach(at);
                }
            }
            return place;
        }
        if self.near[at] == NOWHERE {
            self.near[at] = next;
            self.len += 1;
        }
        self.near[at]
    }

    /// Lets the codes up to one lead straight to their places.
    #[cold]
    fn reach(&mut self, owner: usize) {
        self.near.resize((owner + 1).next_power_of_two(), NOWHERE);
        for (word, place) in std::mem::take(&mut self.far).into_all() {
            match self.near.get_mut((word - 1) as usize) {
                Some(near) => *near = place,
                None => _ = self.far.get_or_insert(word, place),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owners() -> impl Strategy<Value = Vec<(u32, u32)>> {
        let owner = prop_oneof![0_u32..50, 0_u32..3_000, any::<u32>(), Just(u32::MAX)];
        prop::collection::vec((0_u32..3, owner), 0..2_000)
    }

    proptest! {
        #[test]
        fn each_has_its_place_in_order_of_arrival(owners in owners()) {
            let (mut directory, mut known) = (Directory::default(), Vec::new());
            for (kind, owner) in owners {
                let expected = known.iter().position(|&one| one == (kind, owner));
                let near = directory.near(kind, owner);
                prop_assert!(near == NOWHERE || Some(near as usize) == expected);
                let found = directory.find_or_add(kind, owner);
                prop_assert_eq!(found, (expected.unwrap_or(known.len()) as u32, expected.is_none()));
                if expected.is_none() {
                    known.push((kind, owner));
                }
            }
        }
    }

    #[test]
    fn owners_lie_near_where_they_are_many_and_take_little_room_where_not() {
        let mut directory = Directory::default();
        for owner in 0..10_000 {
            directory.find_or_add(0, owner * 7);
            directory.find_or_add(1, owner * 70_000);
        }
        assert_eq!((directory.near(0, 69_993), directory.near(1, 9_999 * 70_000)), (19_998, NOWHERE));
        assert!(directory.kinds.iter().all(|owners| owners.near.len() <= 2 * SPREAD * owners.len));
        assert_eq!(directory.find_or_add(1, 70_000), (3, false));
    }
}
