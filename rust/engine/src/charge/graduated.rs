//! `graduated`: each unit at the price of the tier it falls in, tiers counted over a period.
//!
//! A line is total(after) − total(before), where total(q) = Σ over tiers of units in the tier × price / per + the
//! tier's flat fee if entered. Without `round` both totals are stored at 12 decimals, so that lines telescope exactly.

use partita_money::{Dec, Ratio};

use super::exact::{in_range, ratio, rounded_ratio};
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
        let connect = match billed.signum() {
            0 if !self.connect_at_zero => 0,
            _ if !input.first => 0,
            -1 => -values[self.connect_fee],
            _ => values[self.connect_fee],
        };
        let amount = match self.within_one_tier(values, before, after) {
            Some(difference) => target.of_raw(in_range(difference.saturating_add(connect))?)?,
            None => self.across_tiers(values, before, after, connect, target)?,
        };
        count.quantity = after;
        Ok(Priced { amount, billed })
    }

    /// The difference, where both ends lie in one entered tier and a unit's price needs no rounding: then it is a
    /// product. Most records of most bills go this way.
    #[inline]
    fn within_one_tier(&self, values: &[i128], before: i128, after: i128) -> Option<i128> {
        let tier = self.tiers.iter().find(|tier| tier.up_to.is_none_or(|up_to| after <= up_to))?;
        if after <= tier.start {
            return None;
        }
        let inside = |units: i128| units > tier.start && tier.up_to.is_none_or(|up_to| units <= up_to);
        if !inside(before) {
            return None;
        }
        let product = values[tier.price].checked_mul(after - before)?;
        let (price, rest) = divided(product, self.per)?;
        (rest == 0).then_some(price)
    }

    fn across_tiers(
        &self,
        values: &[i128],
        before: i128,
        after: i128,
        connect: i128,
        target: Target,
    ) -> Result<i128, Code> {
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

/// Quotient and remainder, by 64-bit division where both fit.
#[inline]
fn divided(numerator: i128, denominator: i128) -> Option<(i128, i128)> {
    if let (Ok(n), Ok(d)) = (i64::try_from(numerator), i64::try_from(denominator)) {
        return Some((i128::from(n.checked_div(d)?), i128::from(n % d)));
    }
    Some((numerator.checked_div(denominator)?, numerator % denominator))
}
