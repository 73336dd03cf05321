//! Columns of a table that is compiled once, and the rows that were changed or added since.
//!
//! What an engine was compiled with lies in flat arrays, which all engines made from it share. Rows that came later lie
//! beside them in a map; a bit a row says which of the flat ones count no more. As long as there are none, a column is
//! an array.

use std::ops::Index;
use std::sync::Arc;

use crate::trie::Trie;

/// Rows in place of those of a base, and after its end.
#[derive(Debug, Clone)]
pub struct Patches<R> {
    /// Rows of the base.
    base: usize,
    /// Rows in all.
    len: usize,
    /// A bit for each row of the base: whether another is in its place.
    changed: Arc<Vec<u64>>,
    rows: Trie<u32, R>,
}

impl<R: Clone> Patches<R> {
    /// No change yet to a base of so many rows.
    pub fn of(base: usize) -> Self {
        Self { base, len: base, changed: Arc::new(vec![0; base.div_ceil(64)]), rows: Trie::default() }
    }

    /// Puts a row in its place.
    pub fn set(&mut self, at: u32, row: R) {
        let place = at as usize;
        if place < self.base
            && let Some(bits) = Arc::make_mut(&mut self.changed).get_mut(place / 64)
        {
            *bits |= 1 << (place % 64);
        }
        self.len = self.len.max(place + 1);
        self.rows.insert(at, row);
    }
}

impl<R> Patches<R> {
    /// The row in this place, unless it is the base's.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&R> {
        if at < self.base && self.changed.get(at / 64).is_none_or(|bits| bits >> (at % 64) & 1 == 0) {
            return None;
        }
        self.rows.get(&u32::try_from(at).ok()?)
    }
}

/// One column; `R` is a row of the table.
#[derive(Debug)]
pub struct Column<T, R> {
    base: Arc<[T]>,
    rows: Option<Arc<Patches<R>>>,
    of: fn(&R) -> &T,
}

impl<T, R> Clone for Column<T, R> {
    fn clone(&self) -> Self {
        Self { base: self.base.clone(), rows: self.rows.clone(), of: self.of }
    }
}

impl<T, R> Column<T, R> {
    /// A column of the base, and where a row that is changed has it.
    pub fn new(base: Vec<T>, of: fn(&R) -> &T) -> Self {
        Self { base: base.into(), rows: None, of }
    }

    /// The column with changed rows.
    pub fn patched(&self, rows: &Arc<Patches<R>>) -> Self {
        Self { base: self.base.clone(), rows: Some(rows.clone()), of: self.of }
    }

    /// The value in this row.
    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        match &self.rows {
            None => self.base.get(at),
            Some(rows) => rows.get(at).map(self.of).or_else(|| self.base.get(at)),
        }
    }

    /// The values as they were first, changed since or not.
    pub fn base(&self) -> &[T] {
        &self.base
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(self.base.len(), |rows| rows.len)
    }

    /// All values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len()).filter_map(|at| self.get(at))
    }
}

impl<T, R> Index<usize> for Column<T, R> {
    type Output = T;

    #[inline]
    fn index(&self, at: usize) -> &T {
        match &self.rows {
            None => &self.base[at],
            Some(rows) => rows.get(at).map_or_else(|| &self.base[at], self.of),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_and_added_rows_are_seen_and_the_base_is_not_touched() {
        let base = Column::<u32, (u32, u32)>::new((0..200).collect(), |row| &row.1);
        let mut patches = Patches::of(base.len());
        for at in [0, 63, 64, 199, 200, 201] {
            patches.set(at, (0, 1_000 + at));
        }
        let column = base.patched(&Arc::new(patches));
        assert_eq!((base.len(), column.len()), (200, 202));
        for at in 0..202_u32 {
            let changed = [0, 63, 64, 199].contains(&at) || at >= 200;
            assert_eq!(column[at as usize], if changed { 1_000 + at } else { at });
        }
        assert_eq!(column.get(202), None);
        assert!(base.iter().copied().eq(0..200));
        assert_eq!(column.iter().filter(|value| **value >= 1_000).count(), 6);
    }
}
