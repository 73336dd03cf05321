//! `Engine.rate`.

use partita_engine::{Moved, Opened, Options, Rated as EngineRated, Source, Totals, schema};
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// What a call of `rate` made: tables, and the control totals of each source.
#[pyclass(frozen, module = "partita._core")]
pub(crate) struct Rated {
    #[pyo3(get)]
    lines: Py<Table>,
    #[pyo3(get)]
    shares: Py<Table>,
    #[pyo3(get)]
    rejects: Py<Table>,
    #[pyo3(get)]
    line_sums: Py<Table>,
    #[pyo3(get)]
    share_sums: Py<Table>,
    #[pyo3(get)]
    rows: u64,
    #[pyo3(get)]
    skipped: u64,
    #[pyo3(get)]
    rated: u64,
    #[pyo3(get)]
    rejected: u64,
    /// (rows, skipped, rated, rejected) by source.
    #[pyo3(get)]
    totals: Vec<(u64, u64, u64, u64)>,
    moved: Moved,
    /// The one that moved them, and so knows their names.
    engine: partita_engine::Engine,
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
            line_sums: table(rated.line_sums, schema::LINE_SUMS.clone())?,
            share_sums: table(rated.share_sums, schema::SHARE_SUMS.clone())?,
            moved: rated.counters,
            engine: rated.engine,
        })
    }
}

#[pymethods]
impl Rated {
    /// The counters that were moved; made when they are asked for, which a session may never be.
    #[getter]
    fn counters(&self, py: Python<'_>) -> PyResult<Table> {
        let table = enter(py, || self.moved.table(&self.engine))?;
        Ok(Table::of_counters(table, self.moved.clone()))
    }
}

/// Mapping, file, content fingerprint, and any Arrow object.
pub(crate) type NamedSource = (String, String, String, Batches);

/// Sources as the engine takes them.
pub(crate) fn sources_of(sources: Vec<NamedSource>) -> Vec<Source> {
    let source = |(mapping, file, content, usage): NamedSource| Source { mapping, file, content, batches: usage.all() };
    sources.into_iter().map(source).collect()
}

/// Opening counters: as they were moved, if this engine did it, or else by their names.
fn opened(engine: &partita_engine::Engine, counters: Option<&Bound<'_, PyAny>>) -> PyResult<Opened> {
    let Some(counters) = counters else { return Ok(Opened::None) };
    let own = counters.cast::<Table>().ok().and_then(|own| own.get().moved());
    match own.filter(|moved| moved.is_of(engine)) {
        Some(moved) => Ok(Opened::Moved(moved.clone())),
        None => counters.extract::<Batches>()?.one().map(Opened::Table),
    }
}

#[pymethods]
impl Engine {
    /// Rates sources of (mapping, file, content fingerprint, Arrow object) as one stream. `closed` is the last period
    /// that is closed; `lines`, `shares`, `line_sums` and `share_sums` say which tables to make; `gathered` that the
    /// sources are rows as `gather` laid them out, `beside` that they are rated apart from those around them.
    #[pyo3(signature = (sources, counters=None, itemised=false, check_duplicates=false, shares=true, lines=true, line_sums=false, share_sums=false, closed=None, gathered=false, beside=false))]
    #[allow(clippy::too_many_arguments, reason = "keyword arguments of a Python method")]
    fn rate(
        &self,
        py: Python<'_>,
        sources: Vec<NamedSource>,
        counters: Option<&Bound<'_, PyAny>>,
        itemised: bool,
        check_duplicates: bool,
        shares: bool,
        lines: bool,
        line_sums: bool,
        share_sums: bool,
        closed: Option<String>,
        gathered: bool,
        beside: bool,
    ) -> PyResult<Rated> {
        let sources = sources_of(sources);
        let counters = opened(self.engine(), counters)?;
        let options = Options {
            counters,
            itemised,
            check_duplicates,
            beside,
            shares,
            lines,
            line_sums,
            share_sums,
            closed,
            gathered,
        };
        Rated::new(py, enter(py, || self.engine().rate(&sources, &options))?)
    }
}
