//! Sums by key, in flat memory and in order of arrival: each line and each share is added to one.

use std::hash::{Hash, Hasher};

use crate::counter::Folded;
use crate::error::{Error, Result};
use crate::places::Places;
use crate::prefetch::prefetch;

/// An exact sum and how many it is of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    pub amount: i128,
    pub records: i64,
}

/// What a sum is of, and its hash.
pub trait Key: Copy + Eq + Ord {
    /// 64 well-mixed bits.
    fn hash(&self) -> u64;
}

impl Key for super::sums::LineKey {
    #[inline]
    fn hash(&self) -> u64 {
        let mut hash = Folded::default();
        hash.write_u64(u64::from(self.0) << 32 | u64::from(self.1));
        hash.write_u64(u64::from(self.2) << 32 ^ u64::from(self.3) << 16 ^ u64::from(self.4) << 8 ^ u64::from(self.5));
        hash.finish()
    }
}

impl Key for super::sums::ShareKey {
    #[inline]
    fn hash(&self) -> u64 {
        let mut hash = Folded::default();
        Hash::hash(self, &mut hash);
        hash.finish()
    }
}

/// Sums by key.
#[derive(Debug)]
pub struct Sums<K> {
    places: Places,
    all: Vec<(K, Sum)>,
}

impl<K: Key> Sums<K> {
    /// None yet.
    pub fn new() -> Self {
        Self { places: Places::default(), all: Vec::new() }
    }

    /// All of them.
    pub fn into_inner(self) -> Vec<(K, Sum)> {
        self.all
    }

    /// Adds to the sum of a key; its place comes back.
    pub fn add(&mut self, key: K, amount: i128, records: i64) -> Result<usize> {
        let place = self.place(key, key.hash());
        self.add_at(place, amount, records)?;
        Ok(place)
    }

    /// Adds to the sum in a place.
    #[inline]
    pub fn add_at(&mut self, place: usize, amount: i128, records: i64) -> Result<()> {
        let sum = &mut self.all[place].1;
        let total = sum.amount.checked_add(amount);
        sum.amount = total.ok_or_else(|| Error::Internal("a sum of lines has more than 38 digits".into()))?;
        sum.records += records;
        Ok(())
    }

    /// Whose sum is in a place.
    #[inline]
    pub fn key(&self, place: usize) -> Option<&K> {
        self.all.get(place).map(|entry| &entry.0)
    }

    /// Adds many, of one record each: memory is asked for before it is needed.
    pub fn add_all(&mut self, block: &[(K, i128)]) -> Result<()> {
        let hashes: Vec<u64> = block.iter().map(|(key, _)| key.hash()).collect();
        for &hash in &hashes {
            self.places.expect(hash);
        }
        for place in hashes.iter().filter_map(|&hash| self.places.likely(hash)) {
            prefetch(&self.all, place);
        }
        for (&(key, amount), &hash) in block.iter().zip(&hashes) {
            let place = self.place(key, hash);
            self.add_at(place, amount, 1)?;
        }
        Ok(())
    }

    #[inline]
    fn place(&mut self, key: K, hash: u64) -> usize {
        let Self { places, all } = self;
        let (place, is_new) = places.find_or_add(hash, |place| all[place].0 == key, |place| all[place].0.hash());
        if is_new {
            all.push((key, Sum::default()));
        }
        place
    }
}
