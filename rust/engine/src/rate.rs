//! rate: usage records → rated lines, shares, rejects and counters.
//!
//! Stages over chunks of rows. *Route* finds each record's plan and charges; *price* makes the amounts. What needs no
//! counter is priced chunk by chunk, in parallel; what counts is priced by partitions of accounts, each in the order
//! of semantics §8. Output is in input order, whatever the number of threads and however the input was cut.

mod call;
mod chunk;
mod counted;
mod drafts;
mod duplicates;
mod gather;
mod holders;
mod lane;
mod moved;
mod opening;
mod order;
mod output;
mod parallel;
mod price;
mod route;
mod rows;
mod segment;
mod session;

use std::sync::Arc;

use arrow_array::RecordBatch;

pub use chunk::Work;
pub use drafts::Drafts;
pub use gather::{Gathered, Spread};
pub use moved::Moved;
pub use price::Space;
pub use route::{Context, Fault};
pub use rows::{CHUNK, Record};
pub use session::Session;

use crate::compile::Usage;
use crate::counter::{Counters, Opening};
use crate::engine::Engine;
use crate::error::{Error, Result};
use call::Call;

/// One file or table of usage, with the mapping that reads it.
#[derive(Debug, Clone)]
pub struct Source {
    pub mapping: String,
    pub file: String,
    /// Fingerprint of the file's content: the identity of records without ids.
    pub content: String,
    pub batches: Vec<RecordBatch>,
}

/// Counters that a call begins with.
#[derive(Debug, Clone, Default)]
pub enum Opened {
    #[default]
    None,
    /// By the names of charges and owners.
    Table(RecordBatch),
    /// As the same engine moved them.
    Moved(Moved),
}

/// Choices of one call.
#[derive(Debug, Clone)]
pub struct Options {
    /// Opening counters, as an earlier call gave them out.
    pub counters: Opened,
    /// Whether lines carry id, time, key and every attribute that a condition read.
    pub itemised: bool,
    pub check_duplicates: bool,
    /// Whether records are rated apart from those around them, so that what their counters say of them is not believed:
    /// of records of one identity, one that only its counters reject is seen like one that is rated.
    pub beside: bool,
    /// Which tables to make, besides rejects and counters.
    pub lines: bool,
    pub shares: bool,
    pub line_sums: bool,
    pub share_sums: bool,
    /// The last period that is closed: lines of it and of earlier ones are late.
    pub closed: Option<String>,
    /// Whether sources are what `gather` laid out, and the row numbers and fingerprints in them its own.
    pub gathered: bool,
}

/// Control totals of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub rows: u64,
    /// Left out by the mapping's `where`.
    pub skipped: u64,
    pub rated: u64,
    pub rejected: u64,
}

/// What a call makes.
#[derive(Debug)]
pub struct Rated {
    pub lines: Vec<RecordBatch>,
    pub shares: Vec<RecordBatch>,
    pub rejects: Vec<RecordBatch>,
    pub counters: Moved,
    /// The engine that made it, which knows the names of the counters.
    pub engine: Engine,
    pub line_sums: Vec<RecordBatch>,
    pub share_sums: Vec<RecordBatch>,
    /// By source.
    pub totals: Vec<Totals>,
}

impl Engine {
    /// Rates usage; everything in one call is one stream, ordered by semantics §8 within each counter's owner.
    pub fn rate(&self, sources: &[Source], options: &Options) -> Result<Rated> {
        self.rate_from(sources, options, None)
    }

    /// Rates usage with counters that stand somewhere already.
    fn rate_from(&self, sources: &[Source], options: &Options, opening: Option<&Arc<Opening>>) -> Result<Rated> {
        let usages = sources.iter().map(|source| self.usage(&source.mapping)).collect::<Result<Vec<_>>>()?;
        let closed = output::closed_month(options)?;
        let contexts = usages.iter().map(|usage| self.context(usage, closed)).collect();
        Call { engine: self, sources, options, opening, contexts }.rate()
    }

    fn context<'a>(&'a self, usage: &'a Usage, closed: Option<i32>) -> Context<'a> {
        Context { compiled: &self.compiled, subscribers: &self.subscribers, usage, closed }
    }

    pub(crate) fn usage(&self, mapping: &str) -> Result<&Usage> {
        let found = self.compiled.usage.iter().find(|usage| usage.id == mapping);
        found.ok_or_else(|| {
            let known: Vec<_> = self.compiled.usage.iter().map(|usage| usage.id.as_str()).collect();
            Error::UsageSchema(format!("no usage mapping {mapping:?}; the catalog has {}", known.join(", ")))
        })
    }
}

/// An Arrow array behind a pointer, as every column is.
pub(crate) fn shared(array: impl arrow_array::Array + 'static) -> arrow_array::ArrayRef {
    Arc::new(array)
}

/// The counters of all partitions.
pub(crate) type Partitions = Vec<Counters>;
