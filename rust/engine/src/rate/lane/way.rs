//! Ways through a lane: what the small codes of a row lead to, remembered for the rows that have the same codes.

use crate::compile::NO_LANE;

/// What a row's charge and its sharing depend on, beside its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub plan: u32,
    pub clock: u32,
    pub service: u32,
    /// What the plan's guide tells of service, zone and band.
    pub list: u32,
}

/// Where marks lead, from an instant until another.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub marks: Marks,
    pub from: i64,
    pub until: i64,
    /// Place among the compiled lanes' charges.
    pub charge: u32,
    /// The agreements that share the line.
    pub set: u32,
}

/// The ways found last.
pub struct Ways(Vec<Way>);

/// How many are remembered.
const MOST: usize = 256;

impl Ways {
    /// None yet; for so many rows.
    pub fn new(rows: usize) -> Self {
        let marks = Marks { plan: 0, clock: 0, service: 0, list: 0 };
        let none = Way { marks, from: 0, until: 0, charge: NO_LANE, set: 0 };
        Self(vec![none; rows.clamp(1, MOST).next_power_of_two()])
    }

    /// The way of marks at an instant, if it is remembered.
    #[inline]
    pub fn get(&self, marks: Marks, time: i64) -> Option<Way> {
        let way = &self.0[self.place(marks)];
        (way.marks == marks && way.from <= time && time < way.until).then_some(*way)
    }

    /// Remembers a way.
    pub fn put(&mut self, way: Way) {
        let place = self.place(way.marks);
        self.0[place] = way;
    }

    #[inline]
    fn place(&self, marks: Marks) -> usize {
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let first = pair(marks.plan, marks.list).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let second = pair(marks.service, marks.clock).wrapping_mul(0xd6e8_feb8_6659_fd93);
        ((first ^ second) >> 40) as usize & (self.0.len() - 1)
    }
}
