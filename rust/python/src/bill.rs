//! `Engine.bill`.

use partita_engine::schema;
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// Bills or statements, and their lines.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Documents {
    documents: Py<Table>,
    lines: Py<Table>,
}

impl Documents {
    pub(crate) fn new(py: Python<'_>, documents: partita_engine::Documents) -> PyResult<Self> {
        Ok(Self {
            documents: Table::one(py, documents.documents, &schema::DOCUMENTS)?,
            lines: Table::one(py, documents.lines, &schema::DOCUMENT_LINES)?,
        })
    }
}

#[pymethods]
impl Engine {
    /// The bills of a period, from its line sums.
    fn bill(&self, py: Python<'_>, line_sums: Batches, period: &str) -> PyResult<Documents> {
        Documents::new(py, enter(py, || self.engine().bill(&line_sums.all(), period))?)
    }
}
