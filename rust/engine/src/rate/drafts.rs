//! Lines in the making: one draft a charge and segment of a record, a column a vector.

use crate::charge::NULL;

/// Drafts in order of their rows; the drafts of a row lie together.
#[derive(Debug, Default)]
pub struct Drafts {
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
    /// Room for as many drafts as rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            row: Vec::with_capacity(rows),
            tariff: Vec::with_capacity(rows),
            charge: Vec::with_capacity(rows),
            version: Vec::with_capacity(rows),
            band: Vec::with_capacity(rows),
            segment: Vec::with_capacity(rows),
            first: Vec::with_capacity(rows),
            quantity: Vec::with_capacity(rows),
            billed: Vec::with_capacity(rows),
            amount: Vec::with_capacity(rows),
            before: Vec::with_capacity(rows),
            after: Vec::with_capacity(rows),
            flags: Vec::with_capacity(rows),
        }
    }

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
        self.before.push(NULL);
        self.after.push(NULL);
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
}
