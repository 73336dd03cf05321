//! rate: usage records → rated lines, shares, rejects and counters.
//!
//! Stages over chunks of rows. *Route* finds each record's plan and charges; *price* makes the amounts. What needs no
//! counter is priced chunk by chunk, in parallel; what counts is priced by partitions of accounts, each in the order
//! of semantics §8. Output is in input order, whatever the number of threads and however the input was cut.

mod chunk;
mod counted;
mod drafts;
mod duplicates;
mod gather;
mod holders;
mod lane;
mod moved;
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
use crate::interrupt;
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
        let call = Call { engine: self, sources, options, opening, contexts };
        let pieces = call.pieces()?;
        let rated = if options.check_duplicates && duplicates::may_have(&call.contexts, &pieces)? {
            call.without_duplicates(&pieces)?
        } else {
            // Memory serves one wave after the other, as long as records come in order.
            match call.in_waves(&pieces, WAVE, Way::default())? {
                None => call.in_waves(&pieces, ALL, Way { sort: true, unrated: None })?,
                rated => rated,
            }
        };
        rated.ok_or_else(|| Error::Internal("not rated".into()))
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

/// Chunks in a wave: what they hold between the stages is used again for the next.
const WAVE: usize = 16;
/// All of them.
const ALL: usize = usize::MAX;

/// How pieces are rated: sorted where they are not in order, and with those of one identity compared.
#[derive(Debug, Default)]
struct Way<'a> {
    sort: bool,
    /// Where duplicates are looked for: records known not to be rated, which do not count as seen.
    unrated: Option<&'a mut duplicates::Found>,
}

/// Rows of a source that make a chunk.
struct Piece {
    source: usize,
    batch: RecordBatch,
    first: u64,
}

/// One call of `rate`.
struct Call<'a> {
    engine: &'a Engine,
    sources: &'a [Source],
    options: &'a Options,
    opening: Option<&'a Arc<Opening>>,
    contexts: Vec<Context<'a>>,
}

