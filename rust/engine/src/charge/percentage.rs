//! `percentage`: a rate on the record's amount, with a fixed part and bounds, after what is free.

use super::exact::{ratio, rounded_ratio};
use super::{Count, Input, NULL, Priced, Slot, Target};
use crate::column::ONE;
use crate::reject::Code;

/// clamp(rate × chargeable + fixed, min, max). Free records, then the free amount, are consumed in record order; a
/// record of which nothing is chargeable costs 0. The counter holds records so far, and the amounts of those that
/// came after the free records.
#[derive(Debug, Clone)]
pub struct Percentage {
    pub rate: Slot,
    pub fixed: Slot,
    pub min: Option<Slot>,
    pub max: Option<Slot>,
    pub free_records: i128,
    pub free_amount: i128,
}

impl Percentage {
    pub(super) fn price(
        &self,
        values: &[i128],
        input: &Input,
        count: &mut Count,
        target: Target,
    ) -> Result<Priced, Code> {
        let mut after = *count;
        after.quantity = after.quantity.checked_add(ONE).ok_or(Code::Overflow)?;
        let mut chargeable = 0;
        if after.quantity > self.free_records {
            after.amount = super::exact::in_range(after.amount.saturating_add(input.amount))?;
            // What is taken back was charged as far as it was beyond the free amount.
            let beyond = |amount: i128| amount.saturating_sub(self.free_amount).max(0);
            chargeable = if self.free_amount == 0 { input.amount } else { beyond(after.amount) - beyond(count.amount) };
        }
        let amount = if chargeable == 0 { 0 } else { self.charged(values, chargeable, target)? };
        *count = after;
        Ok(Priced { amount, billed: NULL })
    }

    /// A negative amount, where allowed, mirrors the positive one.
    fn charged(&self, values: &[i128], chargeable: i128, target: Target) -> Result<i128, Code> {
        let sign = chargeable.signum();
        let part = ratio(values[self.rate])?.checked_mul(ratio(chargeable * sign)?);
        let exact = part.and_then(|part| ratio(values[self.fixed]).map_or(Ok(part), |fixed| part.checked_add(fixed)));
        let mut exact = exact.map_err(|_| Code::Overflow)?;
        if let Some(min) = self.min {
            exact = exact.max(ratio(values[min])?);
        }
        if let Some(max) = self.max {
            exact = exact.min(ratio(values[max])?);
        }
        let exact = exact.checked_mul(ratio(sign * ONE)?).map_err(|_| Code::Overflow)?;
        rounded_ratio(exact, target)
    }
}
