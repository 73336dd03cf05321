//! A chunk on its way through the stages.

use super::drafts::Drafts;
use super::route::Fault;
use super::rows::Rows;
use crate::split::Shares;
use crate::subscriber::{Held, NONE};

/// Drafts that are priced together, and the shares of their lines.
#[derive(Debug, Default)]
pub struct Work {
    pub drafts: Drafts,
    pub shares: Shares,
}

/// Where the drafts of one row are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Index into `Chunk::work`.
    pub work: u32,
    pub first: u32,
    pub count: u32,
}

/// The state of a chunk between stages.
#[derive(Debug)]
pub struct Chunk {
    /// Its source: file and mapping.
    pub source: u32,
    pub rows: Rows,
    /// Holding of each row, none for rows that are skipped or rejected.
    pub held: Vec<Held>,
    /// The month that names each row's cycle.
    pub month: Vec<i32>,
    pub zone: Vec<u32>,
    /// Code of the service, the number of the catalog's services for any other.
    pub service: Vec<u32>,
    pub places: Vec<Place>,
    /// First what needs no counter, then a piece for each partition of counter owners.
    pub work: Vec<Work>,
    /// Rejected rows, and why.
    pub rejects: Vec<(u32, Fault)>,
}

impl Chunk {
    /// A chunk of unrouted rows.
    pub fn new(source: u32, rows: Rows, partitions: usize) -> Self {
        let len = rows.len;
        let mut work: Vec<Work> = (0..=partitions).map(|_| Work::default()).collect();
        work.iter_mut().skip(1).for_each(|work| work.drafts.counts = true);
        Self {
            source,
            rows,
            held: vec![Held::NONE; len],
            month: vec![0; len],
            zone: vec![NONE; len],
            service: Vec::new(),
            places: vec![Place::default(); len],
            work,
            rejects: Vec::new(),
        }
    }

    /// Turns a row into a reject: what it had is dropped when the chunk is written.
    pub fn reject(&mut self, row: usize, fault: Fault) {
        self.held[row] = Held::NONE;
        self.rejects.push((row as u32, fault));
    }

    /// Whether a row is rated.
    #[inline]
    pub fn is_rated(&self, row: usize) -> bool {
        self.held[row].holding != NONE
    }
}
