//! Counters: where cumulative charges stand, in flat memory, by charge, owner and period.
//!
//! A counter fills half a line of the cache, and one look-up leads to it: owners are found again millions of times a
//! second, mostly in memory that the last levels of the cache hold.

mod large;
mod one;
mod opening;
mod passed;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use crate::charge::Count;
use crate::directory::Directory;
pub use crate::directory::NOWHERE;
use crate::folded::Folded;
use crate::prefetch::prefetch;
pub use one::Counter;
use one::UNTOUCHED;
pub use opening::Opening;
use passed::Passed;

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

/// Counters that may be moved to smaller memory.
const FEW: usize = 1_024;

/// What a counter is of, beside its owner.
type Kind = (u32, u32, i32);

/// All counters of one partition. Iteration is in order of arrival, never of hashes.
#[derive(Debug, Default, Clone)]
pub struct Counters {
    kinds: Vec<Kind>,
    kind_codes: HashMap<Kind, u32, BuildHasherDefault<Folded>>,
    places: Directory,
    all: Vec<Counter>,
    /// Whose they are, and of which kind.
    whose: Vec<(u32, u32)>,
    /// Of the first counters, if some have large numbers: quantities that are not whole, and amounts beside the small
    /// ones.
    large: Vec<Count>,
    /// Latest records of earlier calls, for the first counters.
    watermarks: Vec<i64>,
    /// Counters past which a record has come that they reject, if none has moved them since.
    passed: HashMap<usize, Passed, BuildHasherDefault<Folded>>,
    /// Where those that are not here yet stand.
    pub opening: Option<Arc<Opening>>,
    /// How many are not in whole units, or too high.
    not_whole: usize,
    /// Whether whole units have brought some too high.
    has_high: bool,
    /// Whether a small amount may bring some past 38 digits.
    has_huge: bool,
}

impl Counters {
    /// The code of a charge in a period.
    pub fn kind(&mut self, tariff: u32, charge: u32, period: i32) -> u32 {
        let kind = (tariff, charge, period);
        let next = self.kinds.len() as u32;
        let code = *self.kind_codes.entry(kind).or_insert(next);
        if code == next {
            self.kinds.push(kind);
        }
        code
    }

    /// The place of a counter, which starts at zero if it is new.
    pub fn place(&mut self, key: Key) -> usize {
        let kind = self.kind(key.tariff, key.charge, key.period);
        self.place_of(kind, key.owner)
    }

    /// Asks for the memory that leads to a counter, which will soon be needed.
    #[inline]
    pub fn expect(&self, kind: u32, owner: u32) {
        self.places.expect(kind, owner);
    }

    /// The place of an owner's counter of a kind, which starts at zero if it is new.
    pub fn place_of(&mut self, kind: u32, owner: u32) -> usize {
        let (place, is_new) = self.places.find_or_add(kind, owner);
        if is_new {
            self.add(owner, kind);
        }
        place as usize
    }

    /// The place of an owner's counter of a kind, if it is quickly found; asks for its memory.
    #[inline]
    pub fn approach(&self, kind: u32, owner: u32) -> u32 {
        let place = self.places.near(kind, owner);
        prefetch(&self.all, place as usize);
        place
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    #[cold]
    fn add(&mut self, owner: u32, kind: u32) {
        let place = self.all.len();
        self.all.push(Counter::NEW);
        self.whose.push((owner, kind));
        if let Some(opening) = self.opening.as_ref().filter(|opening| !opening.is_empty()) {
            let (tariff, charge, period) = self.kinds[kind as usize];
            let key = Key { tariff, charge, owner, period };
            if let Some(standing) = opening.get(key).copied() {
                self.open_at(place, standing.count, standing.watermark);
            }
        }
    }

    /// Counters to move by small amounts, none of them where that takes a closer look; and the latest records that
    /// earlier calls have shown to the first of them.
    #[inline]
    pub fn small(&mut self) -> (&mut [Counter], &[i64]) {
        (if self.has_huge { &mut [] } else { &mut self.all }, &self.watermarks)
    }

    /// A counter by place, to read.
    #[inline]
    pub fn get(&self, place: usize) -> &Counter {
        &self.all[place]
    }

    /// Sets an opening counter.
    pub fn open(&mut self, key: Key, count: Count, watermark: i64) {
        let place = self.place(key);
        self.open_at(place, count, watermark);
    }

    fn open_at(&mut self, place: usize, count: Count, watermark: i64) {
        self.put(place, count);
        self.watermarks.resize(self.watermarks.len().max(place + 1), UNTOUCHED);
        self.watermarks[place] = watermark;
    }

    /// Whether every counter stands at whole units.
    pub fn all_whole(&self) -> bool {
        !self.has_high && self.not_whole == 0 && self.opening.as_ref().is_none_or(|opening| opening.all_whole())
    }

    /// Whether earlier calls have left any.
    pub fn has_opening(&self) -> bool {
        self.opening.is_some() || !self.watermarks.is_empty()
    }

    /// The latest record that a counter saw before this call; older records are out of order.
    #[inline]
    pub fn opening_watermark(&self, place: usize) -> i64 {
        self.watermarks.get(place).copied().unwrap_or(UNTOUCHED)
    }

    /// The same to be read only. A service keeps a few for each account: those take no more room than they need.
    pub fn at_rest(mut self) -> Self {
        if self.all.len() < FEW {
            self.all.shrink_to_fit();
            self.whose.shrink_to_fit();
        }
        let Self { kinds, all, whose, large, watermarks, .. } = self;
        Self { kinds, all, whose, large, watermarks, ..Self::default() }
    }

    /// Where those stand that this call has moved.
    pub fn moved(&self) -> impl Iterator<Item = Standing> {
        let all = self.all.iter().enumerate();
        all.filter(|(_, counter)| counter.is_touched()).map(|(place, _)| self.standing_at(place))
    }

    /// Where all of them stand.
    pub fn standing(&self) -> impl Iterator<Item = Standing> {
        (0..self.all.len()).map(|place| self.standing_at(place))
    }

    fn standing_at(&self, place: usize) -> Standing {
        let (owner, kind) = self.whose[place];
        let (tariff, charge, period) = self.kinds[kind as usize];
        let key = Key { tariff, charge, owner, period };
        let watermark = self.all[place].latest_time.max(self.opening_watermark(place));
        Standing { key, count: self.count(place), watermark }
    }
}
