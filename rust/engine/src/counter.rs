//! Counters: where cumulative charges stand, in flat memory, by charge, owner and period.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

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
}

impl Counters {
    /// The place of a counter, which starts at zero if it is new.
    #[inline]
    pub fn place(&mut self, key: Key) -> usize {
        let packed = (u128::from(key.tariff) << 96)
            | (u128::from(key.charge) << 64)
            | (u128::from(key.owner) << 32)
            | u128::from(key.period.cast_unsigned());
        let next = self.all.len() as u32;
        let place = *self.places.entry(packed).or_insert(next);
        if place == next {
            let count = Count::default();
            let never = i64::MIN;
            self.all.push(Counter {
                key,
                count,
                watermark: never,
                opening_watermark: never,
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

    /// Those that this call has moved.
    pub fn touched(&self) -> impl Iterator<Item = &Counter> {
        self.all.iter().filter(|counter| counter.touched)
    }
}
