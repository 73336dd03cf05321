//! `Engine.gather`, and what finds duplicates among gathered records.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use partita_engine::{Error, Spread, repeated as marks};
use pyo3::prelude::*;

use crate::doorway::enter;
use crate::engine::Engine;
use crate::input::Batches;
use crate::table::Table;

/// A block of usage in the order of its partitions.
#[pyclass(frozen, get_all, module = "partita._core")]
pub(crate) struct Gathered {
    rows: Py<Table>,
    counts: Vec<u64>,
    marks: Py<Table>,
    mark_counts: Vec<u64>,
}

#[pymethods]
impl Engine {
    /// Lays a block of usage into partitions: see the engine's `gather`. `partitions` is a table whose int32 column
    /// `partition` has those of the accounts, in the order of the accounts table.
    #[pyo3(signature = (mapping, content, usage, first, partitions, count, plain))]
    #[allow(clippy::too_many_arguments, clippy::needless_pass_by_value, reason = "arguments of a Python method")]
    fn gather(
        &self,
        py: Python<'_>,
        mapping: &str,
        content: &str,
        usage: Batches,
        first: u64,
        partitions: Batches,
        count: u32,
        plain: Vec<String>,
    ) -> PyResult<Gathered> {
        let (usage, partitions) = (usage.one()?, partitions.one()?);
        let gathered = enter(py, || {
            let column =
                partitions.column_by_name("partition").and_then(|column| column.as_primitive_opt::<Int32Type>());
            let column = column.ok_or_else(|| Error::Internal("the accounts have no int32 column partition".into()))?;
            let spread = Spread { of_accounts: column.values(), count, plain: &plain };
            self.engine().gather((mapping, content), &usage, first, &spread)
        })?;
        let schema = gathered.rows.schema();
        Ok(Gathered {
            rows: Table::one(py, gathered.rows, &schema)?,
            counts: gathered.counts,
            marks: column(py, "mark", Arc::new(gathered.marks))?,
            mark_counts: gathered.mark_counts,
        })
    }
}

/// A table of one column.
fn column(py: Python<'_>, name: &str, array: ArrayRef) -> PyResult<Py<Table>> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, array.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(schema.clone(), vec![array]);
    let batch = batch.map_err(|error| pyo3::exceptions::PyValueError::new_err(error.to_string()))?;
    Table::one(py, batch, &schema)
}

/// The only column of an Arrow object.
fn only_column(object: Batches) -> Vec<ArrayRef> {
    object.all().iter().filter_map(|batch| batch.columns().first().cloned()).collect()
}

/// The marks of a table's only column that are there more than once, in their order.
#[pyfunction]
pub(crate) fn repeated(py: Python<'_>, marks_of_all: Batches) -> PyResult<Py<Table>> {
    let columns = only_column(marks_of_all);
    let found = enter(py, || {
        let mut all = Vec::with_capacity(columns.iter().map(Array::len).sum());
        for column in &columns {
            let values = column.as_primitive_opt::<UInt64Type>();
            all.extend_from_slice(values.ok_or_else(|| Error::Internal("marks are of 64 bits".into()))?.values());
        }
        Ok(marks::repeated(&all))
    })?;
    column(py, "mark", Arc::new(found))
}

/// For each identity of a table's only column whether its mark is one of some.
#[pyfunction]
pub(crate) fn marked(py: Python<'_>, identities: Batches, marks_found: Batches) -> PyResult<Py<Table>> {
    let identities = only_column(identities);
    let wanted = marks_found.one()?;
    let found = enter(py, || {
        let wanted = wanted.columns().first().ok_or_else(|| Error::Internal("marks have a column".into()))?;
        let mut all = arrow_array::builder::BooleanBuilder::new();
        for column in &identities {
            all.append_array(&marks::marked(column, wanted)?);
        }
        Ok(all.finish())
    })?;
    column(py, "marked", Arc::new(found))
}
