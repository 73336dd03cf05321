//! An index of texts: which code a key has. Built once, read by millions of look-ups a second.
//!
//! Open addressing by pairs of slots. A key of up to 15 bytes lies in its slot; a longer key lies in an arena. Hashes
//! choose slots and nothing else: no result depends on them.

use crate::narrow;
use crate::prefetch::prefetch;
use crate::texts::Texts;

const EMPTY: u32 = u32::MAX;
const SHORT: usize = 15;
/// Bits of a word below those of a key's length.
const LENGTH: u32 = 120;
/// The length that the word of a long key has.
const LONG: u128 = 0xff << LENGTH;
/// Where its text is in the arena, plus 1: bits of the word in its slot.
const ARENA: u128 = 0xffff_ffff << 64;

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The bytes of a short key with its length in the last byte; for a long key its hash, `LONG` and `ARENA`. In two
    /// halves, so that a slot is 24 bytes.
    low: u64,
    high: u64,
    code: u32,
}

impl Slot {
    fn new(word: u128, code: u32) -> Self {
        Self { low: word as u64, high: (word >> 64) as u64, code }
    }

    #[inline]
    const fn word(&self) -> u128 {
        (self.high as u128) << 64 | self.low as u128
    }
}

/// A key that is looked for: its word, and the first slot that it may be in.
#[derive(Clone, Copy, Debug)]
struct Sought {
    word: u128,
    at: usize,
}

impl Sought {
    /// Whether its word does not tell the key.
    #[inline]
    const fn is_long(&self) -> bool {
        self.word >> LENGTH == LONG >> LENGTH
    }
}

/// Codes of texts, counted from 0 in order of arrival.
#[derive(Debug, Clone)]
pub struct Keys {
    /// An even number of them.
    slots: Vec<Slot>,
    len: u32,
    arena: Texts,
}

impl Default for Keys {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

impl Keys {
    /// An index with room for `keys`.
    pub fn with_capacity(keys: usize) -> Self {
        let size = (keys.max(4) * 4 / 3 + 1).next_multiple_of(2);
        Self { slots: vec![Slot::new(0, EMPTY); size], len: 0, arena: Texts::default() }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// The code of a key.
    #[inline]
    pub fn get(&self, key: &str) -> Option<u32> {
        let slot = &self.slots[self.probe(&self.seek(key), key)];
        (slot.code != EMPTY).then_some(slot.code)
    }

    /// The code of a key, which gets the next one if it is new.
    pub fn intern(&mut self, key: &str) -> u32 {
        let sought = self.seek(key);
        let at = self.probe(&sought, key);
        if self.slots[at].code != EMPTY {
            return self.slots[at].code;
        }
        let mut word = sought.word;
        if sought.is_long() {
            self.arena.push(key);
            word |= (self.arena.len() as u128) << 64 & ARENA;
        }
        let code = self.len;
        self.slots[at] = Slot::new(word, code);
        self.len += 1;
        // Three quarters full.
        if self.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        code
    }

    /// Asks for the first slot to look for a key in, which will soon be needed.
    pub fn expect(&self, key: &str) {
        prefetch(&self.slots, self.seek(key).at);
    }

    #[inline]
    fn seek(&self, key: &str) -> Sought {
        let word = word_of(key.as_bytes());
        Sought { word, at: self.start(word) }
    }

    /// The first slot of a pair.
    #[inline]
    fn start(&self, word: u128) -> usize {
        let pairs = self.slots.len() as u128 / 2;
        ((u128::from(fold(word)) * pairs) >> 64) as usize * 2
    }

    #[inline]
    fn probe(&self, sought: &Sought, text: &str) -> usize {
        // Which of a pair has it nobody foresees: no branch depends on it.
        let first = &self.slots[sought.at];
        #[allow(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch")]
        let is_other = (first.word() != sought.word) & (first.code != EMPTY) & !sought.is_long();
        let mut at = sought.at + usize::from(is_other);
        loop {
            let slot = &self.slots[at];
            if slot.word() == sought.word || slot.code == EMPTY {
                return at;
            }
            if sought.is_long() && self.is_of(slot.word(), sought.word, text) {
                return at;
            }
            at = self.after(at);
        }
    }

    /// The slot after one.
    #[inline]
    const fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// Whether the word in a slot is that of a long key.
    #[cold]
    fn is_of(&self, word: u128, sought: u128, text: &str) -> bool {
        let place = ((word & ARENA) >> 64) as usize;
        let own = || self.arena.get(place.checked_sub(1)?);
        word & !ARENA == sought && own() == Some(text)
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![Slot::new(0, EMPTY); size]);
        for slot in old.into_iter().filter(|slot| slot.code != EMPTY) {
            let word = slot.word();
            let sought = if word >> LENGTH == LONG >> LENGTH { word & !ARENA } else { word };
            let mut at = self.start(sought);
            while self.slots[at].code != EMPTY {
                at = self.after(at);
            }
            self.slots[at] = slot;
        }
    }
}

/// The word that stands for a key: a short one's own, a long one's hash.
#[inline]
pub fn word_of(key: &[u8]) -> u128 {
    if key.len() <= SHORT {
        return narrow::short(key) | (key.len() as u128) << LENGTH;
    }
    let mut hash = key.len() as u128;
    for part in key.chunks(16) {
        let mut bytes = [0_u8; 16];
        bytes[..part.len()].copy_from_slice(part);
        hash = u128::from(fold(hash ^ u128::from_le_bytes(bytes))) | (hash << 64);
    }
    hash & !ARENA | LONG
}

/// 64 well-mixed bits of a word, by two folded multiplications.
#[inline]
pub fn fold(word: u128) -> u64 {
    let low = (word as u64) ^ 0x9e37_79b9_7f4a_7c15;
    let high = ((word >> 64) as u64) ^ 0xd6e8_feb8_6659_fd93;
    let product = u128::from(low).wrapping_mul(u128::from(high) | 1);
    let mixed = (product as u64) ^ ((product >> 64) as u64);
    let product = u128::from(mixed ^ high).wrapping_mul(0xa076_1d64_78bd_642f);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_holds_what_it_has_room_for() {
        for count in 0..300 {
            let mut keys = Keys::with_capacity(count);
            let room = keys.slots.len();
            let texts: Vec<String> = (0..count).map(|i| format!("{i}").repeat(1 + i % 9)).collect();
            assert!(texts.iter().zip(0..).all(|(text, code)| keys.intern(text) == code));
            assert!(texts.iter().zip(0..).all(|(text, code)| keys.get(text) == Some(code)));
            assert_eq!((keys.get("absent"), keys.slots.len()), (None, room));
        }
    }

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
