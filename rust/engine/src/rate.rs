//! rate: usage records → rated lines, shares, rejects and counters.
//!
//! Stages over chunks of rows. *Route* finds each record's plan and charges; *price* makes the amounts. What needs no
//! counter is priced chunk by chunk, in parallel; what counts is priced by partitions of accounts, each in the order
//! of semantics §8. Output is in input order, whatever the number of threads and however the input was cut.

mod chunk;
mod counted;
mod drafts;
mod duplicates;
mod order;
mod output;
mod price;
mod route;
mod rows;
mod segment;

use std::sync::Arc;

use arrow_array::RecordBatch;
use rayon::prelude::*;

pub use chunk::Work;
pub use drafts::Drafts;
pub use price::Space;
pub use route::{Context, Fault};
pub use rows::{CHUNK, Record};

use crate::compile::Usage;
use crate::counter::Counters;
use crate::engine::Engine;
use crate::error::{Error, Result};
use chunk::Chunk;
use rows::Rows;

/// One file or table of usage, with the mapping that reads it.
#[derive(Debug, Clone)]
pub struct Source {
    pub mapping: String,
    pub file: String,
    /// Fingerprint of the file's content: the identity of records without ids.
    pub content: String,
    pub batches: Vec<RecordBatch>,
}

/// Choices of one call.
#[derive(Debug, Clone)]
pub struct Options {
    /// Opening counters, as an earlier call gave them out.
    pub counters: Option<RecordBatch>,
    /// Whether lines carry id, time, key and every attribute that a condition read.
    pub itemised: bool,
    pub check_duplicates: bool,
    /// Which tables to make, besides rejects and counters.
    pub lines: bool,
    pub shares: bool,
    pub sums: bool,
    /// The last period that is closed: lines of it and of earlier ones are late.
    pub closed: Option<String>,
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
    pub rejects: RecordBatch,
    pub counters: RecordBatch,
    pub line_sums: Vec<RecordBatch>,
    pub share_sums: Vec<RecordBatch>,
    /// By source.
    pub totals: Vec<Totals>,
}

impl Engine {
    /// Rates usage; everything in one call is one stream, ordered by semantics §8 within each counter's owner.
    pub fn rate(&self, sources: &[Source], options: &Options) -> Result<Rated> {
        let usages = sources.iter().map(|source| self.usage(&source.mapping)).collect::<Result<Vec<_>>>()?;
        let contexts: Vec<Context> = usages.iter().map(|usage| self.context(usage)).collect();
        let partitions = rayon::current_num_threads().max(1);
        let mut chunks = read(&contexts, sources, partitions)?;
        chunks.par_iter_mut().for_each(|chunk| route::route(&contexts[chunk.source as usize], chunk));
        chunks.par_iter_mut().enumerate().for_each(|(number, chunk)| {
            price::rate_stateless(&contexts[chunk.source as usize], number as u32, chunk);
        });
        let identities = output::identities(sources, &chunks);
        if options.check_duplicates {
            duplicates::reject(&contexts, &mut chunks, &identities);
        }
        let counters = counted::rate(self, &contexts, &mut chunks, options.counters.as_ref())?;
        output::write(self, sources, &mut chunks, &identities, &counters, options)
    }

    fn context<'a>(&'a self, usage: &'a Usage) -> Context<'a> {
        Context { compiled: &self.compiled, subscribers: &self.subscribers, usage }
    }

    fn usage(&self, mapping: &str) -> Result<&Usage> {
        let found = self.compiled.usage.iter().find(|usage| usage.id == mapping);
        found.ok_or_else(|| {
            let known: Vec<_> = self.compiled.usage.iter().map(|usage| usage.id.as_str()).collect();
            Error::UsageSchema(format!("no usage mapping {mapping:?}; the catalog has {}", known.join(", ")))
        })
    }
}

/// Cuts the sources into chunks and reads their mapped columns.
fn read(contexts: &[Context], sources: &[Source], partitions: usize) -> Result<Vec<Chunk>> {
    let mut pieces = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        let mut first = 0;
        for batch in &source.batches {
            let rows = batch.num_rows();
            for start in (0..rows).step_by(CHUNK) {
                let len = CHUNK.min(rows - start);
                pieces.push((number, batch.slice(start, len), first + start as u64));
            }
            if rows == 0 {
                // An empty batch must still have the columns that its mapping names.
                Rows::read(contexts[number].compiled, contexts[number].usage, batch, first)?;
            }
            first += rows as u64;
        }
    }
    let chunk = |(number, batch, first): (usize, RecordBatch, u64)| {
        let context = &contexts[number];
        let rows = Rows::read(context.compiled, context.usage, &batch, first)?;
        Ok(Chunk::new(number as u32, rows, partitions))
    };
    pieces.into_par_iter().map(chunk).collect()
}

/// An Arrow array behind a pointer, as every column is.
pub(crate) fn shared(array: impl arrow_array::Array + 'static) -> arrow_array::ArrayRef {
    Arc::new(array)
}

/// The counters of all partitions.
pub(crate) type Partitions = Vec<Counters>;
