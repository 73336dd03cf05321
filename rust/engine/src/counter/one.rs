//! One counter: half a line of the cache.

/// In place of the time of the latest record: none has come.
pub(super) const UNTOUCHED: i64 = i64::MIN;

/// One counter, as long as its numbers are small: half a line of the cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(32))]
pub struct Counter {
    /// The quantity in whole units; `NOT_WHOLE` if it is not.
    pub(super) whole: i64,
    /// The amount, or what is left of it beside a large one.
    pub(super) amount: i64,
    /// Time, chunk and row of the latest record of this call; `UNTOUCHED` before one.
    pub latest_time: i64,
    pub latest: (u32, u32),
}

impl Counter {
    /// At zero, and seen by none.
    pub(super) const NEW: Self = Self { whole: 0, amount: 0, latest_time: UNTOUCHED, latest: (0, 0) };

    /// Where it stands in whole units, if every counter beside it is whole too.
    #[inline]
    pub fn whole(&self) -> i64 {
        self.whole
    }

    /// Moves it to a position in whole units that is not too high, by a small amount; false if the sum is not small.
    #[inline]
    pub fn advance(&mut self, after: i64, amount: i64, time: i64, at: (u32, u32)) -> bool {
        let sum = self.amount.checked_add(amount);
        if let Some(amount) = sum {
            *self = Self { whole: after, amount, latest_time: time, latest: at };
        }
        sum.is_some()
    }

    /// Whether a record of this call has moved it.
    #[inline]
    pub fn is_touched(&self) -> bool {
        self.latest_time != UNTOUCHED
    }
}
