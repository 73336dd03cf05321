//! Identities that come more than once, by their marks: the first 64 bits of each.
//!
//! Marks are few bytes, so those of all records can be compared where the identities cannot. Marks that are equal make
//! candidates; whether the identities are equal too is seen when these are looked at.

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, UInt64Array};
use rayon::prelude::*;

use crate::error::{Error, Result};

/// The marks that are there more than once, each once, in their order.
pub fn repeated(mut marks: Vec<u64>) -> UInt64Array {
    marks.par_sort_unstable();
    let same = marks.chunk_by(|a, b| a == b).filter(|same| same.len() > 1);
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

/// Says of most marks that they are not there, by their first bits.
struct Sieve(Vec<u64>);

impl Sieve {
    const BITS: u32 = 20;

    fn of(marks: &[u64]) -> Self {
        let mut words = vec![0; 1 << (Self::BITS - 6)];
        for mark in marks {
            let bit = mark >> (64 - Self::BITS);
            words[(bit >> 6) as usize] |= 1 << (bit & 63);
        }
        Self(words)
    }

    #[inline]
    fn may_have(&self, mark: u64) -> bool {
        let bit = mark >> (64 - Self::BITS);
        self.0[(bit >> 6) as usize] >> (bit & 63) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::FixedSizeBinaryArray;

    use super::*;

    #[test]
    fn marks_that_come_twice_and_who_has_them() {
        let found = repeated(vec![5, u64::MAX, 7, 5, 9, 5, u64::MAX]);
        assert_eq!(found.values(), &[5, u64::MAX]);
        let identity = |mark: u64| Some((u128::from(mark) << 64 | 3).to_be_bytes());
        let identities = [identity(5), None, identity(6), identity(u64::MAX)];
        let identities = FixedSizeBinaryArray::try_from_sparse_iter_with_size(identities.into_iter(), 16).unwrap();
        let marked = marked(&(Arc::new(identities) as ArrayRef), &(Arc::new(found) as ArrayRef)).unwrap();
        assert_eq!(marked.iter().collect::<Vec<_>>(), [true, false, false, true].map(Some));
    }
}
