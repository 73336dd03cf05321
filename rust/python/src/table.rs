//! Arrow in and out by the `PyCapsule` interface, without copying.

use std::sync::Arc;

use arrow_array::ffi::FFI_ArrowArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StructArray};
use arrow_schema::{Field, SchemaRef};
use partita_engine::{Error, schema};
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

    /// Which of the tables that every call makes this is; none for one with columns of its own. All tables of a number
    /// have one schema, so that it need not be read again and again.
    #[getter]
    fn standard(&self) -> Option<usize> {
        let all = [&schema::LINES, &schema::SHARES, &schema::REJECTS, &schema::COUNTERS];
        all.iter().position(|standard| Arc::ptr_eq(standard, &self.schema))
    }

    /// Each batch as a capsule with an `ArrowArray`, for a reader that knows the schema.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyCapsule>>> {
        let array = |batch: &RecordBatch| FFI_ArrowArray::new(&StructArray::from(batch.clone()).into_data());
        let batches = self.batches.iter();
        batches.map(|batch| PyCapsule::new_with_value(py, array(batch), c"arrow_array")).collect()
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
