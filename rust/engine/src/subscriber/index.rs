//! From keys to their only holdings: one look into memory for each record of usage.

use super::only::Only;
use crate::buckets::{Buckets, FREE};
use crate::names::Names;
use crate::narrow;

/// Keys in a line of the cache, each with its only holding.
const KEYS: usize = 3;

/// The keys that subscribers were compiled with. Those that have a word lie by it in the first places, others in places
/// after these in order of their codes.
#[derive(Debug, Default)]
pub struct Index {
    narrow: Buckets<Only, KEYS>,
    /// Codes of keys by their first places.
    codes: Vec<u32>,
    /// By code, if some have no word.
    wide: Vec<Only>,
}

impl Index {
    /// Keys with what each holds, by its code.
    pub fn new(keys: &Names, only: &[Only]) -> Self {
        let words = || keys.all().map(|key| narrow::word(key.as_bytes())).zip(0_u32..);
        let with_words = words().filter(|(word, _)| *word != FREE).count();
        let mut narrow = Buckets::with_capacity(with_words);
        let wide = if with_words == keys.len() { Vec::new() } else { only.to_vec() };
        words().filter(|(word, _)| *word != FREE).for_each(|(word, code)| {
            narrow.get_or_insert(word, only[code as usize]);
        });
        let mut codes = vec![0; narrow.places()];
        words().for_each(|(word, code)| {
            if let Some(place) = narrow.place(word) {
                codes[place] = code;
            }
        });
        Self { narrow, codes, wide }
    }

    /// Asks for what a look at a key will need soon.
    #[inline]
    pub fn expect(&self, word: u64) {
        self.narrow.expect(word);
    }

    /// The place of a key that has a word.
    #[inline]
    pub fn place(&self, word: u64) -> Option<u32> {
        self.narrow.place(word).map(|place| place as u32)
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

    /// What the key in a place holds; none for one that came later.
    #[inline]
    pub fn only(&self, place: u32) -> Option<&Only> {
        let place = place as usize;
        self.narrow.at(place).or_else(|| self.wide.get(place - self.codes.len()))
    }

    /// Asks for a place, which will soon be needed.
    #[inline]
    pub fn expect_place(&self, place: u32) {
        self.narrow.expect_place(place as usize);
    }
}
