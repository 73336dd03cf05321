//! The canonical order of records: time, source, id, and the bytes of the mapped columns (semantics §8).

use std::cmp::Ordering;

use super::chunk::Chunk;
use super::rows::Rows;

/// Compares two records.
pub fn compare(a: (&Rows, usize), b: (&Rows, usize)) -> Ordering {
    let time = |(rows, row): (&Rows, usize)| rows.time.values[row];
    time(a).cmp(&time(b)).then_with(|| tie(a, b))
}

/// Compares two records of one time.
pub fn tie(a: (&Rows, usize), b: (&Rows, usize)) -> Ordering {
    let text = |(rows, row): (&Rows, usize)| rows.source.get(row).unwrap_or_default().to_owned();
    let source = text(a).cmp(&text(b));
    let id = |(rows, row): (&Rows, usize)| rows.id.as_ref().and_then(|id| id.get(row)).map(str::to_owned);
    source.then_with(|| id(a).cmp(&id(b))).then_with(|| content(a, b))
}

/// Compares what the mapped columns of two records hold.
pub fn content(a: (&Rows, usize), b: (&Rows, usize)) -> Ordering {
    let ((left, i), (right, j)) = (a, b);
    let texts = |rows: &'_ Rows, row: usize| {
        let fixed = [&rows.key, &rows.service, &rows.destination, &rows.territory];
        fixed.map(|text| text.get(row).map(str::to_owned))
    };
    let number = |numbers: &crate::column::Numbers, row: usize| (numbers.cells.get(row) as u8, numbers.values[row]);
    let numbers = |rows: &Rows, row: usize| [&rows.quantity, &rows.amount, &rows.duration].map(|n| number(n, row));
    let attributes = || {
        let pairs = left.by_name.iter().map(|&place| (&left.attributes[place], &right.attributes[place]));
        pairs.map(|(x, y)| x.get(i).cmp(&y.get(j))).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    };
    left.time.values[i]
        .cmp(&right.time.values[j])
        .then_with(|| texts(left, i).cmp(&texts(right, j)))
        .then_with(|| numbers(left, i).cmp(&numbers(right, j)))
        .then_with(attributes)
}

/// What came before some chunks in a call.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before<'a> {
    /// How many chunks.
    pub chunks: usize,
    /// The rows of the last of them: records of one instant may stand on both sides.
    pub rows: Option<&'a Rows>,
}

impl Before<'_> {
    /// A row of the chunks that follow, with its chunk as it is numbered in the whole call.
    #[inline]
    pub const fn numbered(self, (chunk, row): (u32, u32)) -> (u32, u32) {
        (chunk + self.chunks as u32, row)
    }

    /// Whether a row of the chunks that follow belongs before one of its instant that came earlier in the call; of one
    /// that is out of reach that cannot be ruled out.
    #[cold]
    pub fn comes_late(self, chunks: &[Chunk], row: (u32, u32), latest: (u32, u32)) -> bool {
        let number = latest.0 as usize;
        let rows = match number.checked_sub(self.chunks) {
            Some(following) => chunks.get(following).map(|chunk| &*chunk.rows),
            None => self.rows.filter(|_| number + 1 == self.chunks),
        };
        let precedes = |rows| tie(at(chunks, row), (rows, latest.1 as usize)).is_lt();
        self.numbered(row) != latest && rows.is_none_or(precedes)
    }
}

/// A row of a chunk.
pub fn at(chunks: &[Chunk], (chunk, row): (u32, u32)) -> (&Rows, usize) {
    (&chunks[chunk as usize].rows, row as usize)
}
