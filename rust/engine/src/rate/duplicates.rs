//! Duplicates within one call: of records with one identity, the first in canonical order that can be rated stays; every
//! other is a duplicate if its mapped columns are equal, a conflict if not, unless it could not be rated anyway.
//!
//! Whether a record that counts can be rated may depend on where its counter stands. So it is judged where it is rated.

use rayon::prelude::*;

use super::call::Piece;
use super::chunk::Chunk;
use super::order;
use super::output::Identities;
use super::route::{Context, Fault};
use crate::error::Result;
use crate::reject::Code;
use crate::repeated::repeated;
use crate::{identity, rate::rows::Rows};

/// Whether some identity comes more than once: told by the first 64 bits of each, and so perhaps of two that differ.
pub fn may_have(contexts: &[Context], pieces: &[Piece]) -> Result<bool> {
    let marks = |piece: &Piece| -> Result<Vec<u64>> {
        let Some((ids, sources)) = Rows::identified(contexts[piece.source].usage, &piece.batch)? else {
            return Ok(Vec::new());
        };
        let mut records = identity::Records::default();
        let mut mark = |row| {
            let identity = records.next(sources.get(row).unwrap_or(""), ids.get(row)?);
            Some((identity >> 64) as u64)
        };
        Ok((0..piece.batch.num_rows()).filter_map(&mut mark).collect())
    };
    let marks = pieces.par_iter().map(marks).collect::<Result<Vec<_>>>()?;
    Ok(!repeated(&marks.concat()).is_empty())
}

/// One of several records of an identity, some of which count.
#[derive(Debug, Clone, Copy)]
pub struct Repeated {
    /// The number of the identity.
    pub identity: u32,
    /// The work of its chunk, and so the partition, in which those are that count.
    pub work: u32,
}

/// Rejects all but the first record of each identity, but for those identities of which some records count: they are
/// left to the partition where these are. False if some identity has such records in several. `identities` are by chunk
/// and row.
pub fn reject(contexts: &[Context], chunks: &mut [Chunk], identities: &[Identities]) -> bool {
    let seen = seen(chunks, identities);
    let repeated = seen.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
    for (identity, same) in (0..).zip(repeated) {
        let works = same.iter().map(|&(_, chunk, row)| chunks[chunk as usize].places[row as usize].work);
        let mut counting = works.filter(|&work| work != 0);
        let rows = same.iter().map(|&(_, chunk, row)| (chunk, row));
        if let Some(work) = counting.next() {
            if counting.any(|other| other != work) {
                return false;
            }
            rows.for_each(|(chunk, row)| {
                chunks[chunk as usize].repeated.insert(row, Repeated { identity, work });
            });
            continue;
        }
        let record = |row: (u32, u32)| order::at(chunks, row);
        let first = rows.clone().min_by(|&a, &b| order::compare(record(a), record(b)).then_with(|| a.cmp(&b)));
        let others = rows.filter(|&row| Some(row) != first);
        let faults: Vec<_> = others.map(|row| (row, fault(contexts, chunks, first.unwrap_or(row), row))).collect();
        for ((chunk, row), fault) in faults {
            chunks[chunk as usize].reject(row as usize, fault);
        }
    }
    true
}

/// What is wrong with a record of which there is an original.
pub fn fault(contexts: &[Context], chunks: &[Chunk], original: (u32, u32), other: (u32, u32)) -> Fault {
    let chunk = &chunks[other.0 as usize];
    let equal = order::content(order::at(chunks, original), order::at(chunks, other)).is_eq();
    let field = contexts[chunk.source as usize].usage.record_id.as_deref().unwrap_or_default();
    let id = chunk.rows.id.as_ref().and_then(|id| id.get(other.1 as usize));
    Fault::new(if equal { Code::Duplicate } else { Code::Conflict }, field, id)
}

/// Rated records by identity, chunk and row, in that order.
fn seen(chunks: &[Chunk], identities: &[Identities]) -> Vec<(u128, u32, u32)> {
    let mut seen: Vec<(u128, u32, u32)> = Vec::new();
    for (number, chunk) in chunks.iter().enumerate().filter(|(_, chunk)| chunk.rows.id.is_some()) {
        let rated = (0..chunk.rows.len).filter(|&row| chunk.is_rated(row));
        seen.extend(rated.map(|row| (identities[number].get(&chunk.rows, row), number as u32, row as u32)));
    }
    seen.sort_unstable();
    seen
}
