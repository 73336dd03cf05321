//! Time bands: which band of a calendar holds an instant, and until when.
//!
//! The hours of a band on one day are a half-open range of instants, from that of their local start until that of their
//! local end: daylight saving moves an edge by the rule for every local time (semantics §3), and no instant is in two
//! bands. The edges of a zone are laid out when the first record asks for them.

use std::sync::OnceLock;

use crate::catalog;
use crate::clock::{DAY, HORIZON, MINUTE, TimeZone};
use crate::names::Names;

/// The kind of day that a holiday is, after those of the week.
const HOLIDAY: u8 = 7;
/// 1970-01-01 was a Thursday; Monday is 0.
const FIRST_WEEKDAY: i32 = 3;

/// The band of an instant: a code (`none` is the number of bands), and the instants between which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub band: u32,
    pub from: i64,
    pub until: i64,
}

/// Half-open UTC edges from 1970 to 2100, rising, and the band that starts at each.
#[derive(Debug, Clone, Default)]
pub struct Edges {
    starts: Vec<i64>,
    bands: Vec<u32>,
    /// By day from 1970-01-01 in UTC: how many edges start before it.
    by_day: Vec<u32>,
}

impl Edges {
    /// From spans with the rank of their bands, of which the lowest counts, and the band of what they leave.
    fn new(mut spans: Vec<(i64, i64, usize)>, codes: &[u32], rest: u32) -> Self {
        spans.sort_unstable();
        let mut cuts: Vec<i64> = spans.iter().flat_map(|&(start, end, _)| [start, end]).chain([0]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut edges = Self::default();
        let (mut next, mut holding) = (0, Vec::new());
        for cut in cuts {
            while let Some(&(_, end, rank)) = spans.get(next).filter(|span| span.0 <= cut) {
                holding.push((end, rank));
                next += 1;
            }
            holding.retain(|&(end, _)| end > cut);
            let band = holding.iter().map(|&(_, rank)| rank).min().map_or(rest, |rank| codes[rank]);
            edges.add(cut.max(0), band);
        }
        edges.by_day = (0..HORIZON / DAY).map(|day| edges.before(day * DAY)).collect();
        edges
    }

    /// From an instant on, another band holds.
    fn add(&mut self, start: i64, band: u32) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.bands.pop();
        }
        if start < HORIZON && self.bands.last() != Some(&band) {
            self.starts.push(start);
            self.bands.push(band);
        }
    }

    /// How many edges start before an instant.
    fn before(&self, instant: i64) -> u32 {
        u32::try_from(self.starts.partition_point(|&start| start < instant)).unwrap_or(u32::MAX)
    }

    /// The band of an instant; none before 1970 or after 2099. `near` is where the last one was found: records come
    /// mostly in order of time.
    #[inline]
    pub fn at(&self, instant: i64, near: &mut usize) -> Option<Span> {
        let next = |at: usize| self.starts.get(at + 1).copied().unwrap_or(HORIZON);
        let holds = |at: usize| self.starts.get(at).is_some_and(|&start| start <= instant) && instant < next(at);
        if !holds(*near) {
            // Days have few edges.
            let day = usize::try_from(instant.div_euclid(DAY)).ok().and_then(|day| self.by_day.get(day));
            let mut after = *day? as usize;
            while self.starts.get(after).is_some_and(|&start| start <= instant) {
                after += 1;
            }
            *near = after.checked_sub(1)?;
        }
        Some(Span { band: self.bands[*near], from: self.starts[*near], until: next(*near) })
    }
}

/// A calendar: the hours of its bands, and their edges in its own zone or in each account's.
#[derive(Debug)]
pub struct Calendar {
    /// By rank of the band.
    hours: Vec<Vec<catalog::Hours>>,
    codes: Vec<u32>,
    rest: u32,
    /// Days since 1970-01-01, rising.
    holidays: Vec<i32>,
    own_clock: Option<usize>,
    /// By clock.
    edges: Vec<OnceLock<Edges>>,
}

impl Calendar {
    pub(crate) fn new(terms: &catalog::Calendar, clocks: &[TimeZone], bands: &Names) -> Self {
        let none = u32::try_from(bands.len()).unwrap_or(u32::MAX);
        let code = |band: &catalog::Band| bands.code(&band.id).unwrap_or(none);
        let rest = terms.bands.iter().find(|band| band.hours.is_none());
        let mut holidays = terms.holidays.clone();
        holidays.sort_unstable();
        Self {
            hours: terms.bands.iter().map(|band| band.hours.clone().unwrap_or_default()).collect(),
            codes: terms.bands.iter().map(code).collect(),
            rest: rest.map_or(none, code),
            holidays,
            own_clock: terms.zone.as_ref().and_then(|zone| clocks.iter().position(|clock| clock.name == *zone)),
            edges: clocks.iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// The edges for an account with this clock, of all clocks.
    #[inline]
    pub fn edges(&self, clock: u32, clocks: &[TimeZone]) -> &Edges {
        let clock = self.own_clock.unwrap_or(clock as usize);
        self.edges[clock].get_or_init(|| self.lay_out(&clocks[clock]))
    }

    fn lay_out(&self, clock: &TimeZone) -> Edges {
        let ranked = || self.hours.iter().enumerate();
        let all: Vec<_> = ranked().flat_map(|(rank, hours)| hours.iter().map(move |hours| (rank, hours))).collect();
        let mut spans = Vec::new();
        let last = i32::try_from(HORIZON / DAY).unwrap_or(i32::MAX);
        // What holds in the first hours may have begun two days before, in local time.
        for day in -2..=last {
            let kind = self.kind(day);
            for &(rank, hours) in all.iter().filter(|(_, hours)| hours.days.contains(&kind)) {
                let at = |day: i32, minutes: i32| {
                    let local = i64::from(day) * DAY + i64::from(minutes) * MINUTE;
                    clock.instant(local, false).unwrap_or(local)
                };
                let span = (at(day, hours.from), at(day + i32::from(hours.to <= hours.from), hours.to), rank);
                if span.0 < span.1 {
                    spans.push(span);
                }
            }
        }
        Edges::new(spans, &self.codes, self.rest)
    }

    /// The week day, or a holiday.
    fn kind(&self, day: i32) -> u8 {
        let weekday = (day + FIRST_WEEKDAY).rem_euclid(7);
        if self.holidays.binary_search(&day).is_ok() { HOLIDAY } else { u8::try_from(weekday).unwrap_or(HOLIDAY) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_several_bands_holds_and_the_rest_what_they_leave() {
        let edges = Edges::new(vec![(100, 300, 1), (150, 200, 0), (250, 400, 1)], &[7, 8], 9);
        let mut near = 0;
        for (instant, expected) in [
            (-1, None),
            (0, Some((9, 0, 100))),
            (100, Some((8, 100, 150))),
            (199, Some((7, 150, 200))),
            (200, Some((8, 200, 400))),
            (HORIZON - 1, Some((9, 400, HORIZON))),
            (HORIZON, None),
        ] {
            let found = edges.at(instant, &mut near).map(|span| (span.band, span.from, span.until));
            assert_eq!(found, expected, "{instant}");
        }
    }

    #[test]
    fn a_calendar_without_bands_has_none_at_any_time() {
        let edges = Edges::new(Vec::new(), &[], 3);
        assert_eq!(edges.at(12 * DAY, &mut 0), Some(Span { band: 3, from: 0, until: HORIZON }));
    }
}
