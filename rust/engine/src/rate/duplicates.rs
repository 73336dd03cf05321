//! Duplicates within one call: of records with one identity, the first in canonical order that can be rated stays; every
//! other is a duplicate if its mapped columns are equal, a conflict if not, unless it could not be rated anyway. Whether
//! a record that counts can be rated may depend on where its counter stands, and that on what others turn out to be.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::call::Piece;
use super::chunk::Chunk;
use super::order;
use super::output::Identities;
use super::route::{Context, Fault};
use crate::error::{Error, Result};
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

/// Records by identity, chunk and row, in that order.
fn seen(chunks: &[Chunk], identities: &[Identities], unrated: &Found) -> Vec<(u128, u32, u32)> {
    let mut seen: Vec<(u128, u32, u32)> = Vec::new();
    for (number, chunk) in chunks.iter().enumerate().filter(|(_, chunk)| chunk.rows.id.is_some()) {
        let is_seen = |&row: &usize| chunk.is_rated(row) && !unrated.contains(&(number as u32, row as u32));
        let rated = (0..chunk.rows.len).filter(is_seen);
        seen.extend(rated.map(|row| (identities[number].get(&chunk.rows, row), number as u32, row as u32)));
    }
    seen.sort_unstable();
    seen
}

/// Records by chunk and row.
type Found = BTreeSet<(u32, u32)>;

/// What is known of records of one identity before they are rated once more.
#[derive(Debug, Default)]
pub struct Repeats {
    /// Those that come first, and are not rated: they do not count as seen.
    unrated: Found,
    /// Those that came first when all were rated the last time.
    originals: Found,
    /// Whether no more than one is learnt to be unrated at a time.
    singly: bool,
}

impl Repeats {
    /// Takes all but the first record of each identity for what they are. Those that count are asked first whether they
    /// could be rated. `identities` are by chunk and row.
    pub fn part(&mut self, contexts: &[Context], chunks: &mut [Chunk], identities: &[Identities]) {
        self.originals.clear();
        let seen = seen(chunks, identities, &self.unrated);
        let mut others = Vec::new();
        for same in seen.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
            let record = |entry: &(u128, u32, u32)| order::at(chunks, (entry.1, entry.2));
            let Some(first) = same.iter().min_by(|a, b| order::compare(record(a), record(b)).then_with(|| a.cmp(b)))
            else {
                continue;
            };
            self.originals.insert((first.1, first.2));
            for other in same.iter().filter(|other| *other != first) {
                let equal = order::content(record(first), record(other)).is_eq();
                others.push((other.1, other.2, if equal { Code::Duplicate } else { Code::Conflict }));
            }
        }
        for (chunk, row, code) in others {
            let chunk = &mut chunks[chunk as usize];
            let field = contexts[chunk.source as usize].usage.record_id.as_deref().unwrap_or_default();
            let fault = Fault::new(code, field, chunk.rows.id.as_ref().and_then(|id| id.get(row as usize)));
            if chunk.places[row as usize].work == 0 {
                chunk.reject(row as usize, fault);
            } else {
                chunk.repeated.insert(row, fault);
            }
        }
    }

    /// Whether all is as it was taken to be. If not, it is known better next time: of a first record that is not rated
    /// after all, the next of its identity is the first. What one of them is may depend on what another was taken to be;
    /// where they are at odds they are learnt one at a time, in canonical order, for what comes before is certain then.
    pub fn are_settled(&mut self, chunks: &[Chunk]) -> Result<bool> {
        let is_rated = |&(chunk, row): &(u32, u32)| chunks[chunk as usize].is_rated(row as usize);
        if self.unrated.iter().any(is_rated) {
            if self.singly {
                return Err(Error::Internal("a record can be rated and cannot".into()));
            }
            *self = Self { singly: true, ..Self::default() };
            return Ok(false);
        }
        let lost = self.originals.iter().filter(|record| !is_rated(record)).copied();
        let known = self.unrated.len();
        if self.singly {
            let compared =
                |a: &(u32, u32), b: &(u32, u32)| order::compare(order::at(chunks, *a), order::at(chunks, *b));
            self.unrated.extend(lost.min_by(compared));
        } else {
            self.unrated.extend(lost);
        }
        Ok(self.unrated.len() == known)
    }
}
