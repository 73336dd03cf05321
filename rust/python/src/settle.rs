//! `Engine.settle`.

use partita_engine::schema;
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// Statements and their lines, what they carry forward, the shares of flows on the whole period, and the
/// flows that could not be computed.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Settled {
    documents: Py<Table>,
    lines: Py<Table>,
    carried: Py<Table>,
    shares: Py<Table>,
    rejects: Py<Table>,
}

#[pymethods]
impl Engine {
    /// The statements of a period, from its share sums and what the period before carried forward.
    #[pyo3(signature = (share_sums, period, carried=None))]
    fn settle(&self, py: Python<'_>, share_sums: Batches, period: &str, carried: Option<Batches>) -> PyResult<Settled> {
        let carried = carried.map(Batches::one).transpose()?;
        let settled = enter(py, || self.engine().settle(&share_sums.all(), carried.as_ref(), period))?;
        Ok(Settled {
            documents: Table::one(py, settled.statements.documents, &schema::DOCUMENTS)?,
            lines: Table::one(py, settled.statements.lines, &schema::DOCUMENT_LINES)?,
            carried: Table::one(py, settled.carried, &schema::CARRIED)?,
            shares: Table::one(py, settled.shares, &schema::SHARES)?,
            rejects: Table::one(py, settled.rejects, &schema::REJECTS)?,
        })
    }
}
