//! Arrow in: any object with the `PyCapsule` interface.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use partita_engine::Error;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::PyRecordBatchReader;
use pyo3_arrow::input::AnyRecordBatch;

use crate::table::Table;

/// All batches of an Arrow object, and their schema; to read a stream runs its producer's Python code where it has any.
pub(crate) struct Batches {
    batches: Vec<RecordBatch>,
    schema: SchemaRef,
}

impl<'py> FromPyObject<'_, 'py> for Batches {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(own) = object.cast::<Table>() {
            let (batches, schema) = own.get().parts();
            return Ok(Self { batches: batches.to_vec(), schema: schema.clone() });
        }
        // A table is the most usual object, and has nothing but this; to ask for what is not there takes microseconds.
        let stream = object.getattr(intern!(object.py(), "__arrow_c_stream__"));
        let any = match stream {
            Ok(stream) => {
                let capsule = stream.call0()?.cast_into::<PyCapsule>()?;
                AnyRecordBatch::Stream(PyRecordBatchReader::from_arrow_pycapsule(&capsule)?)
            }
            Err(_) => object.extract()?,
        };
        let (batches, schema) = any.into_table()?.into_inner();
        Ok(Self { batches, schema })
    }
}

impl Batches {
    /// With their schema.
    pub(crate) fn parts(self) -> (Vec<RecordBatch>, SchemaRef) {
        (self.batches, self.schema)
    }

    /// Without it.
    pub(crate) fn all(self) -> Vec<RecordBatch> {
        self.batches
    }

    /// As one batch.
    pub(crate) fn one(self) -> PyResult<RecordBatch> {
        if let [only] = self.batches.as_slice() {
            return Ok(only.clone());
        }
        arrow_select::concat::concat_batches(&self.schema, &self.batches)
            .map_err(|error| pyo3::exceptions::PyValueError::new_err(Error::Internal(error.to_string()).to_string()))
    }
}
