//! An index of words of 64 bits: what goes with each. Built for look-ups by the million, mostly into memory that only the
//! last levels of the cache hold.
//!
//! A bucket is a line of the cache, so that a look-up seldom touches a second one; what does not find room in its bucket
//! is in the next. Hashes choose buckets and nothing else: words are compared whole, and no result depends on them.

use crate::prefetch::prefetch;

/// No word: a slot that is free.
pub const FREE: u64 = 0;

/// Words, `N` of them in a bucket, each with a value.
#[derive(Debug, Clone)]
pub struct Buckets<V, const N: usize> {
    all: Vec<Bucket<V, N>>,
    len: usize,
    /// How many words there may be: three quarters of the slots.
    most: usize,
}

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Bucket<V, const N: usize> {
    /// Filled from the first on.
    words: [u64; N],
    values: [V; N],
}

impl<V, const N: usize> Default for Buckets<V, N> {
    fn default() -> Self {
        Self { all: Vec::new(), len: 0, most: 0 }
    }
}

impl<V: Copy + Default, const N: usize> Buckets<V, N> {
    /// Places of a bucket, of which it has `N`.
    const STRIDE: usize = N.next_power_of_two();

    /// An index with room for so many words.
    pub fn with_capacity(words: usize) -> Self {
        Self { all: vec![Bucket::none(); (words * 4 / 3).div_ceil(N) + 1], len: 0, most: words }
    }

    /// Past the last place.
    pub fn places(&self) -> usize {
        self.all.len() * Self::STRIDE
    }

    /// The place of a word, if it is there.
    #[inline]
    pub fn place(&self, word: u64) -> Option<usize> {
        self.get(word).map(|found| found.0)
    }

    /// The place of a word and its value, if it is there.
    #[inline]
    pub fn get(&self, word: u64) -> Option<(usize, &V)> {
        self.get_from(self.first(word), word)
    }

    /// The same of a word that is looked for first in this bucket.
    #[inline]
    pub fn get_from(&self, first: usize, word: u64) -> Option<(usize, &V)> {
        let (at, slot, bucket) = self.look(first, word)?;
        Some((at * Self::STRIDE + slot, bucket.values.get(slot)?))
    }

    /// The same in this bucket only; a place and a value that mean nothing if it is not there.
    #[inline]
    pub fn look_once(&self, first: usize, word: u64) -> (usize, V, bool) {
        let Some(bucket) = self.all.get(first) else { return (0, V::default(), false) };
        let slot = bucket.slot(word);
        // Read wherever it is: a branch that nobody foresees is slower.
        let near = slot & (Self::STRIDE - 1);
        (first << Self::STRIDE.trailing_zeros() | near, bucket.values.get(near).copied().unwrap_or_default(), slot < N)
    }

    /// The value in a place.
    #[inline]
    pub fn at(&self, place: usize) -> Option<&V> {
        self.all.get(place / Self::STRIDE)?.values.get(place % Self::STRIDE)
    }

    /// Asks for a place, which will soon be needed.
    #[inline]
    pub fn expect_place(&self, place: usize) {
        prefetch(&self.all, place / Self::STRIDE);
    }

    /// The value of a word, which is put there if it is new.
    #[inline]
    pub fn get_or_insert(&mut self, word: u64, value: V) -> V {
        if self.len >= self.most {
            self.grow();
        }
        let (bucket, slot) = self.find(word);
        match self.all[bucket].values.get(slot) {
            Some(known) => *known,
            None => self.insert(bucket, word, value),
        }
    }

    #[cold]
    fn insert(&mut self, bucket: usize, word: u64, value: V) -> V {
        self.all[bucket].push(word, value);
        self.len += 1;
        value
    }

    /// Asks for the memory of a word, which will soon be needed: that of this bucket.
    #[inline]
    pub fn expect(&self, word: u64) -> usize {
        let first = self.first(word);
        prefetch(&self.all, first);
        first
    }

