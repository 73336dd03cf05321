//! An index of texts: which code a key has. Built once, read by millions of look-ups a second.
//!
//! Open addressing with linear probing. A key of up to 15 bytes (every telephone number is one) lies in its slot, so
//! that a look-up touches one cache line; a longer one lies in an arena. Hashes choose slots and nothing else: no
//! result depends on them.

use crate::prefetch::prefetch;

const EMPTY: u32 = u32::MAX;
const SHORT: usize = 15;

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The bytes of a short key with its length in the last byte; for a long key its hash. In two halves, so that
    /// a slot is 24 bytes.
    low: u64,
    high: u64,
    code: u32,
    /// Where a long key starts in the arena, plus 1; 0 for a short key.
    arena: u32,
}

impl Slot {
    const EMPTY: Self = Self { low: 0, high: 0, code: EMPTY, arena: 0 };

    #[inline]
    const fn word(&self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

/// A key that is looked for: its word, and the first slot that it may be in.
#[derive(Clone, Copy, Debug, Default)]
struct Sought<'k> {
    key: &'k [u8],
    word: u128,
    long: bool,
    at: usize,
}

/// Keys that are looked for together: enough for memory to answer, and few enough that the nearest cache keeps what came.
const BLOCK: usize = 8;

/// Codes of texts, counted from 0 in order of arrival.
#[derive(Debug, Clone)]
pub struct Keys {
    slots: Vec<Slot>,
    mask: usize,
    len: u32,
    arena: Vec<Box<[u8]>>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl Keys {
    /// An index with room for `keys`.
    pub fn with_capacity(keys: usize) -> Self {
        let size = (keys.max(4) * 4 / 3).next_power_of_two();
        Self { slots: vec![Slot::EMPTY; size], mask: size - 1, len: 0, arena: Vec::new() }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// The code of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<u32> {
        let slot = &self.slots[self.find(key.as_bytes())];
        (slot.code != EMPTY).then_some(slot.code)
    }

    /// The code of a key, which gets the next one if it is new.
    pub fn intern(&mut self, key: &str) -> u32 {
        let at = self.find(key.as_bytes());
        if self.slots[at].code != EMPTY {
            return self.slots[at].code;
        }
        let (word, long) = word_of(key.as_bytes());
        let arena = if long {
            self.arena.push(key.as_bytes().into());
            u32::try_from(self.arena.len()).unwrap_or(EMPTY)
        } else {
            0
        };
        let code = self.len;
        self.slots[at] = Slot { low: word as u64, high: (word >> 64) as u64, code, arena };
        self.len += 1;
        // Three quarters full.
        if self.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        code
    }

    /// The codes of many keys, `none` where there is no such key. The slots of a block of keys are asked for while those
    /// of the block before are looked into, so that memory is seldom waited for.
    pub fn codes<'k>(&self, keys: impl Iterator<Item = Option<&'k str>>, none: u32) -> Vec<u32> {
        let mut keys = keys.map(|key| self.sought(key.map_or(&[], str::as_bytes)));
        let mut codes = Vec::with_capacity(keys.size_hint().0);
        let (mut block, mut next) = ([Sought::default(); BLOCK], [Sought::default(); BLOCK]);
        let mut fill = |block: &mut [Sought<'k>; BLOCK]| {
            let mut filled = 0;
            for (place, key) in block.iter_mut().zip(&mut keys) {
                *place = key;
                filled += 1;
            }
            filled
        };
        let mut filled = fill(&mut block);
        while filled > 0 {
            let ahead = fill(&mut next);
            for sought in &block[..filled] {
                let code = self.slots[self.probe(sought)].code;
                codes.push(if code == EMPTY { none } else { code });
            }
            std::mem::swap(&mut block, &mut next);
            filled = ahead;
        }
        codes
    }

    /// A key on its way to its slot, which is asked for.
    #[inline]
    fn sought<'k>(&self, key: &'k [u8]) -> Sought<'k> {
        let (word, long) = word_of(key);
        let at = spread(word) & self.mask;
        prefetch(&self.slots, at);
        Sought { key, word, long, at }
    }

    fn find(&self, key: &[u8]) -> usize {
        self.probe(&self.sought(key))
    }

    #[inline]
    fn probe(&self, sought: &Sought) -> usize {
        let mut at = sought.at;
        loop {
            let slot = &self.slots[at];
            if slot.code == EMPTY {
                return at;
            }
            let same_kind = (slot.arena != 0) == sought.long;
            if slot.word() == sought.word
                && same_kind
                && (!sought.long || *self.arena[slot.arena as usize - 1] == *sought.key)
            {
                return at;
            }
            at = (at + 1) & self.mask;
        }
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![Slot::EMPTY; size]);
        self.mask = size - 1;
        for slot in old.into_iter().filter(|slot| slot.code != EMPTY) {
            let mut at = spread(slot.word()) & self.mask;
            while self.slots[at].code != EMPTY {
                at = (at + 1) & self.mask;
            }
            self.slots[at] = slot;
        }
    }
}

/// The word that stands for a key, and whether the key is too long to lie in it.
#[inline]
fn word_of(key: &[u8]) -> (u128, bool) {
    if key.len() <= SHORT {
        return (short_word(key) | (key.len() as u128) << 120, false);
    }
    let mut hash = key.len() as u128;
    for part in key.chunks(16) {
        let mut bytes = [0_u8; 16];
        bytes[..part.len()].copy_from_slice(part);
        hash = u128::from(fold(hash ^ u128::from_le_bytes(bytes))) | (hash << 64);
    }
    (hash, true)
}

/// The bytes of a short key as a number, by loads of fixed widths: a copy of unknown length costs a call.
#[inline]
fn short_word(key: &[u8]) -> u128 {
    let len = key.len();
    if let (Some(head), Some(tail)) = (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        let tail = u128::from(u64::from_le_bytes(*tail)) << (8 * (len - 8));
        return u128::from(u64::from_le_bytes(*head)) | tail;
    }
    if let (Some(head), Some(tail)) = (key.first_chunk::<4>(), key.last_chunk::<4>()) {
        let tail = u128::from(u32::from_le_bytes(*tail)) << (8 * (len - 4));
        return u128::from(u32::from_le_bytes(*head)) | tail;
    }
    key.iter().rev().fold(0, |word, &byte| word << 8 | u128::from(byte))
}

/// 64 well-mixed bits of a word, by two folded multiplications.
#[inline]
fn fold(word: u128) -> u64 {
    let low = (word as u64) ^ 0x9e37_79b9_7f4a_7c15;
    let high = ((word >> 64) as u64) ^ 0xd6e8_feb8_6659_fd93;
    let product = u128::from(low).wrapping_mul(u128::from(high) | 1);
    let mixed = (product as u64) ^ ((product >> 64) as u64);
    let product = u128::from(mixed ^ high).wrapping_mul(0xa076_1d64_78bd_642f);
    (product as u64) ^ ((product >> 64) as u64)
}

#[inline]
fn spread(word: u128) -> usize {
    fold(word) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_keys_keep_their_codes() {
        let mut keys = Keys::default();
        let texts: Vec<String> = (0..5_000).map(|i| "k".repeat(i % 40) + &i.to_string()).collect();
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(keys.intern(text) as usize, i);
        }
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(keys.get(text).map(|code| code as usize), Some(i));
            assert_eq!(keys.intern(text) as usize, i);
        }
        assert_eq!(keys.get("absent"), None);
        assert_eq!(keys.get(""), None);
        assert_eq!(keys.len(), 5_000);
    }
}
