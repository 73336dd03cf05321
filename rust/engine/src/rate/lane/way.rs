//! Ways to marks: what the small codes of a row lead to, remembered for the rows that have the same codes.

/// What a row's mark depends on, beside its time.
#[derive(Debug, Clone, Copy)]
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

impl Way {
    /// Whether it is that of signs at an instant. Mostly all of it is so: no branch depends on a part.
    #[inline]
    #[allow(clippy::needless_bitwise_bool, reason = "four branches are slower")]
    fn is_of(&self, signs: Signs, time: i64) -> bool {
        let own = self.signs;
        let same = (own.profile == signs.profile) & (own.service == signs.service) & (own.place == signs.place);
        same & (self.from <= time) & (time < self.until)
    }
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

    /// The way that signs may have, and whether it is theirs at an instant.
    #[inline]
    pub fn get(&self, signs: Signs, time: i64) -> (&Way, bool) {
        let way = &self.0[self.place(signs)];
        (way, way.is_of(signs, time))
    }

    /// Remembers a way.
    pub fn put(&mut self, way: Way) {
        let place = self.place(way.signs);
        self.0[place] = way;
    }

    #[inline]
    fn place(&self, signs: Signs) -> usize {
        // Small numbers all: those that differ by little lie apart.
        let mixed = signs.profile ^ signs.place.wrapping_mul(0x35) ^ signs.service.wrapping_mul(0x1f1);
        mixed as usize & (self.0.len() - 1)
    }
}
