//! Arrow out by the `PyCapsule` interface, without copying.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{Field, SchemaRef};
use partita_engine::{Moved, schema};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::error::PyArrowResult;
use pyo3_arrow::ffi::{ArrayIterator, to_schema_pycapsule, to_stream_pycapsule};

use crate::export::export;

/// Batches of one schema, as any Arrow library reads them.
#[pyclass(frozen, module = "partita._core")]
pub(crate) struct Table {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
    /// Where the counters stand that it is a table of, if a call of `rate` moved them.
    moved: Option<Moved>,
}

impl Table {
    pub(crate) fn new(batches: Vec<RecordBatch>, schema: SchemaRef) -> Self {
        Self { batches, schema, moved: None }
    }

    /// Counters, as a table that remembers what it was.
    pub(crate) fn of_counters(counters: RecordBatch, moved: Moved) -> Self {
        Self { batches: vec![counters], schema: schema::COUNTERS.clone(), moved: Some(moved) }
    }

    /// What it was before it became a table of counters.
    pub(crate) fn moved(&self) -> Option<&Moved> {
        self.moved.as_ref()
    }

    /// The batches and their schema.
    pub(crate) fn parts(&self) -> (&[RecordBatch], &SchemaRef) {
        (&self.batches, &self.schema)
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

    /// What a reader that knows the schema makes of each batch: it is called with the address of an `ArrowArray`, which
    /// it may take, and with the schema.
    fn read<'py>(&self, reader: &Bound<'py, PyAny>, schema: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let read = |batch| {
            let mut array = export(batch);
            reader.call1(((&raw mut array).expose_provenance(), schema))
        };
        self.batches.iter().map(read).collect()
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}
