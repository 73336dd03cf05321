//! A chunk on its way through the stages.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::drafts::Drafts;
use super::duplicates::Repeated;
use super::lane::Lane;
use super::route::Fault;
use super::rows::Rows;
use crate::reject::Code;
use crate::split::Shares;
use crate::subscriber::{Held, NONE};

/// Drafts that are priced together, and the shares of their lines.
#[derive(Debug, Default)]
pub struct Work {
    pub drafts: Drafts,
    pub shares: Shares,
}

/// What is wrong with charges of a row that is priced nevertheless.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    /// Of its plan: another charge may have a fault of a lower code.
    pub charge: Option<Fault>,
    /// Of cost plans, each with its tariff: that is a fault of the flow that asks for it.
    pub costs: Vec<(u32, Fault)>,
}

/// Where the drafts of one row are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Index into `Chunk::work`.
    pub work: u32,
    pub first: u32,
    pub count: u32,
}

/// The partition of an account, of so many.
#[inline]
pub const fn partition_of(account: u32, of: usize) -> usize {
    // A multiplication spreads neighbours and, unlike a remainder, costs next to nothing.
    ((account.wrapping_mul(0x9e37_79b9) as u64).wrapping_mul(of as u64) >> 32) as usize
}

/// The state of a chunk between stages.
#[derive(Debug)]
pub struct Chunk {
    /// Its source: file and mapping.
    pub source: u32,
    pub rows: Arc<Rows>,
    /// Code of the zone, the number of the catalog's zones for none.
    pub zone: Vec<u32>,
    /// Code of the service, the number of the catalog's services for any other.
    pub service: Vec<u32>,
    /// The rows that are rated together; what follows is of those rated one by one, and empty without any.
    pub lane: Lane,
    /// Holding of each row, none for rows that are skipped or rejected.
    pub held: Vec<Held>,
    /// The month that names each row's cycle.
    pub month: Vec<i32>,
    pub places: Vec<Place>,
    /// First what needs no counter, then a piece for each partition of counter owners.
    pub work: Vec<Work>,
    /// By row: what is wrong with its charges.
    pub pending: BTreeMap<u32, Pending>,
    /// Rows that share their identity with others, some of which count: which of them stays their partition finds out.
    pub repeated: BTreeMap<u32, Repeated>,
    /// Rejected rows, and why.
    pub rejects: Vec<(u32, Fault)>,
}

impl Chunk {
    /// A chunk of unrouted rows.
    pub fn new(source: u32, rows: Rows, partitions: usize) -> Self {
        let mut work: Vec<Work> = (0..=partitions).map(|_| Work::default()).collect();
        work.iter_mut().skip(1).for_each(|work| work.drafts.counts = true);
        Self {
            source,
            rows: Arc::new(rows),
            zone: Vec::new(),
            service: Vec::new(),
            lane: Lane::default(),
            held: Vec::new(),
            month: Vec::new(),
            places: Vec::new(),
            work,
            pending: BTreeMap::new(),
            repeated: BTreeMap::new(),
            rejects: Vec::new(),
        }
    }

    /// Room for rows that are rated one by one.
    pub fn make_room(&mut self) {
        self.held.resize(self.rows.len, Held::NONE);
        self.month.resize(self.rows.len, 0);
        self.places.resize(self.rows.len, Place::default());
    }

    /// Whether some row that counts is rated by itself.
    pub fn counts_rows(&self) -> bool {
        self.work.iter().skip(1).any(|work| work.drafts.len() > 0)
    }

    /// Turns a row into a reject: what it had is dropped when the chunk is written. Of what became too large, the number
    /// that the record brought is told.
    pub fn reject(&mut self, row: usize, mut fault: Fault) {
        if fault.code == Code::Overflow && fault.value.is_none() {
            fault.value = self.rows.quantity.shown(row).or_else(|| self.rows.amount.shown(row));
        }
        if let Some(held) = self.held.get_mut(row) {
            *held = Held::NONE;
        }
        self.rejects.push((row as u32, fault));
    }

    /// Whether a row is rated, by itself.
    #[inline]
    pub fn is_rated(&self, row: usize) -> bool {
        self.held.get(row).is_some_and(|held| held.subscription != NONE)
    }

    /// How many rows are rated.
    pub fn rated(&self) -> usize {
        self.lane.len() + self.held.iter().filter(|held| held.subscription != NONE).count()
    }
}
