//! What rows use, what is billed of it, and what that costs.

use crate::charge::MOST_UNITS;
use crate::column::{Cell, Numbers};
use crate::rate::holders::BLOCK;
use crate::rate::lane::NO_UNITS;
use crate::rate::lane::block::Block;

use super::{Entry, OTHER};

impl Entry<'_, '_> {
    /// Their quantities in whole units, within bounds.
    #[inline(never)]
    pub(super) fn find_quantities(&self, first: usize, len: usize, block: &mut Block) {
        let rows = first..first + len;
        let bounded = |units: i64| if (0..=MOST_UNITS).contains(&units) { units } else { OTHER };
        let quantity = &self.rows.quantity;
        let units = self.units.and_then(|units| units.get(rows.clone()));
        // All mostly are: to see that of all at once takes few steps.
        let are_bounded = |units: &[i64]| (0..MOST_UNITS).contains(&units.iter().fold(0, |all, units| all | units));
        if let Some(units) =
            units.and_then(|units| <&[i64; BLOCK]>::try_from(units).ok()).filter(|&units| are_bounded(units))
        {
            block.quantity = *units;
            return;
        }
        let to = block.quantity.iter_mut();
        match (units, self.raw) {
            (Some(units), _) => to.zip(units).for_each(|(to, &units)| *to = bounded(units)),
            (None, Some(raw)) => {
                to.zip(&raw[rows]).for_each(|(to, &raw)| *to = Numbers::units_of(raw).map_or(OTHER, bounded));
            }
            (None, None) => to.zip(rows).for_each(|(to, row)| {
                let is_fine = quantity.cells.get(row) == Cell::Fine;
                *to = if is_fine { quantity.units(row).map_or(OTHER, bounded) } else { NO_UNITS };
            }),
        }
    }

    /// What is billed of them.
    #[inline(never)]
    pub(super) fn find_billed(&self, len: usize, block: &mut Block) {
        if self.bills_as_is {
            block.billed = block.quantity;
            block.fits.iter_mut().zip(&block.quantity).for_each(|(fits, &quantity)| *fits &= quantity >= 0);
            return;
        }
        for at in 0..len.min(BLOCK) {
            if block.fits[at] {
                let (whole, quantity) = (&self.charges[block.mark[at] as usize].whole, block.quantity[at]);
                block.fits[at] = quantity >= 0 || (quantity == NO_UNITS && !whole.reads_quantity());
                let billed = if quantity < 0 { None } else { whole.billed(quantity) };
                block.billed[at] = billed.unwrap_or(NO_UNITS);
            }
        }
    }

    /// What that costs; of what counts, the price is known when its counter is.
    #[inline(never)]
    pub(super) fn find_amounts(&mut self, len: usize, block: &mut Block) {
        for at in 0..len.min(BLOCK) {
            if !block.fits[at] {
                continue;
            }
            let (mark, quantity, billed) = (block.mark[at], block.quantity[at], block.billed[at]);
            let charge = self.charges[mark as usize];
            block.amount[at] = 0;
            if charge.counted.is_none() {
                let set = self.marks.get(mark).set;
                let amount = charge.whole.price(if billed < 0 { 0 } else { billed }, quantity != 0);
                let amount = amount.filter(|&amount| set == 0 || self.can_split(set, amount));
                (block.amount[at], block.fits[at]) = (amount.unwrap_or(0), amount.is_some());
            }
        }
    }

    /// Whether a line can be split; one that counts is asked when its amount is known.
    fn can_split(&mut self, set: u32, amount: i128) -> bool {
        let (lanes, scratch) = (&self.context.compiled.lanes, &mut self.scratch);
        let agreements = &self.sets[set as usize];
        lanes.safe(agreements).holds(amount)
            || agreements
                .iter()
                .all(|&agreement| lanes.parts(agreement).is_some_and(|parts| parts.split(amount, scratch).is_some()))
    }
}
