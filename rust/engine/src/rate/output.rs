//! From drafts to Arrow: lines and shares in input order, rejects, counters.

mod alike;
mod constant;
mod identities;
mod lane;
mod lines;
mod own;
mod partition;
mod shares;
mod sums;
mod tally;

use arrow_array::builder::{Int32Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::SchemaRef;

use super::chunk::Chunk;
use super::{Moved, Options, Partitions, Rated, Source, Totals, parallel, shared};
use crate::clock::{MONTHS, month_of_name};
use crate::column::{Text, write};
use crate::counter::{NEVER, Standing};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::names::Names;
use crate::schema;
use constant::{Column, Constants};
pub use identities::Identities;

/// What all batches of a call share.
struct Writer<'a> {
    engine: &'a Engine,
    sources: &'a [Source],
    options: &'a Options,
    /// Services of the catalog, then others of the chunks at hand in order of arrival.
    services: Names,
    service_values: ArrayRef,
    file_values: ArrayRef,
    /// The last month that is closed for good.
    closed: Option<i32>,
    constants: Constants,
}

/// What has been written so far.
pub struct Written<'a> {
    writer: Writer<'a>,
    lines: Vec<RecordBatch>,
    shares: Vec<RecordBatch>,
    rejects: Vec<RecordBatch>,
    sums: sums::Accumulator,
    totals: Vec<Totals>,
}

impl<'a> Written<'a> {
    /// Nothing yet.
    pub fn new(engine: &'a Engine, sources: &'a [Source], options: &'a Options, partitions: usize) -> Result<Self> {
        let (lines, shares, rejects) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self {
            writer: Writer::new(engine, sources, options)?,
            lines,
            shares,
            rejects,
            sums: sums::Accumulator::new(partitions),
            totals: vec![Totals::default(); sources.len()],
        })
    }

    /// Writes rated chunks, and asserts that nothing of them is lost.
    pub fn add(&mut self, chunks: &mut [Chunk], identities: &[Identities]) -> Result<()> {
        self.count(chunks)?;
        self.writer.meet(chunks);
        let writer = &self.writer;
        let (engine, options) = (writer.engine, writer.options);
        if chunks.iter().any(|chunk| !chunk.rejects.is_empty()) {
            self.rejects.push(rejects(writer.sources, chunks)?);
        }
        let few = chunks.len() < 2;
        if options.shares && !engine.compiled.agreements.is_empty() {
            let write = |(chunk, ids): (&Chunk, &Identities)| match chunk.lane.len() {
                0 => writer.shares(chunk, ids),
                _ => writer.lane_shares(chunk, ids),
            };
            let chunks: Vec<_> = chunks.iter().zip(identities).collect();
            self.shares.extend(parallel::map(chunks, few, write).into_iter().collect::<Result<Vec<_>>>()?);
        }
        if options.line_sums || (options.share_sums && !engine.compiled.agreements.is_empty()) {
            self.sums.add(writer, chunks)?;
        }
        // Last, because lines take the drafts.
        if options.lines {
            let write = |(chunk, ids): (&mut Chunk, &Identities)| match chunk.lane.len() {
                0 => writer.lines(chunk, ids),
                _ => writer.lane_lines(chunk, ids),
            };
            let chunks: Vec<_> = chunks.iter_mut().zip(identities).collect();
            self.lines.extend(parallel::map(chunks, few, write).into_iter().collect::<Result<Vec<_>>>()?);
        }
        Ok(())
    }

    /// Control totals of each source: rows read are rated, rejected or skipped, and nothing is lost.
    fn count(&mut self, chunks: &[Chunk]) -> Result<()> {
        for chunk in chunks {
            let total = &mut self.totals[chunk.source as usize];
            total.rows += chunk.rows.len as u64;
            total.skipped += chunk.rows.skipped() as u64;
            total.rated += chunk.rated() as u64;
            total.rejected += chunk.rejects.len() as u64;
        }
        match self.totals.iter().find(|total| total.rows != total.skipped + total.rated + total.rejected) {
            Some(wrong) => {
                Err(Error::Internal(format!("rows read are not those rated, rejected and skipped: {wrong:?}")))
            }
            None => Ok(()),
        }
    }

    /// All of it, with the counters as they stand.
    pub fn finish(self, counters: Partitions) -> Result<Rated> {
        let Self { writer, lines, shares, rejects, sums, totals } = self;
        let (engine, options) = (writer.engine, writer.options);
        let (line_sums, share_sums) =
            if options.line_sums || options.share_sums { sums.finish(&writer)? } else { Default::default() };
        let counters = Moved::new(engine, counters);
        Ok(Rated { lines, shares, rejects, counters, line_sums, share_sums, totals, engine: engine.clone() })
    }
}

impl<'a> Writer<'a> {
    fn new(engine: &'a Engine, sources: &'a [Source], options: &'a Options) -> Result<Self> {
        let services = engine.compiled.services.clone();
        Ok(Self {
            engine,
            sources,
            options,
            service_values: services.values(),
            services,
            file_values: shared(StringArray::from_iter_values(sources.iter().map(|source| source.file.as_str()))),
            closed: closed_month(options)?,
            constants: Constants::default(),
        })
    }

