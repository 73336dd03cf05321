//! One call of `rate`: its pieces go through the stages in waves, so that memory serves one wave after the other.

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::chunk::Chunk;
use super::order::Before;
use super::output::{Identities, Written};
use super::route::{self, Context};
use super::rows::{self, CHUNK, Rows};
use super::{Opened, Options, Partitions, Rated, Source, counted, duplicates, lane, opening, parallel, price};
use crate::counter::{Counters, Opening};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::interrupt;

/// Chunks in a wave, of which up to three are under way.
const WAVE: usize = 8;
/// Chunks in the first one: whether records that count come in order mostly shows at once.
const FIRST: usize = 2;

/// How pieces are rated.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    sort: bool,
    /// Whether duplicates are looked for.
    has_duplicates: bool,
    /// Whether all that counts is one partition.
    alone: bool,
    /// Whether records are so few that one thread rates them.
    few: bool,
}

/// Rows of a source that make a chunk.
pub(super) struct Piece {
    pub source: usize,
    pub batch: RecordBatch,
    pub first: u64,
}

/// One call of `rate`.
pub(super) struct Call<'a> {
    pub engine: &'a Engine,
    pub sources: &'a [Source],
    pub options: &'a Options,
    pub opening: Option<&'a Arc<Opening>>,
    pub contexts: Vec<Context<'a>>,
}

/// The chunks of a wave, and what tells their records apart.
struct Wave {
    chunks: Vec<Chunk>,
    identities: Vec<Identities>,
}

