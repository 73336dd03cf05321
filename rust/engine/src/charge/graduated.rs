//! `graduated`: each unit at the price of the tier it falls in, tiers counted over a period.
//!
//! A line is total(after) − total(before), where total(q) = Σ over tiers of units in the tier × price / per + the
//! tier's flat fee if entered. Without `round` both totals are stored at 12 decimals, so that lines telescope exactly.

use partita_money::{Dec, Ratio, Rounding, div_round_i128};

use super::exact::{in_range, ratio, rounded, rounded_ratio};
use super::{Block, Count, Input, Priced, Slot, Target};
use crate::reject::Code;

/// Units above `start`, up to and including `up_to`.
#[derive(Debug, Clone)]
pub struct Tier {
    pub start: i128,
    pub up_to: Option<i128>,
    pub price: Slot,
    pub flat: Slot,
}

/// Tiers over what its scope counts.
#[derive(Debug, Clone)]
pub struct Graduated {
    pub tiers: Vec<Tier>,
    pub per: i128,
    pub connect_fee: Slot,
    pub connect_at_zero: bool,
    pub block: Block,
    /// Whether the charge has a `round` of its own: then the exact difference is rounded, not each total.
    pub rounds: bool,
}

impl Graduated {
    #[inline]
    pub(super) fn price(
        &self,
        values: &[i128],
        input: &Input,
        count: &mut Count,
        target: Target,
    ) -> Result<Priced, Code> {
        let billed = match input.billed {
            Some(billed) => billed,
            None => self.block.billed(input.quantity)?,
        };
        let before = count.quantity;
        let after = in_range(before.checked_add(billed).ok_or(Code::Overflow)?)?;
        let connect = input.connect(values[self.connect_fee], self.connect_at_zero);
        let paid = if input.fee_paid && before == 0 && after > 0 { values[self.tiers[0].flat] } else { 0 };
        let connect = connect - paid;
        let amount = match self.in_whole_units(values, before, after, connect, target) {
            Some(amount) => amount?,
            None => self.exactly(values, before, after, connect, target)?,
        };
        count.quantity = after;
        Ok(Priced { amount, billed })
    }

    /// The line where quantities and `per` are whole and every product fits 64 bits, as on most bills: each total is
    /// then one small fraction over `per`.
    #[inline]
    fn in_whole_units(
        &self,
        values: &[i128],
        before: i128,
        after: i128,
        connect: i128,
        target: Target,
    ) -> Option<Result<i128, Code>> {
        let per = whole(self.per)?;
        let (from, to) = (self.numerator(values, whole(before)?, per)?, self.numerator(values, whole(after)?, per)?);
        if self.rounds {
            let numerator = to.checked_sub(from)?.checked_add(i64::try_from(connect).ok()?.checked_mul(per)?)?;
            return Some(rounded(i128::from(numerator), i128::from(per), target));
        }
        let stored = |numerator: i64| div_round_i128(i128::from(numerator), i128::from(per), Rounding::HalfEven).ok();
        let difference = stored(to)? - stored(from)? + connect;
        Some(target.of_raw(difference))
    }

    /// total(q) × per for whole units; none below 0 or past 64 bits.
    #[inline]
    fn numerator(&self, values: &[i128], quantity: i64, per: i64) -> Option<i64> {
        if quantity < 0 {
            return None;
        }
        let mut total = 0_i64;
        for tier in &self.tiers {
            let start = whole(tier.start)?;
            if quantity <= start {
                break;
            }
            let end = match tier.up_to {
                Some(up_to) => quantity.min(whole(up_to)?),
                None => quantity,
            };
            let price = i64::try_from(values[tier.price]).ok()?.checked_mul(end - start)?;
            let flat = i64::try_from(values[tier.flat]).ok()?.checked_mul(per)?;
            total = total.checked_add(price)?.checked_add(flat)?;
        }
        Some(total)
    }

    /// The same for any numbers.
    fn exactly(&self, values: &[i128], before: i128, after: i128, connect: i128, target: Target) -> Result<i128, Code> {
        let (from, to) = (self.total(values, before)?, self.total(values, after)?);
        let connect = ratio(connect)?;
        let exact = if self.rounds {
            to.checked_sub(from)
        } else {
            let stored = |total: Ratio| rounded_ratio(total, Target::STORED).and_then(ratio);
            stored(to)?.checked_sub(stored(from)?)
        };
        let exact = exact.and_then(|difference| difference.checked_add(connect)).map_err(|_| Code::Overflow)?;
        rounded_ratio(exact, target)
    }

    /// total(q), exactly; below 0, which only signed corrections reach, units count at the first price without its fee.
    fn total(&self, values: &[i128], quantity: i128) -> Result<Ratio, Code> {
        if let (true, Some(first)) = (quantity < 0, self.tiers.first()) {
            let price = ratio(values[first.price])?.checked_mul(ratio(quantity)?);
            let price = price.and_then(|product| product.checked_div(Dec::from_raw(self.per)?));
            return price.map_err(|_| Code::Overflow);
        }
        let mut total = Ratio::ZERO;
        for tier in self.tiers.iter().take_while(|tier| quantity > tier.start) {
            let units = tier.up_to.map_or(quantity, |up_to| quantity.min(up_to)) - tier.start;
            let price = ratio(values[tier.price])?.checked_mul(ratio(units)?);
            let price = price.and_then(|product| product.checked_div(Dec::from_raw(self.per)?));
            total = price
                .and_then(|price| total.checked_add(price))
                .and_then(|total| total.checked_add(Dec::from_raw(values[tier.flat])?))
                .map_err(|_| Code::Overflow)?;
        }
        Ok(total)
    }

    /// The fee of the first tier, which a counter that stays at 0 still owes.
    pub fn first_fee(&self) -> Option<Slot> {
        self.tiers.first().map(|tier| tier.flat)
    }
}

/// A raw number as whole units, if it is whole and small.
#[inline]
fn whole(raw: i128) -> Option<i64> {
    const UNIT: i64 = 1_000_000_000_000;
    let raw = i64::try_from(raw).ok()?;
    (raw % UNIT == 0).then_some(raw / UNIT)
}
