//! Lanes: rows that all cost the same few operations, rated a column at a time.
//!
//! Most usage is of known keys, rated by one charge in whole units, and shared in fixed parts if at all. Such rows take a
//! lane through a chunk: small loops over plain columns, without a branch that a row could not foresee. Every other row
//! is rated by itself (`route`, `price`, `split`), to the same amounts; the two are compared on all vectors and on
//! generated catalogs. A row that a lane cannot take to its end leaves it as it came.

mod block;
mod count;
mod mark;
mod mine;
mod rest;
mod route;
mod way;

pub use count::{count, merge};
pub use mark::Mark;
pub use mine::Mine;
pub use rest::into_work;
pub use route::route;

use super::chunk::partition_of;
use super::route::{Context, Fault};
use super::rows::Rows;
use crate::subscriber::Held;

/// No number: a quantity that is null, units that do not count.
pub const NO_UNITS: i64 = i64::MIN;

/// The rows of a chunk that take the lane, in order; a column a vector.
#[derive(Debug, Default)]
pub struct Lane {
    pub row: Vec<u32>,
    pub account: Vec<u32>,
    pub subscription: Vec<u32>,
    /// Empty where the catalog has no zones.
    pub zone: Vec<u32>,
    has_zones: bool,
    /// Empty where the catalog has no bands.
    pub band: Vec<u32>,
    has_bands: bool,
    /// Number of its mark.
    pub mark: Vec<u32>,
    /// Whole units, or `NO_UNITS`.
    pub quantity: Vec<i64>,
    /// Empty as long as all are billed what they are.
    billed: Vec<i64>,
    /// Empty as long as all prices wait for counters, which `merge` brings.
    pub amount: Vec<i128>,
    /// Where counters stood; empty when nothing counts, `NO_UNITS` where a charge does not.
    pub before: Vec<i64>,
    /// Flags of lines; empty when no line has any.
    pub flags: Vec<i32>,
    /// Marks by number.
    pub marks: Vec<Mark>,
    /// Agreements and their versions, together; the first is nobody.
    pub sets: Vec<Vec<(u32, u32)>>,
    /// Whether all of its rows are known to have counted.
    all_count: bool,
    /// Whether some charge counts.
    pub counts: bool,
}

impl Lane {
    /// For so many rows, of a catalog that has zones or not, and bands or not.
    fn with_capacity(rows: usize, [has_zones, has_bands]: [bool; 2]) -> Self {
        Self {
            row: Vec::with_capacity(rows),
            account: Vec::with_capacity(rows),
            subscription: Vec::with_capacity(rows),
            zone: Vec::with_capacity(if has_zones { rows } else { 0 }),
            band: Vec::with_capacity(if has_bands { rows } else { 0 }),
            has_zones,
            has_bands,
            mark: Vec::with_capacity(rows),
            quantity: Vec::with_capacity(rows),
            sets: vec![Vec::new()],
            ..Self::default()
        }
    }

    /// The code of a row's zone.
    #[inline]
    pub fn zone_of(&self, at: usize) -> u32 {
        self.zone.get(at).copied().unwrap_or(0)
    }

    /// The code of a row's band.
    #[inline]
    pub fn band_of(&self, at: usize) -> u32 {
        self.band.get(at).copied().unwrap_or(0)
    }

    /// The units that are billed, or `NO_UNITS`.
    pub fn billed(&self) -> &[i64] {
        if self.bills_other_units() { &self.billed } else { &self.quantity }
    }

    /// Whether some row is billed other units than it is of.
    pub const fn bills_other_units(&self) -> bool {
        !self.billed.is_empty()
    }

    /// Whether all of its rows are known to have counted.
    pub const fn all_count(&self) -> bool {
        self.all_count
    }

    /// The places of its rows, by partition of accounts.
    pub fn places(&self, partitions: usize) -> Vec<Vec<u16>> {
        let room = self.len() / partitions + self.len() / 16;
        let mut places: Vec<_> = (0..partitions).map(|_| Vec::with_capacity(room)).collect();
        for (at, &account) in self.account.iter().enumerate() {
            places[partition_of(account, partitions)].push(at as u16);
        }
        places
    }

    /// Those of rows that may count: none where nothing does.
    pub fn counting(&self, partitions: usize) -> Vec<Vec<u16>> {
        if self.counts { self.places(partitions) } else { vec![Vec::new(); partitions] }
    }

    /// How many rows take it.
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// The mark of a row.
    #[inline]
    pub fn mark_of(&self, at: usize) -> &Mark {
        &self.marks[self.mark[at] as usize]
    }

    /// The agreements that share a row's line.
    #[inline]
    pub fn sharing(&self, at: usize) -> &[(u32, u32)] {
        self.set(self.mark_of(at))
    }

    /// The agreements that share lines of a mark.
    #[inline]
    pub fn set(&self, mark: &Mark) -> &[(u32, u32)] {
        &self.sets[mark.set as usize]
    }

    /// What is known of a row's holder.
    pub fn held(&self, context: &Context, rows: &Rows, at: usize) -> Held {
        let row = self.row[at] as usize;
        let subscribers = context.subscribers;
        subscribers.only_holding(subscribers.place_of(rows.key.get(row)), rows.time.values[row])
    }

    /// Takes rows out, by their places.
    fn remove(&mut self, places: &[usize]) {
        if places.is_empty() {
            return;
        }
        let mut keep = vec![true; self.len()];
        for &place in places {
            keep[place] = false;
        }
        kept(&mut self.row, &keep);
        kept(&mut self.account, &keep);
        kept(&mut self.subscription, &keep);
        kept(&mut self.zone, &keep);
        kept(&mut self.band, &keep);
        kept(&mut self.mark, &keep);
        kept(&mut self.quantity, &keep);
        kept(&mut self.billed, &keep);
        kept(&mut self.amount, &keep);
        kept(&mut self.before, &keep);
        kept(&mut self.flags, &keep);
    }
}

/// Keeps some rows of a column, which may have none.
fn kept<T>(column: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    column.retain(|_| keep.next().is_none_or(|keep| *keep));
}

/// Why the line of a row cannot be split: what the general way makes of it.
fn split_fault(context: &Context, rows: &Rows, lane: &Lane, at: usize, amount: i128) -> Option<Fault> {
    rest::split_generally(context, rows, lane, at, amount).err()
}
