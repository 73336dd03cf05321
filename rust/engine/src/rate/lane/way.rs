//! Ways to marks: what the small codes of a row lead to, remembered for the rows that have the same codes.

use crate::subscriber::NONE;

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

/// The ways found last, each with its span of time.
pub struct Ways(Vec<Way>);

/// The ways found last that all hold in one span of time: whether a block of rows is of it is seen at once.
pub struct Near {
    from: i64,
    until: i64,
    all: Vec<Known>,
}

/// Where signs lead.
#[derive(Debug, Clone, Copy)]
struct Known {
    signs: Signs,
    mark: u32,
    band: u32,
}

/// How many are remembered.
const MOST: usize = 256;

impl Ways {
    /// None yet; for so many rows.
    pub fn new(rows: usize) -> Self {
        let none = Way { signs: Signs::NONE, band: 0, from: 0, until: 0, mark: 0 };
        Self(vec![none; room(rows)])
    }

    /// The way of signs at an instant, if it is known.
    #[inline]
    pub fn get(&self, signs: Signs, time: i64) -> Option<&Way> {
        let way = &self.0[signs.mixed() & (self.0.len() - 1)];
        Some(way).filter(|way| way.signs == signs && way.from <= time && time < way.until)
    }

    /// Remembers a way.
    pub fn put(&mut self, way: Way) {
        let place = way.signs.mixed() & (self.0.len() - 1);
        self.0[place] = way;
    }
}

impl Near {
    /// None yet; for so many rows.
    pub fn new(rows: usize) -> Self {
        Self { from: i64::MIN, until: i64::MAX, all: vec![Known::NONE; room(rows)] }
    }

    /// Whether all of some instants are of the span in which its ways hold.
    #[inline]
    pub fn spans(&self, times: &[i64]) -> bool {
        let (first, last) =
            times.iter().fold((i64::MAX, i64::MIN), |(first, last), &time| (first.min(time), last.max(time)));
        self.from <= first && last < self.until
    }

    /// The mark and the band that signs lead to in that span, and whether they are known; else they mean nothing.
    #[inline]
    pub fn get(&self, signs: Signs) -> (u32, u32, bool) {
        let Known { signs: own, mark, band } = self.all[signs.mixed() & (self.all.len() - 1)];
        // Mostly all of it is so: no branch depends on a part.
        let is_it = (own.profile ^ signs.profile) | (own.service ^ signs.service) | (own.place ^ signs.place) == 0;
        (mark, band, is_it)
    }

    /// Remembers a way that was found for an instant, and none any longer that do not hold then.
    pub fn put(&mut self, way: &Way, time: i64) {
        if !self.spans(&[time]) {
            self.all.fill(Known::NONE);
            (self.from, self.until) = (way.from, way.until);
        }
        (self.from, self.until) = (self.from.max(way.from), self.until.min(way.until));
        let place = way.signs.mixed() & (self.all.len() - 1);
        self.all[place] = Known { signs: way.signs, mark: way.mark, band: way.band };
    }
}

impl Known {
    const NONE: Self = Self { signs: Signs::NONE, mark: 0, band: 0 };
}

impl Signs {
    /// Those of no row that fits a lane.
    const NONE: Self = Self { profile: NONE, service: 0, place: 0 };

    #[inline]
    fn mixed(self) -> usize {
        // Small numbers all: those that differ by little lie apart.
        (self.profile ^ self.place.wrapping_mul(0x35) ^ self.service.wrapping_mul(0x1f1)) as usize
    }
}

/// How many ways are remembered of so many rows.
fn room(rows: usize) -> usize {
    rows.clamp(1, MOST).next_power_of_two()
}
