//! `dynamic`: the record carries its amount, or its unit price; times a factor.

use super::exact::{ratio, rounded_ratio};
use super::{Input, NULL, Priced, Slot, Target};
use crate::column::ONE;
use crate::reject::Code;

/// The record's own amount, or unit price × quantity.
#[derive(Debug, Clone)]
pub struct Dynamic {
    pub times_quantity: bool,
    pub factor: Slot,
}

impl Dynamic {
    #[inline]
    pub(super) fn price(&self, values: &[i128], input: &Input, target: Target) -> Result<Priced, Code> {
        let factor = values[self.factor];
        let billed = if self.times_quantity { input.quantity } else { NULL };
        if factor == ONE && !self.times_quantity {
            return Ok(Priced { amount: target.of_raw(input.amount)?, billed });
        }
        let mut exact = ratio(input.amount)?.checked_mul(ratio(factor)?).map_err(|_| Code::Overflow)?;
        if self.times_quantity {
            exact = exact.checked_mul(ratio(input.quantity)?).map_err(|_| Code::Overflow)?;
        }
        Ok(Priced { amount: rounded_ratio(exact, target)?, billed })
    }
}
