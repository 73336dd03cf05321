//! `Engine.rate`.

use partita_engine::{Options, Rated as EngineRated, Source, schema};
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::table::{Table, batches_of, one_batch};

/// What a call of `rate` made: four tables, and how many rows were read, skipped and rated.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Rated {
    lines: Py<Table>,
    shares: Py<Table>,
    rejects: Py<Table>,
    counters: Py<Table>,
    rows: u64,
    skipped: u64,
    rated: u64,
}

impl Rated {
    fn new(py: Python<'_>, rated: EngineRated) -> PyResult<Self> {
        let lines_schema = rated.lines.first().map_or_else(|| schema::LINES.clone(), |batch| batch.schema());
        let table = |batches, schema| Py::new(py, Table::new(batches, schema));
        Ok(Self {
            lines: table(rated.lines, lines_schema)?,
            shares: table(rated.shares, schema::SHARES.clone())?,
            rejects: table(vec![rated.rejects], schema::REJECTS.clone())?,
            counters: table(vec![rated.counters], schema::COUNTERS.clone())?,
            rows: rated.rows,
            skipped: rated.skipped,
            rated: rated.rated,
        })
    }
}

#[pymethods]
impl Engine {
    /// Rates sources of (mapping, file, content fingerprint, Arrow object) as one stream.
    #[pyo3(signature = (sources, counters=None, itemised=false, check_duplicates=false, shares=true))]
    fn rate(
        &self,
        py: Python<'_>,
        sources: Vec<(String, String, String, AnyRecordBatch)>,
        counters: Option<AnyRecordBatch>,
        itemised: bool,
        check_duplicates: bool,
        shares: bool,
    ) -> PyResult<Rated> {
        let source = |(mapping, file, content, table)| -> PyResult<Source> {
            Ok(Source { mapping, file, content, batches: batches_of(table)?.0 })
        };
        let sources = sources.into_iter().map(source).collect::<PyResult<Vec<_>>>()?;
        let counters = counters.map(one_batch).transpose()?;
        let options = Options { counters, itemised, check_duplicates, shares };
        Rated::new(py, enter(py, || self.engine().rate(&sources, &options))?)
    }
}
