//! From keys to their only holdings: one look into memory for each record of usage.

use super::only::{Only, Packing};
use crate::buckets::{Buckets, FREE};
use crate::names::Names;
use crate::narrow;
use crate::under_way::AHEAD;

/// Keys in a line of the cache, each with its only holding.
const KEYS: usize = 4;

/// A key on the way to its place.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// `FREE` for a key that has no word, or is null.
    pub word: u64,
    /// The bucket in which its word is looked for first.
    first: usize,
}

impl Sought {
    /// No key.
    pub const NONE: Self = Self { word: FREE, first: 0 };
}

/// The keys that subscribers were compiled with. Those that have a word lie by it in the first places, others in places
/// after these in order of their codes.
#[derive(Debug, Default)]
pub struct Index {
    /// Each with its only holding, packed; with its code where holdings are so many that they cannot be.
    narrow: Buckets<u64, KEYS>,
    packing: Option<Packing>,
    /// Codes of keys by their first places.
    codes: Vec<u32>,
    /// By code, unless all keys have their holdings beside them.
    wide: Vec<Only>,
}

impl Index {
    /// Keys with what each holds, by its code.
    pub fn new(keys: &Names, only: &[Only]) -> Self {
        let words: Vec<u64> = keys.all().map(|key| narrow::word(key.as_bytes())).collect();
        let count = words.iter().filter(|&&word| word != FREE).count();
        let packing = Packing::of(only);
        let mut narrow = Buckets::with_capacity(count);
        let all_beside = count == keys.len() && packing.is_some();
        let wide = if all_beside { Vec::new() } else { only.to_vec() };
        let with_words = || (0_usize..).zip(&words).filter(|(_, word)| **word != FREE);
        let ahead = |code: usize| words.get(code + AHEAD).copied().unwrap_or(FREE);
        for (code, &word) in with_words() {
            narrow.expect(ahead(code));
            narrow.get_or_insert(word, packing.map_or(code as u64, |packing| packing.pack(&only[code])));
        }
        let mut codes = vec![0; narrow.places()];
        for (code, &word) in with_words() {
            narrow.expect(ahead(code));
            if let Some(place) = narrow.place(word) {
                codes[place] = code as u32;
            }
        }
        Self { narrow, packing, codes, wide }
    }

    /// Asks for what a look at a key will need soon: where it is looked for first.
    #[inline]
    pub fn expect(&self, word: u64) -> Sought {
        Sought { word, first: self.narrow.expect(word) }
    }

    /// The place of a key that has a word, and its holding as it is packed.
    #[inline]
    pub fn find(&self, sought: Sought) -> Option<(u32, u64)> {
        self.narrow.get_from(sought.first, sought.word).map(|(place, &packed)| (place as u32, packed))
    }

    /// The same where it is looked for first; a place and a holding that mean nothing if it is not there.
    #[inline]
    pub fn find_first(&self, sought: Sought) -> (u32, u64, bool) {
        let (place, packed, is_there) = self.narrow.look_once(sought.first, sought.word);
        (place as u32, packed, is_there && sought.word != FREE)
    }

    /// How holdings are packed, if they are.
    #[inline]
    pub fn packing(&self) -> Option<Packing> {
        self.packing
    }

    /// The holding of the key in a place as it is packed, if holdings are; nothing for one that came later.
    #[inline]
    pub fn packed(&self, place: u32) -> u64 {
        let wide = || Some(self.packing?.pack(self.wide.get(self.code(place) as usize)?));
        self.narrow.at(place as usize).copied().or_else(wide).unwrap_or(0)
    }

    /// The place of a key that has none, or came later.
    #[inline]
    pub fn place_of_code(&self, code: u32) -> u32 {
        self.codes.len() as u32 + code
    }

    /// The code of the key in a place.
    #[inline]
    pub fn code(&self, place: u32) -> u32 {
        self.codes.get(place as usize).copied().unwrap_or_else(|| place - self.codes.len() as u32)
    }

    /// What the key in a place holds; nothing for one that came later.
    #[inline]
    pub fn only(&self, place: u32) -> Only {
        let known = self.narrow.at(place as usize);
        match (known, self.packing) {
            (Some(&packed), Some(packing)) => packing.unpack(packed),
            _ => self.wide.get(self.code(place) as usize).copied().unwrap_or_default(),
        }
    }

    /// Asks for a place, which will soon be needed.
    #[inline]
    pub fn expect_place(&self, place: u32) {
        self.narrow.expect_place(place as usize);
    }
}
