//! The price of a row by where its counter stands.

use super::super::split_fault;
use super::figures::Figures;
use super::moves::Move;
use super::{Count, Counted, Item};
use crate::counter::{Counter, Counters};
use crate::rate::route::Fault;
use crate::reject::Code;
use crate::schema::OUT_OF_ORDER;

impl Move<'_> {
    /// Prices units by a counter, which they move; none, and nothing is moved, where that takes a closer look.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the call costs as much as what it does")]
    pub(super) fn quickly(&self, counter: &mut Counter, billed: i64, time: i64, row: (u32, u32)) -> Option<(i64, i64)> {
        let before = counter.whole();
        let amount = self.whole.small_amount(before, billed, billed != 0)?;
        // An amount is found only where the position after it fits.
        let fits = self.small.holds(amount) && counter.advance(before + billed, amount, time, row);
        fits.then_some((before, amount))
    }
}

impl Count<'_> {
    /// Prices a row by its counter, which it moves; none, and nothing is moved, if it is rejected.
    #[inline]
    pub(super) fn price(
        &self,
        counters: &mut Counters,
        item: &Item,
        place: usize,
        counted: &mut Counted,
    ) -> Option<Figures> {
        let of = &self.moves[item.chunk as usize].of[item.mark as usize];
        let (all, seen) = counters.small();
        let counter = if seen.get(place).is_none_or(|&seen| item.time >= seen) { all.get_mut(place) } else { None };
        let quickly = counter.and_then(|counter| of.quickly(counter, item.billed, item.time, self.row_of(item)));
        match quickly {
            Some((before, amount)) => Some((before, amount.into())),
            None => self.price_closely(counters, (item, of), place, counted),
        }
    }

    /// The same of one that is out of order, of an amount that is large, or perhaps cannot be split.
    #[cold]
    #[inline(never)]
    fn price_closely(
        &self,
        counters: &mut Counters,
        (item, of): (&Item, &Move),
        place: usize,
        counted: &mut Counted,
    ) -> Option<Figures> {
        if self.has_opening && item.time < counters.opening_watermark(place) {
            counted.flags[usize::from(item.ordinal)] = OUT_OF_ORDER;
        }
        let before = counters.get(place).whole();
        let amount = of.whole.amount(before, item.billed, item.billed != 0);
        let amount = amount.filter(|&amount| of.safe.holds(amount) || self.can_split(item, amount, counted));
        let (after, row) = (before + item.billed, self.row_of(item));
        let amount = amount.filter(|&amount| counters.advance(place, after, amount, item.time, row));
        if amount.is_none() {
            self.reject(item, of, counted);
        }
        Some((before, amount?))
    }

    /// Chunk, as it is numbered in the whole call, and row.
    #[inline]
    pub(super) fn row_of(&self, item: &Item) -> (u32, u32) {
        self.before.numbered(item.row())
    }

    /// Whether a line can be split; else it is rejected as the general way does.
    #[cold]
    fn can_split(&self, item: &Item, amount: i128, counted: &mut Counted) -> bool {
        let (chunk, at) = (&self.chunks[item.chunk as usize], item.at.into());
        let fault = split_fault(self.context(item.chunk), &chunk.rows, &chunk.lane, at, amount);
        let fault = fault.map(|fault| counted.faults.push((at, fault)));
        fault.is_none()
    }

    /// Rejects a row, unless it is rejected already, because its amount or its counter's has too many digits.
    #[cold]
    fn reject(&self, item: &Item, of: &Move, counted: &mut Counted) {
        let at = item.at.into();
        if counted.faults.last().is_none_or(|fault| fault.0 != at) {
            let path = &self.context(item.chunk).compiled.charges[of.charge as usize].path;
            counted.faults.push((at, Fault::new(Code::Overflow, path, None)));
        }
    }
}
