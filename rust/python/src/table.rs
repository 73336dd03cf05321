//! Arrow in and out by the `PyCapsule` interface, without copying.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{Field, SchemaRef};
use partita_engine::Error;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};
use pyo3_arrow::input::AnyRecordBatch;

/// Batches of one schema, as any Arrow library reads them.
#[pyclass(frozen, module = "partita._core")]
pub(crate) struct Table {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
}

impl Table {
    pub(crate) fn new(batches: Vec<RecordBatch>, schema: SchemaRef) -> Self {
        Self { batches, schema }
    }

    /// One batch as a Python object.
    pub(crate) fn one(py: Python<'_>, batch: RecordBatch, schema: &SchemaRef) -> PyResult<Py<Self>> {
        Py::new(py, Self::new(vec![batch], schema.clone()))
    }
}

#[pymethods]
impl Table {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyArrowResult<Bound<'py, PyCapsule>> {
        let field = Field::new_struct("", self.schema.fields().clone(), false);
        let arrays: Vec<_> =
            self.batches.iter().map(|batch| Ok(Arc::new(StructArray::from(batch.clone())) as ArrayRef)).collect();
        to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field.into())), requested_schema)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyArrowResult<Bound<'py, PyCapsule>> {
        to_schema_pycapsule(py, self.schema.as_ref())
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// All batches of an Arrow object; reading a stream runs the producer's Python code where it has any.
pub(crate) fn batches_of(object: AnyRecordBatch) -> PyResult<(Vec<RecordBatch>, SchemaRef)> {
    Ok(object.into_table()?.into_inner())
}

/// An Arrow object as one batch.
pub(crate) fn one_batch(object: AnyRecordBatch) -> PyResult<RecordBatch> {
    let (batches, schema) = batches_of(object)?;
    if let [only] = batches.as_slice() {
        return Ok(only.clone());
    }
    arrow_select::concat::concat_batches(&schema, &batches)
        .map_err(|error| pyo3::exceptions::PyValueError::new_err(Error::Internal(error.to_string()).to_string()))
}