impl Call<'_> {
    /// Rates all of it.
    pub fn rate(&self) -> Result<Rated> {
        let pieces = self.pieces()?;
        let few = pieces.iter().map(|piece| piece.batch.num_rows()).sum::<usize>() < parallel::FEW;
        let way = Way { few, ..Way::default() };
        let rated = if self.options.check_duplicates && duplicates::may_have(&self.contexts, &pieces)? {
            // What comes twice is judged among all records at once.
            let way = Way { sort: true, has_duplicates: true, ..way };
            match self.in_waves(&pieces, way)? {
                None => self.in_waves(&pieces, Way { alone: true, ..way })?,
                rated => rated,
            }
        } else {
            match self.in_waves(&pieces, way)? {
                None => self.in_waves(&pieces, Way { sort: true, ..way })?,
                rated => rated,
            }
        };
        rated.ok_or_else(|| Error::Internal("not rated".into()))
    }

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

    /// Rates the pieces wave by wave, or all at once where they are sorted; none if records that count turn out not to be
    /// in order and are not sorted, or those of one identity in several partitions. While a wave is counted, the one
    /// before is written and the next one routed, as soon as a first small one was in order.
    fn in_waves(&self, pieces: &[Piece], way: Way) -> Result<Option<Rated>> {
        let threads = if way.few { 1 } else { rayon::current_num_threads().max(1) };
        let partitions = if way.alone { 1 } else { self.partitions(threads, way) };
        let mut counters = self.opened(partitions)?;
        let mut written = Written::new(self.engine, self.sources, self.options, threads)?;
        let (first, others) = pieces.split_at(if way.sort { pieces.len() } else { FIRST.min(pieces.len()) });
        let mut waves = [first].into_iter().filter(|first| !first.is_empty()).chain(others.chunks(WAVE));
        let (mut routed, mut counted): (Option<Wave>, Option<Wave>) = (None, None);
        let mut done = 0;
        loop {
            let pieces = if done == 0 && routed.is_some() { None } else { waves.next() };
            if pieces.is_none() && routed.is_none() && counted.is_none() {
                break;
            }
            interrupt::check()?;
            let last = counted.as_ref().and_then(|wave| wave.chunks.last()).map(|chunk| Arc::clone(&chunk.rows));
            let before = Before { chunks: done, rows: last.as_deref() };
            let (is_counted, is_written, next) = parallel::at_once(
                way.few,
                || routed.as_mut().is_none_or(|wave| self.count(wave, before, &mut counters, way)),
                || counted.take().map_or(Ok(()), |wave| self.write(wave, &mut written)),
                || pieces.map(|pieces| self.routed(pieces, partitions, way)).transpose(),
            );
            is_written?;
            if !is_counted {
                return Ok(None);
            }
            done += routed.as_ref().map_or(0, |wave| wave.chunks.len());
            (counted, routed) = (routed, next?);
        }
        counters.iter_mut().for_each(Counters::settle);
        written.finish(counters).map(Some)
    }

    /// Into how many partitions what counts is best divided. One that takes lanes is counted in a quarter of the time that
    /// all else takes, and beside the rest: a thread in three is enough for it, which spares that rows are laid out.
    fn partitions(&self, threads: usize, way: Way) -> usize {
        let compiled = &self.engine.compiled;
        let in_passing = !way.sort && compiled.lanes.take_all_that_counts && !compiled.cost_counts;
        if in_passing { threads.div_ceil(3) } else { threads }
    }

    /// The counters that the call begins with, by partition.
    fn opened(&self, partitions: usize) -> Result<Partitions> {
        let mut counters = match &self.options.counters {
            Opened::Moved(moved) if moved.is_of(self.engine) => moved.open(self.engine, partitions),
            Opened::Moved(_) => return Err(Error::Internal("counters of another engine, without their names".into())),
            Opened::Table(table) => opening::open(self.engine, Some(table), partitions)?,
            Opened::None => opening::open(self.engine, None, partitions)?,
        };
        for counters in &mut counters {
            counters.opening = self.opening.cloned();
        }
        Ok(counters)
    }

    /// Chunks whose rows are routed, and rated in their lanes as far as they need no counter.
    fn routed(&self, pieces: &[Piece], partitions: usize, way: Way) -> Result<Wave> {
        let chunk = |piece: &Piece| {
            let context = &self.contexts[piece.source];
            let rows = Rows::read(context.compiled, context.usage, &piece.batch, piece.first)?;
            let mut chunk = Chunk::new(piece.source as u32, rows, partitions);
            route::route(context, &mut chunk, !way.has_duplicates);
            let identities = Identities::of(&chunk, &self.sources[piece.source].content);
            Ok((chunk, identities))
        };
        let all = parallel::map(pieces, way.few, chunk);
        let (chunks, identities) = all.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok(Wave { chunks, identities })
    }

    /// Rates what is not rated in lanes yet; false if it cannot be rated this way.
    fn count(&self, wave: &mut Wave, before: Before, counters: &mut Partitions, way: Way) -> bool {
        self.part_ways(&mut wave.chunks, counters, way.few);
        if way.has_duplicates && !duplicates::reject(&self.contexts, &mut wave.chunks, &wave.identities) {
            return false;
        }
        let choices = counted::Choices { sort: way.sort, beside: self.options.beside };
        counted::rate(&self.contexts, (&mut wave.chunks, before), counters, choices)
    }

    /// Rates the rows that take no lane and need no counter. Counters are moved by lanes or by single rows, not by both
    /// at once: where a row counts by itself, or a counter stands between whole units, all that count leave their lanes.
    fn part_ways(&self, chunks: &mut [Chunk], counters: &Partitions, few: bool) {
        let by_rows = chunks.iter().any(Chunk::counts_rows) || !counters.iter().all(Counters::all_whole);
        let part = |chunk: &mut Chunk| {
            let context = &self.contexts[chunk.source as usize];
            if by_rows && chunk.lane.counts {
                route::leave_lane(context, chunk);
            }
            price::rate_stateless(context, chunk);
        };
        parallel::map(chunks, few, part);
    }

    /// Writes rated chunks; those with rows of both kinds row by row.
    fn write(&self, mut wave: Wave, written: &mut Written) -> Result<()> {
        let mixed = |chunk: &&mut Chunk| chunk.lane.len() > 0 && chunk.rated() > chunk.lane.len();
        let mixed = wave.chunks.iter_mut().filter(mixed).collect::<Vec<_>>();
        let join = |chunk: &mut Chunk| lane::into_work(&self.contexts[chunk.source as usize], chunk);
        let few = mixed.len() < 2;
        parallel::map(mixed, few, join);
        written.add(&mut wave.chunks, &wave.identities)
    }
}