    /// Gives codes to the services of rated rows that the catalog does not name.
    fn meet(&mut self, chunks: &[Chunk]) {
        let mut services = self.engine.compiled.services.clone();
        let other = services.len() as u32;
        for chunk in chunks {
            if let Text::Same(service) = &chunk.rows.service {
                service.iter().filter(|_| chunk.rated() > 0).for_each(|service| _ = services.intern(service));
                continue;
            }
            let rows = chunk.lane.row.iter().map(|&row| row as usize);
            let rows = rows.chain((0..chunk.held.len()).filter(|&row| chunk.is_rated(row)));
            let unknown = rows.filter(|&row| chunk.service[row] == other);
            for service in unknown.filter_map(|row| chunk.rows.service.get(row)) {
                services.intern(service);
            }
        }
        if services.len().max(self.services.len()) > other as usize {
            self.forget(Column::Service);
            self.service_values = services.values();
        }
        self.services = services;
    }

    /// The month in which a cycle's line is billed: the first one open, if its own is closed (semantics §8).
    #[inline]
    fn billed_month(&self, month: i32) -> i32 {
        self.closed.map_or(month, |closed| month.max(closed + 1)).clamp(0, MONTHS - 1)
    }

    /// The code of the currency of a plan.
    #[inline]
    fn currency(&self, plan: u32) -> i32 {
        self.engine.dictionaries.currency_codes[plan as usize]
    }
}

/// The last month that is closed for good.
pub fn closed_month(options: &Options) -> Result<Option<i32>> {
    let unknown = |name: &String| Error::Period(format!("{name:?} is not a period; one is written 2026-10"));
    options.closed.as_ref().map(|name| month_of_name(name).ok_or_else(|| unknown(name))).transpose()
}

/// Counters by charge, owner and period.
pub fn counters(engine: &Engine, mut all: Vec<Standing>) -> Result<RecordBatch> {
    parallel::sort_by_key(&mut all, |counter| counter.key);
    let (compiled, subscribers) = (&engine.compiled, &engine.subscribers);
    let mut paths = Names::default();
    let mut codes = Vec::with_capacity(all.len());
    // A service keeps these tables, one for each account: they take no more room than they need.
    let mut owners = StringBuilder::with_capacity(all.len(), 16 * all.len());
    let mut starts = Vec::with_capacity(all.len());
    for counter in &all {
        let key = counter.key;
        codes.push(i32::try_from(paths.intern(&compiled.path_of_charge(key.tariff, key.charge))).unwrap_or(i32::MAX));
        let counted = compiled.charges[key.charge as usize].counted;
        let (owner, account) = subscribers.owner(counted.map(|counted| counted.scope), key.owner);
        owners.append_value(owner);
        let start =
            counted.filter(|_| key.period != NEVER).map(|c| subscribers.period_start(c.reset, account, key.period));
        starts.push(start.unwrap_or(0));
    }
    let columns = vec![
        write::dictionary(codes, &paths.values())?,
        shared(owners.finish()),
        write::instants(starts),
        write::decimals(all.iter().map(|counter| counter.count.quantity).collect())?,
        write::decimals(all.iter().map(|counter| counter.count.amount).collect())?,
        write::instants(all.iter().map(|counter| counter.watermark).collect()),
    ];
    batch(&schema::COUNTERS, columns)
}

/// A batch of a schema.
fn batch(schema: &SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema.clone(), columns).map_err(|error| Error::Internal(error.to_string()))
}

/// All rejects, in input order.
fn rejects(sources: &[Source], chunks: &[Chunk]) -> Result<RecordBatch> {
    let (mut files, mut ids, mut origins) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut names, mut fields, mut values) = (StringBuilder::new(), StringBuilder::new(), StringBuilder::new());
    let (mut rows, mut codes) = (Int64Builder::new(), Int32Builder::new());
    for chunk in chunks {
        let mut rejects: Vec<_> = chunk.rejects.iter().collect();
        rejects.sort_by_key(|reject| reject.0);
        for (row, reject) in rejects {
            let row = *row as usize;
            files.append_value(&sources[chunk.source as usize].file);
            rows.append_value(chunk.rows.number(row).cast_signed());
            origins.append_option(chunk.rows.source.get(row));
            ids.append_option(chunk.rows.id.as_ref().and_then(|id| id.get(row)));
            codes.append_value(i32::from(reject.code.number()));
            names.append_value(reject.code.name());
            fields.append_value(&reject.field);
            values.append_option(reject.value.as_ref());
        }
    }
    let columns: Vec<ArrayRef> = vec![
        shared(files.finish()),
        shared(rows.finish()),
        shared(origins.finish()),
        shared(ids.finish()),
        shared(codes.finish()),
        shared(names.finish()),
        shared(fields.finish()),
        shared(values.finish()),
    ];
    batch(&schema::REJECTS, columns)
}
