//! Counters of any numbers: those that are not whole, or past 64 bits, lie beside the others.

use partita_money::Dec;

use super::Counters;
use crate::charge::{Count, MOST_COUNTED, in_range};
use crate::column::ONE;

/// In place of whole units.
pub(super) const NOT_WHOLE: i64 = i64::MIN;
/// The largest amount to which one of 64 bits can be added.
const MOST_LARGE: u128 = Dec::MAX.raw().unsigned_abs() - (1 << 63);

/// A raw quantity in whole units; `NOT_WHOLE` if it is not, or too high.
pub(super) fn whole(quantity: i128) -> i64 {
    let units = (quantity % ONE == 0).then(|| i64::try_from(quantity / ONE).ok()).flatten();
    units.filter(|units| (0..=MOST_COUNTED).contains(units)).unwrap_or(NOT_WHOLE)
}

impl Counters {
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

    pub(super) fn put(&mut self, place: usize, count: Count) {
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
}
