//! `Engine.rate`.

use partita_engine::{Options, Rated as EngineRated, Source, Totals, schema};
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// What a call of `rate` made: tables, and the control totals of each source.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Rated {
    lines: Py<Table>,
    shares: Py<Table>,
    rejects: Py<Table>,
    counters: Py<Table>,
    line_sums: Py<Table>,
    share_sums: Py<Table>,
    rows: u64,
    skipped: u64,
    rated: u64,
    rejected: u64,
    /// (rows, skipped, rated, rejected) by source.
    totals: Vec<(u64, u64, u64, u64)>,
}

impl Rated {
    pub(crate) fn new(py: Python<'_>, rated: EngineRated) -> PyResult<Self> {
        let lines_schema = rated.lines.first().map_or_else(|| schema::LINES.clone(), arrow_array::RecordBatch::schema);
        let table = |batches, schema| Py::new(py, Table::new(batches, schema));
        let sum = |part: fn(&Totals) -> u64| rated.totals.iter().map(part).sum();
        Ok(Self {
            rows: sum(|totals| totals.rows),
            skipped: sum(|totals| totals.skipped),
            rated: sum(|totals| totals.rated),
            rejected: sum(|totals| totals.rejected),
            totals: rated.totals.iter().map(|t| (t.rows, t.skipped, t.rated, t.rejected)).collect(),
            lines: table(rated.lines, lines_schema)?,
            shares: table(rated.shares, schema::SHARES.clone())?,
            rejects: table(rated.rejects, schema::REJECTS.clone())?,
            counters: table(vec![rated.counters], schema::COUNTERS.clone())?,
            line_sums: table(rated.line_sums, schema::LINE_SUMS.clone())?,
            share_sums: table(rated.share_sums, schema::SHARE_SUMS.clone())?,
        })
    }
}

/// Mapping, file, content fingerprint, and any Arrow object.
pub(crate) type NamedSource = (String, String, String, Batches);

/// Sources as the engine takes them.
pub(crate) fn sources_of(sources: Vec<NamedSource>) -> Vec<Source> {
    let source =
        |(mapping, file, content, usage): NamedSource| Source { mapping, file, content, batches: usage.batches };
    sources.into_iter().map(source).collect()
}

#[pymethods]
impl Engine {
    /// Rates sources of (mapping, file, content fingerprint, Arrow object) as one stream. `closed` is the last period
    /// that is closed; `lines`, `shares` and `sums` say which tables to make.
    #[pyo3(signature = (sources, counters=None, itemised=false, check_duplicates=false, shares=true, lines=true, sums=false, closed=None))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn rate(
        &self,
        py: Python<'_>,
        sources: Vec<NamedSource>,
        counters: Option<Batches>,
        itemised: bool,
        check_duplicates: bool,
        shares: bool,
        lines: bool,
        sums: bool,
        closed: Option<String>,
    ) -> PyResult<Rated> {
        let sources = sources_of(sources);
        let counters = counters.map(Batches::one).transpose()?;
        let options = Options { counters, itemised, check_duplicates, shares, lines, sums, closed };
        Rated::new(py, enter(py, || self.engine().rate(&sources, &options))?)
    }
}
