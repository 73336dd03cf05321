//! Who records are and what they hold, as fingerprints, and where they belong.

use twox_hash::XxHash3_128;

use super::super::holders::Holders;
use super::super::rows::{LONGEST, Rows};
use super::Spread;
use crate::column::{Cell, Numbers};
use crate::engine::Engine;
use crate::identity;

/// The fingerprints and partitions of rows.
#[derive(Debug, Default)]
pub struct Prints {
    pub identities: Vec<u128>,
    /// Whether a row has an identity.
    pub known: Vec<bool>,
    pub contents: Vec<u128>,
    pub partitions: Vec<u32>,
}

impl Prints {
    /// Those of some rows of a file with this fingerprint.
    pub fn of(engine: &Engine, rows: &Rows, file: u128, spread: &Spread) -> Self {
        let mut prints = Self { partitions: partitions(engine, rows, spread), ..Self::default() };
        prints.identities.reserve(rows.len);
        prints.known.reserve(rows.len);
        let mut scratch = String::new();
        for row in 0..rows.len {
            let identity = identity_of(rows, row, file, &mut scratch);
            prints.identities.push(identity.unwrap_or(0));
            prints.known.push(identity.is_some());
        }
        let mut bytes = Vec::new();
        prints.contents = (0..rows.len).map(|row| content_of(rows, row, &mut bytes)).collect();
        prints
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

fn identity_of(rows: &Rows, row: usize, file: u128, scratch: &mut String) -> Option<u128> {
    if rows.is_skipped(row) {
        return None;
    }
    let Some(ids) = &rows.id else { return Some(identity::row(file, rows.number(row))) };
    let (id, source) = (ids.get(row)?, rows.source.get(row).unwrap_or(""));
    (id.len() <= LONGEST && source.len() <= LONGEST).then(|| identity::record(source, id, scratch))
}

/// The fingerprint of the time and of every mapped column, whatever their types: each with its length or its state, so
/// that no two contents are written alike.
fn content_of(rows: &Rows, row: usize, bytes: &mut Vec<u8>) -> u128 {
    bytes.clear();
    let time = rows.time.cells.get(row);
    bytes.push(time as u8);
    bytes.extend_from_slice(&rows.time.values[row].to_le_bytes());
    if time != Cell::Fine {
        write_text(rows.time.text.as_ref().and_then(|text| text.get(row)), bytes);
    }
    let attributes = rows.by_name.iter().map(|&place| &rows.attributes[place]);
    for column in [&rows.key, &rows.service, &rows.destination, &rows.territory].into_iter().chain(attributes) {
        write_text(column.get(row), bytes);
    }
    for numbers in [&rows.quantity, &rows.amount, &rows.duration] {
        write_number(numbers, row, bytes);
    }
    XxHash3_128::oneshot(bytes)
}

fn write_text(text: Option<&str>, bytes: &mut Vec<u8>) {
    // A null has a length that no text has.
    let length = text.map_or(u32::MAX, |text| text.len() as u32);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
}

fn write_number(numbers: &Numbers, row: usize, bytes: &mut Vec<u8>) {
    let cell = numbers.cells.get(row);
    bytes.push(cell as u8);
    match cell {
        Cell::Fine => bytes.extend_from_slice(&numbers.values[row].to_le_bytes()),
        Cell::Null => {}
        _ => write_text(numbers.text.as_ref().and_then(|text| text.get(row)), bytes),
    }
}
