//! An index of texts: which code a key has. Built once, read by millions of look-ups a second.
//!
//! Open addressing with linear probing. A key of up to 15 bytes (every telephone number is one) lies in its slot, so
//! that a look-up touches one cache line; a longer one lies in an arena. Hashes choose slots and nothing else: no
//! result depends on them.

const EMPTY: u32 = u32::MAX;
const SHORT: usize = 15;

#[derive(Clone, Copy, Debug)]
struct Slot {
    /// The bytes of a short key with its length in the last byte; for a long key its hash.
    word: u128,
    code: u32,
    /// Where a long key starts in the arena, plus 1; 0 for a short key.
    arena: u32,
}

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
        let size = (keys.max(4) * 2).next_power_of_two();
        Self { slots: vec![Slot { word: 0, code: EMPTY, arena: 0 }; size], mask: size - 1, len: 0, arena: Vec::new() }
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
        self.slots[at] = Slot { word, code, arena };
        self.len += 1;
        if self.len() * 2 > self.slots.len() {
            self.grow();
        }
        code
    }

    fn find(&self, key: &[u8]) -> usize {
        let (word, long) = word_of(key);
        let mut at = spread(word) & self.mask;
        loop {
            let slot = &self.slots[at];
            if slot.code == EMPTY {
                return at;
            }
            let same_kind = (slot.arena != 0) == long;
            if slot.word == word && same_kind && (!long || *self.arena[slot.arena as usize - 1] == *key) {
                return at;
            }
            at = (at + 1) & self.mask;
        }
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![Slot { word: 0, code: EMPTY, arena: 0 }; size]);
        self.mask = size - 1;
        for slot in old.into_iter().filter(|slot| slot.code != EMPTY) {
            let mut at = spread(slot.word) & self.mask;
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
    let mut bytes = [0_u8; 16];
    if key.len() <= SHORT {
        bytes[..key.len()].copy_from_slice(key);
        bytes[SHORT] = key.len() as u8;
        return (u128::from_le_bytes(bytes), false);
    }
    let mut hash = key.len() as u128;
    for part in key.chunks(16) {
        let mut bytes = [0_u8; 16];
        bytes[..part.len()].copy_from_slice(part);
        hash = u128::from(fold(hash ^ u128::from_le_bytes(bytes))) | (hash << 64);
    }
    (hash, true)
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
