//! Identities that come more than once, by their marks: the first 64 bits of each.
//!
//! Marks are few bytes, so those of all records can be compared where the identities cannot. Marks that are equal make
//! candidates; whether the identities are equal too is seen when these are looked at.

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt64Array};

use crate::error::{Error, Result};

/// The marks that are there more than once, each once, in their order.
pub fn repeated(marks: &[u64]) -> UInt64Array {
    let (mut once, mut again) = (Sieve::with_room(marks.len()), Sieve::with_room(marks.len()));
    for &mark in marks {
        if once.put(mark) {
            again.put(mark);
        }
    }
    // Few are left to be sorted.
    let mut found: Vec<u64> = marks.iter().copied().filter(|&mark| again.may_have(mark)).collect();
    found.sort_unstable();
    let same = found.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
    same.filter_map(|same| same.first().copied()).collect::<Vec<_>>().into()
}

/// For each identity (16 bytes) whether its mark is one of some, which are in their order.
pub fn marked(identities: &ArrayRef, marks: &ArrayRef) -> Result<BooleanArray> {
    let wrong = || Error::Internal("identities are of 16 bytes, and their marks of 64 bits".into());
    let identities = identities.as_fixed_size_binary_opt().ok_or_else(wrong)?;
    let marks = marks.as_primitive_opt::<UInt64Type>().ok_or_else(wrong)?.values();
    let sieve = Sieve::of(marks);
    let is_marked = |row: usize| {
        let mark = identities.value(row).first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        identities.is_valid(row) && sieve.may_have(mark) && marks.binary_search(&mark).is_ok()
    };
    Ok((0..identities.len()).map(is_marked).map(Some).collect())
}

/// Says of most marks that they are not there, by their last bits: the first ones may be much the same, where they are
/// those of a range.
struct Sieve(Vec<u64>);

impl Sieve {
    /// Sixteen bits for each mark.
    fn with_room(marks: usize) -> Self {
        Self(vec![0; (marks / 4).next_power_of_two().max(64)])
    }

    fn of(marks: &[u64]) -> Self {
        let mut sieve = Self::with_room(marks.len());
        for &mark in marks {
            sieve.put(mark);
        }
        sieve
    }

    /// Its word, and its bit there.
    #[inline]
    const fn place(&self, mark: u64) -> (usize, u64) {
        ((mark >> 6) as usize & (self.0.len() - 1), 1 << (mark & 63))
    }

    /// Remembers a mark; whether one with its bits was there.
    #[inline]
    fn put(&mut self, mark: u64) -> bool {
        let (word, bit) = self.place(mark);
        let was_there = self.0[word] & bit != 0;
        self.0[word] |= bit;
        was_there
    }

    #[inline]
    fn may_have(&self, mark: u64) -> bool {
        let (word, bit) = self.place(mark);
        self.0[word] & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::FixedSizeBinaryArray;

    use super::*;

    #[test]
    fn marks_that_come_twice_and_who_has_them() {
        let found = repeated(&[5, u64::MAX, 7, 5, 9, 5, u64::MAX]);
        assert_eq!(found.values(), &[5, u64::MAX]);
        let identity = |mark: u64| Some((u128::from(mark) << 64 | 3).to_be_bytes());
        let identities = [identity(5), None, identity(6), identity(u64::MAX)];
        let identities = FixedSizeBinaryArray::try_from_sparse_iter_with_size(identities.into_iter(), 16).unwrap();
        let marked = marked(&(Arc::new(identities) as ArrayRef), &(Arc::new(found) as ArrayRef)).unwrap();
        assert_eq!(marked.iter().collect::<Vec<_>>(), [true, false, false, true].map(Some));
    }
}
