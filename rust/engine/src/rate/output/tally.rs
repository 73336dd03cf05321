//! Sums by key, in flat memory and in order of arrival: each line and each share is added to one.

use std::hash::{Hash, Hasher};

use crate::charge::in_range;
use crate::error::Result;
use crate::folded::Folded;
use crate::places::Places;
use crate::prefetch::prefetch;
use crate::sums;
use crate::under_way::UnderWay;

/// An exact sum and how many it is of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    pub amount: i128,
    pub records: i64,
}

impl Sum {
    /// Adds what so many records come to; `MoneyError` when the sum has more than 38 digits.
    #[inline]
    pub fn add(&mut self, amount: i128, records: i64) -> Result<()> {
        self.amount = total(self.amount, amount)?;
        self.records += records;
        Ok(())
    }
}

/// What two amounts come to; `MoneyError` when that has more than 38 digits.
#[inline]
pub fn total(a: i128, b: i128) -> Result<i128> {
    match a.checked_add(b).filter(|&total| in_range(total).is_ok()) {
        Some(total) => Ok(total),
        None => sums::add(a, b),
    }
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

/// Keys, and what is the sum of each.
pub type Summed<K> = Vec<(K, Sum)>;

/// Sums by key.
#[derive(Debug)]
pub struct Sums<K> {
    places: Places,
    all: Summed<K>,
}

impl<K> Default for Sums<K> {
    fn default() -> Self {
        Self { places: Places::default(), all: Vec::new() }
    }
}

impl<K: Key> Sums<K> {
    /// All of them.
    pub fn into_inner(self) -> Summed<K> {
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
        self.all[place].1.add(amount, records)
    }

    /// Adds many, of one record each: memory is asked for some steps before it is needed.
    pub fn add_all(&mut self, items: impl Iterator<Item = (K, i128)>) -> Result<()> {
        let mut under_way = UnderWay::new();
        for item in UnderWay::<(K, i128, u64)>::steps(items) {
            under_way.set_out(item.map(|(key, amount)| {
                let hash = key.hash();
                self.places.expect(hash);
                (key, amount, hash)
            }));
            if let Some(place) = under_way.half_way().and_then(|&(_, _, hash)| self.places.likely(hash)) {
                prefetch(&self.all, place);
            }
            if let Some((key, amount, hash)) = under_way.arrived() {
                let place = self.place(key, hash);
                self.add_at(place, amount, 1)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn place(&mut self, key: K, hash: u64) -> usize {
        let Self { places, all } = self;
        let (place, is_new) = places.find_or_add(hash, |place| all[place].0 == key);
        if is_new {
            all.push((key, Sum::default()));
        }
        place
    }
}
