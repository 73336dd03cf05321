//! Counters that a record has come past which they reject.

use super::Counters;

/// Time, chunk and row of a record.
type At = (i64, (u32, u32));

/// A counter that has rejected a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passed {
    /// The latest record that has moved it, and the one that it has rejected.
    moved: At,
    rejected: At,
}

impl Counters {
    /// Lets a counter see a record that it rejects. Whether it does may depend on all that belongs before the record: what
    /// comes later and does so is out of order, though nothing has moved.
    #[cold]
    pub fn pass(&mut self, place: usize, time: i64, at: (u32, u32)) {
        let counter = &mut self.all[place];
        let (latest, rejected) = ((counter.latest_time, counter.latest), (time, at));
        let passed = self.passed.entry(place).or_insert(Passed { moved: latest, rejected });
        if passed.rejected != latest {
            passed.moved = latest;
        }
        passed.rejected = rejected;
        (counter.latest_time, counter.latest) = rejected;
    }

    /// Forgets what counters have seen without being moved.
    pub fn settle(&mut self) {
        for (place, Passed { moved, rejected }) in std::mem::take(&mut self.passed) {
            let counter = &mut self.all[place];
            if (counter.latest_time, counter.latest) == rejected {
                (counter.latest_time, counter.latest) = moved;
            }
        }
    }
}
