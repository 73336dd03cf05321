//! Local time without a time-zone database: zones come down as lists of UTC transitions.
//!
//! Instants are microseconds since 1970-01-01T00:00Z; the engine knows the years 1970 to 2099 and rejects records
//! outside them. Billing cycles are half-open ranges of instants that start at local midnight of one day a month.

use crate::catalog::{Moment, TimeZone as ZoneTerms};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in a day of 24 hours.
pub const DAY: i64 = 86_400 * SECOND;
/// The first instant that is out of range: 2100-01-01T00:00Z.
pub const HORIZON: i64 = 4_102_444_800 * SECOND;
/// 400 years of 146,097 days have 4,800 months.
const MEAN_MONTH: i64 = DAY / 4_800 * 146_097;
/// Months from 1970-01 that can be billed, with one to spare for cycles that end in 2100.
pub const MONTHS: i32 = 131 * 12;

/// Days since 1970-01-01 of a civil date (Gregorian; Howard Hinnant's `days_from_civil`).
pub const fn days_from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Days in a month counted from 1970-01.
pub const fn first_day_of_month(month: i32) -> i32 {
    days_from_civil(1970 + month.div_euclid(12), month.rem_euclid(12) + 1, 1)
}

/// `2026-10` of a month counted from 1970-01.
pub fn month_name(month: i32) -> String {
    format!("{:04}-{:02}", 1970 + month.div_euclid(12), month.rem_euclid(12) + 1)
}

/// The month counted from 1970-01 of a name such as `2026-10`.
pub fn month_of_name(name: &str) -> Option<i32> {
    let (year, month) = name.split_once('-')?;
    if year.len() != 4 || month.len() != 2 || !name.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return None;
    }
    let (year, month): (i32, i32) = (year.parse().ok()?, month.parse().ok()?);
    ((1970..2100).contains(&year) && (1..=12).contains(&month)).then_some((year - 1970) * 12 + month - 1)
}

/// Why a local time has no single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ambiguous;

/// A time zone: from each transition on (microseconds), local time is UTC plus an offset (microseconds).
#[derive(Debug, Clone)]
pub struct TimeZone {
    pub name: String,
    starts: Vec<i64>,
    offsets: Vec<i64>,
}

impl TimeZone {
    /// The zone of a document's transitions; a zone without any is UTC.
    pub fn new(terms: &ZoneTerms) -> Self {
        let mut starts: Vec<i64> = terms.transitions.iter().map(|t| t.0.saturating_mul(SECOND)).collect();
        let mut offsets: Vec<i64> = terms.transitions.iter().map(|t| i64::from(t.1) * SECOND).collect();
        if starts.is_empty() {
            (starts, offsets) = (vec![0], vec![0]);
        }
        Self { name: terms.name.clone(), starts, offsets }
    }

    fn segment(&self, instant: i64) -> usize {
        self.starts.partition_point(|&start| start <= instant).saturating_sub(1)
    }

    /// Local time (microseconds since 1970-01-01 local) of an instant.
    pub fn local(&self, instant: i64) -> i64 {
        instant.saturating_add(self.offsets[self.segment(instant)])
    }

    /// The instant of a local time. One that daylight saving repeats is the first, one that it skips moves forward by
    /// the gap; with `refuse` both are `Ambiguous` (semantics §3).
    pub fn instant(&self, local: i64, refuse: bool) -> Result<i64, Ambiguous> {
        let first = self.segment(local.saturating_sub(2 * DAY));
        let last = self.segment(local.saturating_add(2 * DAY));
        let mut found: Option<i64> = None;
        let mut before_gap = None;
        for i in first..=last {
            let instant = local.saturating_sub(self.offsets[i]);
            let starts = i == 0 || instant >= self.starts[i];
            let ends = self.starts.get(i + 1).is_none_or(|&next| instant < next);
            match (starts, ends) {
                (true, true) if found.is_some() => return if refuse { Err(Ambiguous) } else { found.ok_or(Ambiguous) },
                (true, true) => found = Some(instant),
                // The last segment that this local time has already passed: the gap follows it.
                (true, false) => before_gap = Some(instant),
                _ => {}
            }
        }
        match found {
            Some(instant) => Ok(instant),
            None if refuse => Err(Ambiguous),
            None => before_gap.ok_or(Ambiguous),
        }
    }

    /// The instant of local midnight at the start of a day (days since 1970-01-01).
    pub fn midnight(&self, day: i32) -> i64 {
        let local = i64::from(day) * DAY;
        self.instant(local, false).unwrap_or(local)
    }

    /// The local day (days since 1970-01-01) that holds an instant.
    pub fn day(&self, instant: i64) -> i32 {
        i32::try_from(self.local(instant).div_euclid(DAY)).unwrap_or(i32::MAX)
    }

