//! Time bands: which band of a calendar holds an instant, and until when. The edges are compiled outside.

use crate::catalog;
use crate::clock::{DAY, HORIZON};
use crate::names::Names;

/// The index that ends the compiled years.
const END: i32 = -2;

/// The band of an instant: a code (`none` is the number of bands), and the instants between which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub band: u32,
    pub from: i64,
    pub until: i64,
}

/// Half-open UTC edges, rising, and the band that starts at each.
#[derive(Debug, Clone, Default)]
pub struct Edges {
    starts: Vec<i64>,
    bands: Vec<u32>,
    end: i64,
    /// By day from 1970-01-01 in UTC: how many edges start before it.
    by_day: Vec<u32>,
}

impl Edges {
    fn new(edges: &[(i64, i32)], codes: &[u32], none: u32) -> Self {
        let end = edges.last().filter(|edge| edge.1 == END).map_or(i64::MAX, |edge| edge.0);
        let inside = edges.iter().filter(|edge| edge.1 != END);
        let (starts, bands): (Vec<i64>, Vec<u32>) = inside
            .map(|&(start, band)| {
                (start, usize::try_from(band).ok().and_then(|b| codes.get(b)).copied().unwrap_or(none))
            })
            .unzip();
        let days = 0..if starts.is_empty() { 0 } else { HORIZON / DAY };
        let by_day = days.map(|day| Self::before(&starts, day * DAY)).collect();
        Self { starts, bands, end, by_day }
    }

    /// How many edges start before an instant.
    fn before(starts: &[i64], instant: i64) -> u32 {
        u32::try_from(starts.partition_point(|&start| start < instant)).unwrap_or(u32::MAX)
    }

    /// The band of an instant; none outside the compiled years. `near` is where the last one was found: records come
    /// mostly in order of time.
    #[inline]
    pub fn at(&self, instant: i64, near: &mut usize) -> Option<Span> {
        let next = |at: usize| self.starts.get(at + 1).copied().unwrap_or(self.end);
        let holds = |at: usize| self.starts.get(at).is_some_and(|&start| start <= instant) && instant < next(at);
        if !holds(*near) {
            // Days have few edges.
            let day = usize::try_from(instant / DAY).ok().and_then(|day| self.by_day.get(day));
            let mut after = day.map_or(0, |&before| before as usize);
            while self.starts.get(after).is_some_and(|&start| start <= instant) {
                after += 1;
            }
            if after == 0 || instant >= self.end {
                return None;
            }
            *near = after - 1;
        }
        Some(Span { band: self.bands[*near], from: self.starts[*near], until: next(*near) })
    }
}

/// A calendar: edges in its own zone, or in each account's.
#[derive(Debug)]
pub struct Calendar {
    /// By index of clock; one entry only when the calendar has a zone of its own.
    edges: Vec<Edges>,
    own_zone: bool,
}

impl Calendar {
    pub(crate) fn new(terms: &catalog::Calendar, clocks: &Names, bands: &Names) -> Self {
        let none = u32::try_from(bands.len()).unwrap_or(u32::MAX);
        let codes: Vec<u32> = terms.bands.iter().map(|band| bands.code(band).unwrap_or(none)).collect();
        let compiled = |edges: Option<&Vec<(i64, i32)>>| edges.map(|e| Edges::new(e, &codes, none)).unwrap_or_default();
        let edges = match &terms.zone {
            Some(zone) => vec![compiled(terms.edges.get(zone))],
            None => clocks.all().map(|clock| compiled(terms.edges.get(clock))).collect(),
        };
        Self { edges, own_zone: terms.zone.is_some() }
    }

    /// The edges for an account with this clock.
    #[inline]
    pub fn edges(&self, clock: u32) -> &Edges {
        &self.edges[if self.own_zone { 0 } else { clock as usize }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_open_edges_and_the_end_of_the_years() {
        let edges = Edges::new(&[(100, 0), (200, 1), (300, -1), (400, END)], &[7, 8], 9);
        let mut near = 0;
        for (instant, expected) in [
            (99, None),
            (100, Some((7, 200))),
            (199, Some((7, 200))),
            (200, Some((8, 300))),
            (399, Some((9, 400))),
            (400, None),
        ] {
            assert_eq!(edges.at(instant, &mut near).map(|span| (span.band, span.until)), expected, "{instant}");
        }
    }
}