impl Call<'_> {
    /// Cuts the sources into pieces of a chunk's size.
    fn pieces(&self) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        for (source, batches) in self.sources.iter().map(|source| &source.batches).enumerate() {
            let mut first = 0;
            for batch in batches {
                let batch = if self.options.gathered { batch } else { &rows::without_made(batch)? };
                let rows = batch.num_rows();
                for start in (0..rows).step_by(CHUNK) {
                    let batch = batch.slice(start, CHUNK.min(rows - start));
                    pieces.push(Piece { source, batch, first: first + start as u64 });
                }
                if rows == 0 {
                    // An empty batch must still have the columns that its mapping names.
                    let context = &self.contexts[source];
                    Rows::read(context.compiled, context.usage, batch, first)?;
                }
                first += rows as u64;
            }
        }
        Ok(pieces)
    }

    /// Rates the pieces all at once, for what comes twice is judged among all records. A record that is rejected by its
    /// counter is known only when it is rated, and so is what it would have been the original of: then it begins again.
    fn without_duplicates(&self, pieces: &[Piece]) -> Result<Option<Rated>> {
        let mut unrated = duplicates::Found::new();
        loop {
            let known = unrated.len();
            let rated = self.in_waves(pieces, ALL, Way { sort: true, unrated: Some(&mut unrated) })?;
            if rated.is_some() || unrated.len() == known {
                return Ok(rated);
            }
        }
    }

    /// Rates the pieces wave by wave; none if records that count turn out not to be in order and are not sorted.
    fn in_waves(&self, pieces: &[Piece], wave: usize, mut way: Way) -> Result<Option<Rated>> {
        let is_small = pieces.iter().map(|piece| piece.batch.num_rows()).sum::<usize>() < parallel::FEW;
        let partitions = if is_small { 1 } else { rayon::current_num_threads().max(1) };
        let mut counters = match &self.options.counters {
            Opened::Moved(moved) if moved.is_of(self.engine) => moved.open(self.engine, partitions),
            Opened::Moved(_) => return Err(Error::Internal("counters of another engine, without their names".into())),
            Opened::Table(table) => counted::open(self.engine, Some(table), partitions)?,
            Opened::None => counted::open(self.engine, None, partitions)?,
        };
        for counters in &mut counters {
            counters.opening = self.opening.cloned();
        }
        let mut written = output::Written::new(self.sources, partitions);
        // The last chunk of the wave before: records of one instant may stand on both sides.
        let mut tail: Option<Chunk> = None;
        let mut base = 0;
        for pieces in pieces.chunks(wave.min(pieces.len()).max(1)) {
            let done = usize::from(tail.is_some());
            let mut chunks: Vec<Chunk> = tail.take().into_iter().collect();
            interrupt::check()?;
            chunks.extend(self.routed(pieces, partitions, way.unrated.is_none())?);
            interrupt::check()?;
            self.part_ways(&mut chunks[done..], &counters);
            let identities = output::Identities::of_all(self.sources, &chunks[done..]);
            if way.unrated.is_some() {
                duplicates::reject_unratable(&self.contexts, &mut chunks, &identities);
            }
            let originals = way
                .unrated
                .as_ref()
                .map(|unrated| duplicates::reject(&self.contexts, &mut chunks, &identities, unrated));
            if !counted::rate(&self.contexts, (&mut chunks, base), &mut counters, way.sort) {
                return Ok(None);
            }
            if let (Some(originals), Some(unrated)) = (originals, &mut way.unrated) {
                let lost = |&&(chunk, row): &&(u32, u32)| !chunks[chunk as usize].is_rated(row as usize);
                let lost: Vec<_> = originals.iter().filter(lost).copied().collect();
                if !lost.is_empty() {
                    unrated.extend(lost);
                    return Ok(None);
                }
            }
            interrupt::check()?;
            self.join_ways(&mut chunks[done..]);
            written.add(self.engine, self.options, self.sources, &mut chunks[done..], &identities)?;
            base += chunks.len() - 1;
            tail = chunks.pop().map(Chunk::retired);
        }
        written.finish(self.engine, self.options, self.sources, counters).map(Some)
    }

    /// Chunks whose rows are routed, and rated in their lanes as far as they need no counter.
    fn routed(&self, pieces: &[Piece], partitions: usize, in_lanes: bool) -> Result<Vec<Chunk>> {
        let chunk = |piece: &Piece| {
            let context = &self.contexts[piece.source];
            let rows = Rows::read(context.compiled, context.usage, &piece.batch, piece.first)?;
            let mut chunk = Chunk::new(piece.source as u32, rows, partitions);
            route::route(context, &mut chunk, in_lanes);
            Ok(chunk)
        };
        parallel::map(pieces, partitions == 1, chunk).into_iter().collect()
    }

    /// Rates the rows that take no lane and need no counter. Counters are moved by lanes or by single rows, not by both
    /// at once: where a row counts by itself, or a counter stands between whole units, all that count leave their lanes.
    fn part_ways(&self, chunks: &mut [Chunk], counters: &Partitions) {
        let by_rows = chunks.iter().any(Chunk::counts_rows) || !counters.iter().all(Counters::all_whole);
        let part = |chunk: &mut Chunk| {
            let context = &self.contexts[chunk.source as usize];
            if by_rows && chunk.lane.counts {
                route::leave_lane(context, chunk);
            }
            price::rate_stateless(context, chunk);
        };
        parallel::map(chunks, counters.len() == 1, part);
    }

    /// Chunks with rows of both kinds are written row by row.
    fn join_ways(&self, chunks: &mut [Chunk]) {
        let mixed = |chunk: &&mut Chunk| chunk.lane.len() > 0 && chunk.rated() > chunk.lane.len();
        let mixed = chunks.iter_mut().filter(mixed).collect::<Vec<_>>();
        let join = |chunk: &mut Chunk| lane::into_work(&self.contexts[chunk.source as usize], chunk);
        let few = mixed.len() < 2;
        parallel::map(mixed, few, join);
    }
}

/// An Arrow array behind a pointer, as every column is.
pub(crate) fn shared(array: impl arrow_array::Array + 'static) -> arrow_array::ArrayRef {
    Arc::new(array)
}

/// The counters of all partitions.
pub(crate) type Partitions = Vec<Counters>;
