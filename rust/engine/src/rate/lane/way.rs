//! Ways to marks: what the small codes of a row lead to, remembered for the rows that have the same codes.

/// What a row's mark depends on, beside its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    pub profile: u32,
    pub service: u32,
    /// The class of its zone; or what the plan's guide tells of service, zone and band.
    pub place: u32,
}

/// Where signs lead, from an instant until another.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    pub signs: Signs,
    pub band: u32,
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
        let signs = Signs { profile: 0, service: 0, place: 0 };
        let none = Way { signs, band: 0, from: 0, until: 0, mark: 0 };
        Self(vec![none; rows.clamp(1, MOST).next_power_of_two()])
    }

    /// The way of signs at an instant, if it is remembered.
    #[inline]
    pub fn get(&self, signs: Signs, time: i64) -> Option<&Way> {
        let way = &self.0[self.place(signs)];
        (way.signs == signs && way.from <= time && time < way.until).then_some(way)
    }

    /// Remembers a way.
    pub fn put(&mut self, way: Way) {
        let place = self.place(way.signs);
        self.0[place] = way;
    }

    #[inline]
    fn place(&self, signs: Signs) -> usize {
        let first = u64::from(signs.profile) << 32 | u64::from(signs.place);
        let mixed = (first ^ u64::from(signs.service) << 16).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as usize & (self.0.len() - 1)
    }
}
