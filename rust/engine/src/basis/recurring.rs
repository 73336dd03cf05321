//! `recurring`: a fee for each calendar month that an agreement is in force, prorated by day.

use partita_money::{Dec, Ratio};

use crate::charge::Target;
use crate::clock::{TimeZone, first_day_of_month};
use crate::error::Result;

/// From an instant until another.
pub type Span = (i64, i64);

/// A calendar month in the zone of an agreement.
#[derive(Debug, Clone, Copy)]
pub struct Month<'a> {
    pub clock: &'a TimeZone,
    pub start: i64,
    pub end: i64,
    pub days: i32,
}

impl<'a> Month<'a> {
    /// The month counted from 1970-01.
    pub fn new(clock: &'a TimeZone, month: i32) -> Self {
        let (first, next) = (first_day_of_month(month), first_day_of_month(month + 1));
        Self { clock, start: clock.midnight(first), end: clock.midnight(next), days: next - first }
    }

    /// The time of the month that is common to all spans; none if there is none.
    pub fn common(&self, spans: &[Span]) -> Option<Span> {
        let start = spans.iter().fold(self.start, |start, span| start.max(span.0));
        let end = spans.iter().fold(self.end, |end, span| end.min(span.1));
        (start < end).then_some((start, end))
    }

    /// Days of the month that a fee is due for: start inclusive, end exclusive; all of them without proration.
    pub fn days_due(&self, spans: &[Span], prorate: bool) -> i32 {
        match self.common(spans) {
            None => 0,
            Some(_) if !prorate => self.days,
            Some((start, end)) => self.clock.day(end) - self.clock.day(start),
        }
    }

    /// The part of a fee due for some days of the month, rounded once.
    pub fn part(&self, fee: i128, days: i32, target: Target) -> Result<i128> {
        let part = Ratio::new(days.min(self.days), self.days)?.checked_mul(Dec::from_raw(fee)?)?;
        Ok(part.to_dec(target.decimals, target.mode)?.raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeZone as Terms;
    use crate::clock::{DAY, month_of_name};
    use crate::fixture::{day, raw};

    #[test]
    fn days_of_a_month() {
        let clock = TimeZone::new(&Terms { name: "UTC".into(), transitions: Vec::new() });
        let month = Month::new(&clock, month_of_name("2026-10").unwrap());
        let at = |text: &str| i64::from(day(text)) * DAY;
        for (from, until, prorate, days) in [
            ("2026-01-01", "2027-01-01", true, 31),
            ("2026-10-10", "2027-01-01", true, 22),
            ("2026-01-01", "2026-10-10", true, 9),
            ("2026-10-10", "2026-10-10", true, 0),
            ("2026-10-10", "2026-10-11", false, 31),
            ("2026-11-01", "2027-01-01", false, 0),
        ] {
            assert_eq!(month.days_due(&[(at(from), at(until))], prorate), days, "{from} to {until}");
        }
        assert_eq!(month.part(raw("31"), 22, Target::STORED).unwrap(), raw("22"));
        assert_eq!(month.part(raw("100"), 15, Target::STORED).unwrap(), raw("48.387096774194"));
    }
}
