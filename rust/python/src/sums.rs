//! Merging the sums of partitions.

use partita_engine::{schema, sums};
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::input::Batches;
use crate::table::Table;

/// Line sums of several partitions as one table, in bytewise order of their names.
#[pyfunction]
pub(crate) fn merge_line_sums(py: Python<'_>, sums: Batches) -> PyResult<Py<Table>> {
    Table::one(py, enter(py, || sums::merge_line_sums(&sums.all()))?, &schema::LINE_SUMS)
}

/// Share sums of several partitions as one table, in bytewise order of their names.
#[pyfunction]
pub(crate) fn merge_share_sums(py: Python<'_>, sums: Batches) -> PyResult<Py<Table>> {
    Table::one(py, enter(py, || sums::merge_share_sums(&sums.all()))?, &schema::SHARE_SUMS)
}
