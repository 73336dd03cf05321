//! Tables with dictionaries of what is used.

use partita_engine::compact;
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::input::Batches;
use crate::table::Table;

/// The same table, with dictionaries of the values that its rows have.
#[pyfunction]
pub(crate) fn compacted(py: Python<'_>, table: Batches) -> PyResult<Table> {
    let (batches, schema) = table.parts();
    Ok(Table::new(enter(py, || compact::compacted(&batches))?, schema))
}
