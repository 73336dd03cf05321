//! `Engine.bill`.

use partita_engine::schema;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::table::{Table, batches_of};

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
    fn bill(&self, py: Python<'_>, line_sums: AnyRecordBatch, period: &str) -> PyResult<Documents> {
        let (sums, _) = batches_of(line_sums)?;
        Documents::new(py, enter(py, || self.engine().bill(&sums, period))?)
    }
}