    /// The instant of a date or instant of the catalog.
    pub fn moment(&self, moment: Moment) -> i64 {
        match moment {
            Moment::Date(day) => self.midnight(day),
            Moment::Instant(instant) => instant,
        }
    }
}

/// Billing cycles of one zone and cycle day. The cycle of month m is the one whose last day lies in m.
#[derive(Debug, Clone)]
pub struct Cycles {
    pub zone: usize,
    pub day: i32,
    /// `starts[m + 1]` starts the cycle of the month m counted from 1970-01, `starts[0]` the one before.
    starts: Vec<i64>,
}

impl Cycles {
    /// The cycles that start on `day` (1 to 28) of each month in `zone`.
    pub fn new(zone: usize, clock: &TimeZone, day: i32) -> Self {
        let shift = i32::from(day > 1);
        let starts = (-1..=MONTHS).map(|month| clock.midnight(first_day_of_month(month - shift) + day - 1)).collect();
        Self { zone, day, starts }
    }

    /// The month (counted from 1970-01) that names the cycle of an instant.
    pub fn month(&self, instant: i64) -> i32 {
        // By the mean length of a Gregorian month, then exact.
        let mut i = usize::try_from(instant.max(0) / MEAN_MONTH).unwrap_or(0).min(self.starts.len() - 1);
        while i + 1 < self.starts.len() && self.starts[i + 1] <= instant {
            i += 1;
        }
        while i > 0 && self.starts[i] > instant {
            i -= 1;
        }
        i32::try_from(i).unwrap_or(i32::MAX) - 1
    }

    /// Start (inclusive) and end (exclusive) of the cycle of a month counted from 1970-01.
    pub fn range(&self, month: i32) -> (i64, i64) {
        let last = self.starts.len() - 1;
        let i = usize::try_from(month + 1).unwrap_or(0).min(last - 1);
        (self.starts[i], self.starts[i + 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stockholm() -> TimeZone {
        let transitions = vec![(0, 3600), (1_774_746_000, 7200), (1_792_890_000, 3600)];
        TimeZone::new(&ZoneTerms { name: "Europe/Stockholm".into(), transitions })
    }

    fn at(day: i32, hour: i64, minute: i64) -> i64 {
        i64::from(day) * DAY + (hour * 3600 + minute * 60) * SECOND
    }

    #[test]
    fn civil_days() {
        for (date, days) in [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2026, 11, 22), 20_779), ((1969, 12, 31), -1)]
        {
            assert_eq!(days_from_civil(date.0, date.1, date.2), days);
        }
    }

    #[test]
    fn skipped_and_repeated_local_times() {
        let clock = stockholm();
        let spring = days_from_civil(2026, 3, 29);
        let autumn = days_from_civil(2026, 10, 25);
        // 02:30 does not exist: 03:30 summer time, 01:30 UTC.
        assert_eq!(clock.instant(at(spring, 2, 30), false), Ok(at(spring, 1, 30)));
        assert_eq!(clock.instant(at(spring, 2, 30), true), Err(Ambiguous));
        // 02:30 exists twice: the first is 00:30 UTC.
        assert_eq!(clock.instant(at(autumn, 2, 30), false), Ok(at(autumn, 0, 30)));
        assert_eq!(clock.instant(at(autumn, 2, 30), true), Err(Ambiguous));
        assert_eq!(clock.instant(at(autumn, 3, 0), true), Ok(at(autumn, 2, 0)));
        assert_eq!(clock.local(at(autumn, 0, 30)), at(autumn, 2, 30));
    }

    #[test]
    fn cycles_are_named_by_their_last_day() {
        let clock = stockholm();
        let october = month_of_name("2026-10").unwrap();
        let first = Cycles::new(0, &clock, 1);
        let fifteenth = Cycles::new(0, &clock, 15);
        let start = clock.midnight(days_from_civil(2026, 10, 1));
        assert_eq!(first.range(october), (start, clock.midnight(days_from_civil(2026, 11, 1))));
        assert_eq!(first.month(start), october);
        assert_eq!(first.month(start - 1), october - 1);
        let middle = clock.midnight(days_from_civil(2026, 10, 15));
        assert_eq!(fifteenth.range(october), (clock.midnight(days_from_civil(2026, 9, 15)), middle));
        assert_eq!(fifteenth.month(middle - 1), october);
        assert_eq!(fifteenth.month(middle), october + 1);
        for month in [0, 1, 300, 1000, 1558] {
            assert_eq!(fifteenth.month(fifteenth.range(month).0), month);
        }
        assert_eq!(month_name(october), "2026-10");
    }
}
