//! Duplicates within one call: of records with one identity, the first in canonical order stays; every other is a
//! duplicate if its mapped columns are equal, a conflict if not. Only records that could be rated count as seen.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::chunk::Chunk;
use super::output::Identities;
use super::price::{self, Row, Space};
use super::route::{Context, Fault};
use super::{Piece, counted, order};
use crate::counter::Counters;
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

/// Rejects those of several records of one identity that could not be rated anyway: they are that reject, and neither a
/// duplicate nor an original. Records that count are priced beside the call, from counters of their own.
pub fn reject_unratable(contexts: &[Context], chunks: &mut [Chunk], identities: &[Identities]) {
    let seen = seen(chunks, identities, &Found::new());
    let mut space = Space::default();
    for &(_, number, row) in seen.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1).flatten() {
        let chunk = &mut chunks[number as usize];
        let (context, place, row) = (&contexts[chunk.source as usize], chunk.places[row as usize], row as usize);
        if place.work == 0 {
            continue;
        }
        let mut work = std::mem::take(&mut chunk.work[place.work as usize]);
        let (mut counters, at, shares) = (Counters::default(), Row::of(chunk, row), work.shares.len());
        let record = at.record(context, &chunk.rows);
        counted::find_counters(context, &record, (&work, place), &mut counters, &mut space);
        let rated = price::rate_row(context, (number, &chunk.rows), at, place, &mut work, &mut counters, &mut space);
        work.shares.truncate(shares);
        chunk.work[place.work as usize] = work;
        if let Err(fault) = rated {
            chunk.reject(row, fault);
        }
    }
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
pub type Found = BTreeSet<(u32, u32)>;

/// Rejects all but the first record of each identity, which come back. `identities` are by chunk and row; those that
/// turned out `unrated` do not count as seen.
pub fn reject(contexts: &[Context], chunks: &mut [Chunk], identities: &[Identities], unrated: &Found) -> Found {
    let seen = seen(chunks, identities, unrated);
    let mut originals = Found::new();
    let mut faults = Vec::new();
    for same in seen.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        let record = |entry: &(u128, u32, u32)| order::at(chunks, (entry.1, entry.2));
        let Some(first) = same.iter().min_by(|a, b| order::compare(record(a), record(b)).then_with(|| a.cmp(b))) else {
            continue;
        };
        originals.insert((first.1, first.2));
        for other in same.iter().filter(|other| *other != first) {
            let equal = order::content(record(first), record(other)).is_eq();
            faults.push((other.1, other.2, if equal { Code::Duplicate } else { Code::Conflict }));
        }
    }
    for (chunk, row, code) in faults {
        let chunk = &mut chunks[chunk as usize];
        let field = contexts[chunk.source as usize].usage.record_id.as_deref().unwrap_or_default();
        let fault = Fault::new(code, field, chunk.rows.id.as_ref().and_then(|id| id.get(row as usize)));
        chunk.reject(row as usize, fault);
    }
    originals
}
