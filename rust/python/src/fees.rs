//! `Engine.fees`.

use partita_engine::schema;
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// What a close made of fees: tables, the sums of lines and of shares among them.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Fees {
    lines: Py<Table>,
    shares: Py<Table>,
    rejects: Py<Table>,
    line_sums: Py<Table>,
    share_sums: Py<Table>,
}

#[pymethods]
impl Engine {
    /// The fees due at the close of every account's cycle of a name, after these counters and what was billed before.
    #[pyo3(signature = (period, counters=None, billed=None))]
    fn fees(&self, py: Python<'_>, period: &str, counters: Option<Batches>, billed: Option<Batches>) -> PyResult<Fees> {
        let (counters, billed) = (counters.map(Batches::one).transpose()?, billed.map(Batches::one).transpose()?);
        let fees = enter(py, || self.engine().fees(period, counters.as_ref(), billed.as_ref()))?;
        Ok(Fees {
            lines: Table::one(py, fees.lines, &schema::LINES)?,
            shares: Table::one(py, fees.shares, &schema::SHARES)?,
            rejects: Table::one(py, fees.rejects, &schema::REJECTS)?,
            line_sums: Table::one(py, fees.line_sums, &schema::LINE_SUMS)?,
            share_sums: Table::one(py, fees.share_sums, &schema::SHARE_SUMS)?,
        })
    }
}
