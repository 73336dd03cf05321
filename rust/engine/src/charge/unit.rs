//! `unit`: connect fee + price × billed(q) / per, or steps within one record.

use super::exact::{in_range, ratio, rounded, rounded_ratio};
use super::{Block, Input, Priced, Slot, Target};
use crate::column::ONE;
use crate::reject::Code;

/// A part of one record: from `start` up to `up_to`, at its own price and in its own blocks.
#[derive(Debug, Clone)]
pub struct Step {
    pub start: i128,
    pub up_to: Option<i128>,
    pub price: Slot,
    pub per: i128,
    pub block: Block,
}

/// A unit price; without steps of its own it has one that does not end.
#[derive(Debug, Clone)]
pub struct Unit {
    pub connect_fee: Slot,
    pub connect_at_zero: bool,
    pub steps: Vec<Step>,
}

impl Unit {
    #[inline]
    pub(super) fn price(&self, values: &[i128], input: &Input, target: Target) -> Result<Priced, Code> {
        let connect = input.connect(values[self.connect_fee], self.connect_at_zero);
        match self.steps.as_slice() {
            [step] => step.price(values, input, connect, target),
            steps => Self::price_steps(steps, values, input, connect, target),
        }
    }

    /// Adds up the steps exactly, and rounds once. Units that are already in blocks run on from where the segment
    /// before ended, and so may cross a step: a block is of the step that it begins in.
    fn price_steps(
        steps: &[Step],
        values: &[i128],
        input: &Input,
        connect: i128,
        target: Target,
    ) -> Result<Priced, Code> {
        let (sign, quantity) = (input.quantity.signum(), input.billed.unwrap_or(input.quantity).abs());
        let end = input.start.checked_add(quantity).ok_or(Code::Overflow)?;
        let (mut at, mut billed, mut exact) = (input.start, 0_i128, ratio(connect)?);
        for step in steps {
            let limit = step.up_to.map_or(end, |up_to| end.min(up_to));
            while at < limit {
                let units = step.block.run(at == step.start, limit - at)?;
                billed = in_range(billed.checked_add(sign * units).ok_or(Code::Overflow)?)?;
                let part = step.exact(values, sign * units)?;
                exact = exact.checked_add(part).map_err(|_| Code::Overflow)?;
                at = at.checked_add(units).ok_or(Code::Overflow)?;
            }
        }
        Ok(Priced { amount: rounded_ratio(exact, target)?, billed })
    }
}

impl Step {
    #[inline]
    fn price(&self, values: &[i128], input: &Input, connect: i128, target: Target) -> Result<Priced, Code> {
        let billed = match input.billed {
            Some(billed) => billed,
            None => self.block.billed(input.quantity)?,
        };
        // In whole units where both allow it: the numbers are 10^12 times smaller, and 64-bit division does.
        let (units, per) = match input.whole {
            Some(_) if input.billed.is_none() && self.per % ONE == 0 && self.block.is_whole() => {
                (billed / ONE, self.per / ONE)
            }
            _ => (billed, self.per),
        };
        let numerator = values[self.price]
            .checked_mul(units)
            .and_then(|price| connect.checked_mul(per).and_then(|connect| connect.checked_add(price)));
        let amount = if let Some(numerator) = numerator {
            rounded(numerator, per, target)?
        } else {
            let exact = self.exact(values, billed)?.checked_add(ratio(connect)?).map_err(|_| Code::Overflow)?;
            rounded_ratio(exact, target)?
        };
        Ok(Priced { amount, billed })
    }

    /// price × units / per.
    pub fn exact(&self, values: &[i128], units: i128) -> Result<partita_money::Ratio, Code> {
        let product = ratio(values[self.price])?.checked_mul(ratio(units)?);
        product
            .and_then(|product| product.checked_div(partita_money::Dec::from_raw(self.per)?))
            .map_err(|_| Code::Overflow)
    }
}