    /// The bucket of a word and its slot; or that where it has room, and a slot past all. None without buckets.
    #[inline]
    fn look(&self, first: usize, word: u64) -> Option<(usize, usize, &Bucket<V, N>)> {
        let mut at = first;
        loop {
            let bucket = self.all.get(at)?;
            let slot = bucket.slot(word);
            if slot < N || bucket.words[N - 1] == FREE {
                return Some((at, slot, bucket));
            }
            at = if at + 1 == self.all.len() { 0 } else { at + 1 };
        }
    }

    /// The same of a word from its first bucket on, where there is one.
    #[inline]
    fn find(&self, word: u64) -> (usize, usize) {
        self.look(self.first(word), word).map_or((0, N), |(at, slot, _)| (at, slot))
    }

    /// The bucket that a word is looked for first.
    #[inline]
    fn first(&self, word: u64) -> usize {
        let product = u128::from(word ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let mixed = (product as u64) ^ ((product >> 64) as u64);
        ((u128::from(mixed) * self.all.len() as u128) >> 64) as usize
    }

    /// All words with their values, in no order.
    pub fn into_all(self) -> impl Iterator<Item = (u64, V)> {
        let all = self.all.into_iter().flat_map(|Bucket { words, values }| words.into_iter().zip(values));
        all.filter(|(word, _)| *word != FREE)
    }

    #[cold]
    fn grow(&mut self) {
        let all = vec![Bucket::none(); (self.all.len() * 2).max(4)];
        let most = all.len() * N * 3 / 4;
        for (word, value) in std::mem::replace(self, Self { all, len: self.len, most }).into_all() {
            let (bucket, _) = self.find(word);
            self.all[bucket].push(word, value);
        }
    }
}

impl<V: Copy + Default, const N: usize> Bucket<V, N> {
    fn none() -> Self {
        Self { words: [FREE; N], values: [V::default(); N] }
    }

    /// The slot of a word, `N` if it is not there.
    #[inline]
    fn slot(&self, word: u64) -> usize {
        // Which one has it nobody foresees: no branch depends on it.
        (0..N).rev().fold(N, |found, slot| if self.words[slot] == word { slot } else { found })
    }

    /// Fills the first free slot.
    fn push(&mut self, word: u64, value: V) {
        let free = self.words.iter().filter(|&&word| word != FREE).count();
        (self.words[free], self.values[free]) = (word, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_one_value() {
        let mut buckets = Buckets::<u32, 5>::default();
        assert_eq!(buckets.place(7), None);
        // Near words and far ones, with more than a bucket has room for in each.
        let words = (1..2_000_u64).flat_map(|n| [n, n << 32, n << 32 | n, u64::MAX - n]);
        for round in 0..2 {
            for (n, word) in (0..).zip(words.clone()) {
                let new = if round == 0 { n } else { u32::MAX };
                assert_eq!(buckets.get_or_insert(word, new), n);
            }
        }
        let value = |word: u64| buckets.place(word).and_then(|place| buckets.at(place));
        assert!((0..).zip(words).all(|(n, word)| value(word) == Some(&n)));
        assert_eq!((value(5_000), buckets.len), (None, 1_999 * 4));
        assert_eq!(size_of::<Bucket<u32, 5>>(), 64);
    }

    #[test]
    fn there_is_room_for_as_many_words_as_were_announced() {
        for words in [0, 1, 2, 3, 100, 1_000] {
            let mut buckets = Buckets::<u64, 4>::with_capacity(words as usize);
            let places = buckets.places();
            for word in 1..=words {
                buckets.get_or_insert(word, word);
            }
            let mut found: Vec<_> = (1..=words).filter_map(|word| buckets.place(word)).collect();
            assert!((1..=words).zip(&found).all(|(word, &place)| buckets.at(place) == Some(&word)));
            found.sort_unstable();
            found.dedup();
            assert_eq!((found.len() as u64, buckets.places()), (words, places));
            assert!(found.iter().all(|&place| place < places) && buckets.place(words + 1).is_none());
        }
    }
}
