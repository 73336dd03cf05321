//! Tables with dictionaries of what is used.

use partita_engine::compact;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::doorway::enter;
use crate::table::{Table, batches_of};

/// The same table, with dictionaries of the values that its rows have.
#[pyfunction]
pub(crate) fn compacted(py: Python<'_>, table: AnyRecordBatch) -> PyResult<Table> {
    let (batches, schema) = batches_of(table)?;
    Ok(Table::new(enter(py, || compact::compacted(&batches))?, schema))
}
