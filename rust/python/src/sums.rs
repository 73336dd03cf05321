//! Merging the sums of partitions.

use partita_engine::{schema, sums};
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;

use crate::doorway::enter;
use crate::table::{Table, batches_of};

/// Line sums of several partitions as one table, in bytewise order of their names.
#[pyfunction]
pub(crate) fn merge_line_sums(py: Python<'_>, sums: AnyRecordBatch) -> PyResult<Py<Table>> {
    let (parts, _) = batches_of(sums)?;
    Table::one(py, enter(py, || sums::merge_line_sums(&parts))?, &schema::LINE_SUMS)
}

/// Share sums of several partitions as one table, in bytewise order of their names.
#[pyfunction]
pub(crate) fn merge_share_sums(py: Python<'_>, sums: AnyRecordBatch) -> PyResult<Py<Table>> {
    let (parts, _) = batches_of(sums)?;
    Table::one(py, enter(py, || sums::merge_share_sums(&parts))?, &schema::SHARE_SUMS)
}
