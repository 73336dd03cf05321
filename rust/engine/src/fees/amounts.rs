//! Proration: the part of a cycle's fee that a subscription's days with a plan owe.

use partita_money::{Dec, Ratio, Rounding, Wide};

use crate::charge::Target;
use crate::error::Result;
use crate::fees::holder::Holder;

/// Days of a cycle: those a fee is due for, and all. Without proration, all or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    pub days: i32,
    pub of_days: i32,
    /// The start of the time covered, or of the cycle if there is none.
    pub start: i64,
}

impl Part {
    /// The part of a fee, rounded once.
    pub fn amount(self, fee: i128, target: Target) -> Result<i128> {
        let exact = Ratio::new(self.days, self.of_days)?.checked_mul(Dec::from_raw(fee)?)?;
        Ok(exact.to_dec(target.decimals, target.mode)?.raw())
    }

    /// The whole days that an amount of a fee is for, whatever it was rounded to.
    pub fn days_of(self, amount: i128, fee: i128) -> i32 {
        let days = Wide::product(amount, self.of_days.into()).div_round(fee, Rounding::HalfUp);
        days.ok().and_then(Wide::to_i128).and_then(|days| i32::try_from(days).ok()).unwrap_or(0)
    }
}

/// The days of a cycle in which the plan is held by holdings that began in `known`, as far as they lie before an instant.
///
/// Calendar days in the account's zone, start inclusive, end exclusive: every day belongs to one of two successive
/// plans, and a start and stop on one day is no day.
pub fn part_of(holder: &Holder, month: i32, prorate: bool, known: (i64, i64), before: i64) -> Part {
    let (cycle_start, cycle_end) = holder.cycles.range(month);
    let of_days = holder.days(month).max(1);
    let (mut days, mut first) = (0, None::<i64>);
    for holding in holder.holdings.iter().filter(|holding| holding.held.plan == holder.plan) {
        let is_known = known.0 <= holding.from && holding.from < known.1;
        let (start, end) = (cycle_start.max(holding.from), cycle_end.min(holding.until));
        if !is_known || start >= end {
            continue;
        }
        first = Some(first.map_or(start, |first| first.min(start)));
        let end = end.min(before);
        if start < end {
            days += if prorate { holder.clock.day(end) - holder.clock.day(start) } else { of_days };
        }
    }
    Part { days: days.min(of_days), of_days, start: first.unwrap_or(cycle_start) }
}
