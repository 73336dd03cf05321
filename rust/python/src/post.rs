//! `Engine.post`.

use partita_engine::schema;
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// What documents come to in the books.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Posted {
    entries: Py<Table>,
    positions: Py<Table>,
    notices: Py<Table>,
}

impl Posted {
    fn new(py: Python<'_>, posted: partita_engine::Posted) -> PyResult<Self> {
        Ok(Self {
            entries: Py::new(py, Table::new(posted.entries, schema::ENTRIES.clone()))?,
            positions: Table::one(py, posted.positions, &schema::POSITIONS)?,
            notices: Table::one(py, posted.notices, &schema::NOTICES)?,
        })
    }
}

#[pymethods]
impl Engine {
    /// The entries of documents and their lines, the positions of their parties, and notices.
    fn post(&self, py: Python<'_>, documents: Batches, lines: Batches) -> PyResult<Posted> {
        Posted::new(py, enter(py, || self.engine().post(&documents.all(), &lines.all()))?)
    }

    /// The entries of some documents and their lines.
    fn entries(&self, py: Python<'_>, documents: Batches, lines: Batches) -> PyResult<Py<Table>> {
        let entries = enter(py, || self.engine().entries(&documents.all(), &lines.all()))?;
        Py::new(py, Table::new(entries, schema::ENTRIES.clone()))
    }

    /// The positions and notices of documents, without entries.
    fn positions(&self, py: Python<'_>, documents: Batches) -> PyResult<Posted> {
        Posted::new(py, enter(py, || self.engine().positions(&documents.all()))?)
    }
}
