//! `Engine.fees`.

use partita_engine::schema;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::table::{Table, one_batch};

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
    fn fees(
        &self,
        py: Python<'_>,
        period: &str,
        counters: Option<AnyRecordBatch>,
        billed: Option<AnyRecordBatch>,
    ) -> PyResult<Fees> {
        let (counters, billed) = (counters.map(one_batch).transpose()?, billed.map(one_batch).transpose()?);
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
