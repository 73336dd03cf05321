//! Counters: where cumulative charges stand, in flat memory, by charge, owner and period.
//!
//! A counter fills half a line of the cache, and one look-up leads to it: owners are found again millions of times a
//! second, mostly in memory that the last levels of the cache hold.

mod opening;
mod passed;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::Arc;

use partita_money::Dec;

use crate::charge::{Count, MOST_COUNTED, in_range};
use crate::column::ONE;
use crate::directory::{Directory, NOWHERE};
use crate::folded::Folded;
use crate::prefetch::prefetch;
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

/// One counter, as long as its numbers are small: half a line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub struct Counter {
    /// The quantity in whole units; `NOT_WHOLE` if it is not.
    whole: i64,
    /// The amount, or what is left of it beside a large one.
    amount: i64,
    /// Time, chunk and row of the latest record of this call; `UNTOUCHED` before one.
    pub latest_time: i64,
    pub latest: (u32, u32),
}

/// Counters that may be moved to smaller memory.
const FEW: usize = 1_024;
/// The largest amount to which one of 64 bits can be added.
const MOST_LARGE: u128 = Dec::MAX.raw().unsigned_abs() - (1 << 63);
const NOT_WHOLE: i64 = i64::MIN;
const UNTOUCHED: i64 = i64::MIN;

impl Counter {
    /// Where it stands in whole units, if every counter beside it is whole too.
    #[inline]
    pub fn whole(&self) -> i64 {
        self.whole
    }

    /// Moves it to a position in whole units that is not too high, by a small amount; false if the sum is not small.
    #[inline]
    pub fn advance(&mut self, after: i64, amount: i64, time: i64, at: (u32, u32)) -> bool {
        let sum = self.amount.checked_add(amount);
        if let Some(amount) = sum {
            *self = Self { whole: after, amount, latest_time: time, latest: at };
        }
        sum.is_some()
    }

    /// Whether a record of this call has moved it.
    #[inline]
    pub fn is_touched(&self) -> bool {
        self.latest_time != UNTOUCHED
    }
}

/// A raw quantity in whole units; `NOT_WHOLE` if it is not, or too high.
fn whole(quantity: i128) -> i64 {
    let units = (quantity % ONE == 0).then(|| i64::try_from(quantity / ONE).ok()).flatten();
    units.filter(|units| (0..=MOST_COUNTED).contains(units)).unwrap_or(NOT_WHOLE)
}

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

    /// The place of an owner's counter of a kind, which starts at zero if it is new; asks for its memory.
    #[inline]
    pub fn approach(&mut self, kind: u32, owner: u32) -> u32 {
        match self.places.near(kind, owner) {
            NOWHERE => self.place_of(kind, owner) as u32,
            place => {
                prefetch(&self.all, place as usize);
                place
            }
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    #[cold]
    fn add(&mut self, owner: u32, kind: u32) {
        let place = self.all.len();
        self.all.push(Counter { whole: 0, amount: 0, latest_time: UNTOUCHED, latest: (0, 0) });
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

    /// Moves a counter to a position in whole units, by any amount; false if it would have too many digits.
    #[cold]
    pub fn advance(&mut self, place: usize, after: i64, amount: i128, time: i64, at: (u32, u32)) -> bool {
        let sum = self.count(place).amount.checked_add(amount);
        let Some(sum) = sum.and_then(|sum| in_range(sum).ok()) else { return false };
        self.put_amount(place, sum);
        let counter = &mut self.all[place];
        (counter.whole, counter.latest_time, counter.latest) = (after, time, at);
        self.has_high |= after > MOST_COUNTED;
        true
    }

    /// A counter by place, to read.
    #[inline]
    pub fn get(&self, place: usize) -> &Counter {
        &self.all[place]
    }

    /// Where a counter stands.
    pub fn count(&self, place: usize) -> Count {
        let (counter, large) = (&self.all[place], self.large.get(place).copied().unwrap_or_default());
        let quantity = if counter.whole == NOT_WHOLE { large.quantity } else { i128::from(counter.whole) * ONE };
        Count { quantity, amount: large.amount + i128::from(counter.amount) }
    }

    /// Moves a counter to where a record leaves it.
    pub fn set(&mut self, place: usize, count: Count, time: i64, at: (u32, u32)) {
        self.put(place, count);
        let counter = &mut self.all[place];
        (counter.latest_time, counter.latest) = (time, at);
    }

    fn put(&mut self, place: usize, count: Count) {
        let counter = &mut self.all[place];
        let whole = whole(count.quantity);
        self.not_whole = self.not_whole + usize::from(whole == NOT_WHOLE) - usize::from(counter.whole == NOT_WHOLE);
        counter.whole = whole;
        if whole == NOT_WHOLE {
            self.large(place).quantity = count.quantity;
        }
        self.put_amount(place, count.amount);
    }

    fn put_amount(&mut self, place: usize, amount: i128) {
        let small = i64::try_from(amount).unwrap_or(0);
        self.all[place].amount = small;
        let large = amount - i128::from(small);
        self.has_huge |= large.unsigned_abs() > MOST_LARGE;
        if large != 0 || place < self.large.len() {
            self.large(place).amount = large;
        }
    }

    /// Room for the large numbers of a counter.
    fn large(&mut self, place: usize) -> &mut Count {
        if self.large.len() <= place {
            self.large.resize(self.all.len(), Count::default());
        }
        &mut self.large[place]
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
