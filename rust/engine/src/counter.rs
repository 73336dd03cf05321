//! Counters: where cumulative charges stand, in flat memory, by charge, owner and period.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use crate::charge::Count;

/// The period of a counter that is never reset.
pub const NEVER: i32 = i32::MIN;

/// Whose counter: a charge (of a retail plan, or of a flow's cost plan), an owner, a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// 0 for retail; flow with a cost plan + 1.
    pub tariff: u32,
    pub charge: u32,
    /// Subscription or account, as the charge's scope says.
    pub owner: u32,
    /// Month that names the cycle, or calendar month, counted from 1970-01; or `NEVER`.
    pub period: i32,
}

impl Key {
    const fn packed(self) -> u128 {
        (self.tariff as u128) << 96
            | (self.charge as u128) << 64
            | (self.owner as u128) << 32
            | self.period.cast_unsigned() as u128
    }
}

/// Where a counter stands between calls.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub key: Key,
    pub count: Count,
    pub watermark: i64,
}

/// Counters that a call may find standing somewhere; it opens those that it needs.
#[derive(Debug, Clone, Default)]
pub struct Opening(HashMap<u128, Standing, BuildHasherDefault<Folded>>);

impl Opening {
    /// Where a counter stands now.
    pub fn set(&mut self, standing: Standing) {
        self.0.insert(standing.key.packed(), standing);
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Standing> {
        self.0.values()
    }
}

impl FromIterator<Standing> for Opening {
    fn from_iter<I: IntoIterator<Item = Standing>>(all: I) -> Self {
        Self(all.into_iter().map(|standing| (standing.key.packed(), standing)).collect())
    }
}

/// One counter.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    pub key: Key,
    pub count: Count,
    /// The latest record it has seen.
    pub watermark: i64,
    /// What the watermark was before this call; older records are out of order.
    pub opening_watermark: i64,
    /// Time, chunk and row of the latest record of this call.
    pub latest_time: i64,
    pub latest: (u32, u32),
    pub touched: bool,
}

impl Counter {
    const fn standing(&self) -> Standing {
        Standing { key: self.key, count: self.count, watermark: self.watermark }
    }
}

/// Mixes a key once; keys are already small codes.
#[derive(Debug, Default)]
pub struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0_u8; 8];
            word[..part.len()].copy_from_slice(part);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product =
            u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xd6e8_feb8_6659_fd93_a076_1d64_78bd_642f);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u128(&mut self, word: u128) {
        self.write_u64(word as u64);
        self.write_u64((word >> 64) as u64);
    }
}

/// All counters of one partition. Iteration is in order of arrival, never of hashes.
#[derive(Debug, Default, Clone)]
pub struct Counters {
    places: HashMap<u128, u32, BuildHasherDefault<Folded>>,
    all: Vec<Counter>,
    /// Where those that are not here yet stand.
    pub opening: Option<Arc<Opening>>,
}

impl Counters {
    /// The place of a counter, which starts at zero if it is new.
    #[inline]
    pub fn place(&mut self, key: Key) -> usize {
        let packed = key.packed();
        let next = self.all.len() as u32;
        let place = *self.places.entry(packed).or_insert(next);
        if place == next {
            let never = i64::MIN;
            let standing = self.opening.as_ref().and_then(|opening| opening.0.get(&packed));
            let (count, watermark) =
                standing.map_or((Count::default(), never), |standing| (standing.count, standing.watermark));
            self.all.push(Counter {
                key,
                count,
                watermark,
                opening_watermark: watermark,
                latest_time: never,
                latest: (0, 0),
                touched: false,
            });
        }
        place as usize
    }

    /// A counter by place.
    #[inline]
    pub fn at(&mut self, place: usize) -> &mut Counter {
        &mut self.all[place]
    }

    /// A counter by place, to read.
    pub fn get(&self, place: usize) -> &Counter {
        &self.all[place]
    }

    /// Sets an opening counter.
    pub fn open(&mut self, key: Key, count: Count, watermark: i64) {
        let place = self.place(key);
        let counter = self.at(place);
        (counter.count, counter.watermark, counter.opening_watermark) = (count, watermark, watermark);
    }

    /// Where those stand that this call has moved.
    pub fn moved(&self) -> impl Iterator<Item = Standing> {
        self.all.iter().filter(|counter| counter.touched).map(Counter::standing)
    }

    /// Where all of them stand.
    pub fn standing(&self) -> impl Iterator<Item = Standing> {
        self.all.iter().map(Counter::standing)
    }
}
