//! Who records are and what they hold, as fingerprints, and where they belong.

use super::super::holders::Holders;
use super::super::rows::{LONGEST, Rows};
use super::Spread;
use super::contents::contents;
use crate::engine::Engine;
use crate::identity::{self, Records};

/// The fingerprints and partitions of rows.
#[derive(Debug, Default)]
pub struct Prints {
    pub identities: Vec<u128>,
    /// Whether a row has an identity.
    pub known: Vec<bool>,
    pub contents: Vec<u64>,
    pub partitions: Vec<u32>,
}

impl Prints {
    /// Those of some rows of a file with this fingerprint.
    pub fn of(engine: &Engine, rows: &Rows, file: u128, spread: &Spread) -> Self {
        let mut records = Records::default();
        let identities = (0..rows.len).map(|row| identity_of(rows, row, file, &mut records));
        let (identities, known) = identities.map(|identity| (identity.unwrap_or(0), identity.is_some())).unzip();
        Self { identities, known, contents: contents(rows), partitions: partitions(engine, rows, spread) }
    }

    /// Those of all pieces of a block.
    pub fn joined(pieces: Vec<Self>) -> Self {
        let mut all = Self::default();
        for piece in pieces {
            all.identities.extend(piece.identities);
            all.known.extend(piece.known);
            all.contents.extend(piece.contents);
            all.partitions.extend(piece.partitions);
        }
        all
    }

    /// The first 64 bits of each identity.
    pub fn marks(&self) -> Vec<u64> {
        let known = self.identities.iter().zip(&self.known).filter(|(_, known)| **known);
        known.map(|(identity, _)| (identity >> 64) as u64).collect()
    }
}

/// The partition of each row's account.
fn partitions(engine: &Engine, rows: &Rows, spread: &Spread) -> Vec<u32> {
    if spread.count <= 1 {
        return vec![0; rows.len];
    }
    let subscribers = &engine.subscribers;
    let of_key = |place| u32::try_from(*spread.of_accounts.get(subscribers.account_of(place)? as usize)?).ok();
    let of_row = |row: usize| (rows.number(row) % u64::from(spread.count)) as u32;
    let places = Holders::new(subscribers, &rows.key, rows.len).all();
    places.into_iter().enumerate().map(|(row, place)| of_key(place).unwrap_or_else(|| of_row(row))).collect()
}

fn identity_of(rows: &Rows, row: usize, file: u128, records: &mut Records) -> Option<u128> {
    if rows.is_skipped(row) {
        return None;
    }
    let Some(ids) = &rows.id else { return Some(identity::row(file, rows.number(row))) };
    let (id, source) = (ids.get(row)?, rows.source.get(row).unwrap_or(""));
    (id.len() <= LONGEST && source.len() <= LONGEST).then(|| records.next(source, id))
}
