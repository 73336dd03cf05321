//! Lines in the making: one draft a charge and segment of a record, a column a vector.

use crate::charge::NULL;

/// Drafts in order of their rows; the drafts of a row lie together.
#[derive(Debug, Default)]
pub struct Drafts {
    /// Whether its charges count: only then are there `before` and `after`.
    pub counts: bool,
    pub row: Vec<u32>,
    /// 0: a line of the retail plan; else a flow's cost plan + 1, which only the flow reads.
    pub tariff: Vec<u32>,
    pub charge: Vec<u32>,
    pub version: Vec<u32>,
    pub band: Vec<u32>,
    /// Number of the segment within its record and charge.
    pub segment: Vec<u32>,
    /// Whether it starts its record, and so bears the connect fee.
    pub first: Vec<bool>,
    pub quantity: Vec<i128>,
    pub billed: Vec<i128>,
    pub amount: Vec<i128>,
    pub before: Vec<i128>,
    pub after: Vec<i128>,
    pub flags: Vec<i32>,
}

/// One draft, before it is priced.
#[derive(Debug, Clone, Copy)]
pub struct Draft {
    pub row: u32,
    pub tariff: u32,
    pub charge: u32,
    pub version: u32,
    pub band: u32,
    pub segment: u32,
    pub first: bool,
    pub quantity: i128,
    /// Units that `across: split` has already put into blocks, or `NULL`.
    pub billed: i128,
}

impl Drafts {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Adds a draft that is still to be priced.
    #[inline]
    pub fn push(&mut self, draft: Draft) {
        self.row.push(draft.row);
        self.tariff.push(draft.tariff);
        self.charge.push(draft.charge);
        self.version.push(draft.version);
        self.band.push(draft.band);
        self.segment.push(draft.segment);
        self.first.push(draft.first);
        self.quantity.push(draft.quantity);
        self.billed.push(draft.billed);
        self.amount.push(0);
        if self.counts {
            self.before.push(NULL);
            self.after.push(NULL);
        }
        self.flags.push(0);
    }

    /// A draft as it was pushed.
    #[inline]
    pub fn get(&self, at: usize) -> Draft {
        Draft {
            row: self.row[at],
            tariff: self.tariff[at],
            charge: self.charge[at],
            version: self.version[at],
            band: self.band[at],
            segment: self.segment[at],
            first: self.first[at],
            quantity: self.quantity[at],
            billed: self.billed[at],
        }
    }

    /// Takes back the drafts from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.row.truncate(len);
        self.tariff.truncate(len);
        self.charge.truncate(len);
        self.version.truncate(len);
        self.band.truncate(len);
        self.segment.truncate(len);
        self.first.truncate(len);
        self.quantity.truncate(len);
        self.billed.truncate(len);
        self.amount.truncate(len);
        self.before.truncate(len);
        self.after.truncate(len);
        self.flags.truncate(len);
    }

    /// Room for as many more drafts.
    pub fn reserve(&mut self, drafts: usize) {
        self.row.reserve(drafts);
        self.tariff.reserve(drafts);
        self.charge.reserve(drafts);
        self.version.reserve(drafts);
        self.band.reserve(drafts);
        self.segment.reserve(drafts);
        self.first.reserve(drafts);
        self.quantity.reserve(drafts);
        self.billed.reserve(drafts);
        self.amount.reserve(drafts);
        self.flags.reserve(drafts);
        if self.counts {
            self.before.reserve(drafts);
            self.after.reserve(drafts);
        }
    }
}
