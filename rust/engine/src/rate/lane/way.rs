//! Ways to marks: what the small codes of a row lead to, remembered for the rows that have the same codes.

/// What a row's mark depends on, beside its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    pub plan: u32,
    pub cycle: u32,
    pub clock: u32,
    pub service: u32,
    /// What the plan's guide tells of service, zone and band.
    pub list: u32,
}

/// Where signs lead, from an instant until another.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub signs: Signs,
    pub from: i64,
    pub until: i64,
    /// Number of the mark.
    pub mark: u32,
}

/// The ways found last.
pub struct Ways(Vec<Way>);

/// How many are remembered.
const MOST: usize = 256;

impl Ways {
    /// None yet; for so many rows.
    pub fn new(rows: usize) -> Self {
        let signs = Signs { plan: 0, cycle: 0, clock: 0, service: 0, list: 0 };
        let none = Way { signs, from: 0, until: 0, mark: 0 };
        Self(vec![none; rows.clamp(1, MOST).next_power_of_two()])
    }

    /// The mark of signs at an instant, if their way is remembered.
    #[inline]
    pub fn get(&self, signs: Signs, time: i64) -> Option<u32> {
        let way = &self.0[self.place(signs)];
        (way.signs == signs && way.from <= time && time < way.until).then_some(way.mark)
    }

    /// Remembers a way.
    pub fn put(&mut self, way: Way) {
        let place = self.place(way.signs);
        self.0[place] = way;
    }

    #[inline]
    fn place(&self, signs: Signs) -> usize {
        let pair = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let first = pair(signs.plan, signs.list).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // Cycles and clocks are few, and mostly go together.
        let second = pair(signs.service, signs.clock ^ signs.cycle << 16).wrapping_mul(0xd6e8_feb8_6659_fd93);
        ((first ^ second) >> 40) as usize & (self.0.len() - 1)
    }
}
