//! Fingerprints of the records of a chunk.

use crate::identity;
use crate::rate::chunk::Chunk;
use crate::rate::rows::Rows;

/// What tells the records of a chunk from all others.
#[derive(Debug)]
pub enum Identities {
    /// Of records with ids, by row.
    Known(Vec<u128>),
    /// That of their file, for records without: their places in it tell them apart.
    File(u128),
}

impl Identities {
    /// Those of a chunk of a source with this fingerprint.
    pub fn of(chunk: &Chunk, content: &str) -> Self {
        let rows = &chunk.rows;
        let Some(ids) = &rows.id else { return Self::File(identity::text(content)) };
        if let Some(given) = &rows.identities_given {
            let one = |bytes: &[u8]| bytes.try_into().map_or(0, u128::from_be_bytes);
            return Self::Known(given.values().chunks_exact(size_of::<u128>()).map(one).collect());
        }
        let mut records = identity::Records::default();
        let one = |row: usize| records.next(rows.source.get(row).unwrap_or(""), ids.get(row).unwrap_or(""));
        Self::Known((0..rows.len).map(one).collect())
    }

    /// That of a row.
    #[inline]
    pub fn get(&self, rows: &Rows, row: usize) -> u128 {
        match self {
            Self::Known(known) => known[row],
            Self::File(file) => identity::row(*file, rows.number(row)),
        }
    }
}
