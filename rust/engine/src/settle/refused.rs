//! Flows of the period that cannot be computed. Each is a reject with the source `agreement`; those on top of it are
//! left out.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use partita_money::MoneyError;

use crate::error::{Error, Result};
use crate::output::{batch, nulls};
use crate::rate::Fault;
use crate::schema::REJECTS;

/// Why a flow has no sums: it cannot be shared, or the call ends.
#[derive(Debug)]
pub enum Stop {
    Flow(Fault),
    Call(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<MoneyError> for Stop {
    fn from(error: MoneyError) -> Self {
        Self::Call(error.into())
    }
}

/// Faults of agreements as rejects.
pub fn table(faults: &[(String, Fault)]) -> Result<RecordBatch> {
    let rows = faults.len();
    let text = |of: fn(&(String, Fault)) -> Option<&str>| -> ArrayRef {
        Arc::new(faults.iter().map(of).collect::<StringArray>())
    };
    let code = faults.iter().map(|(_, fault)| i32::from(fault.code.number()));
    let columns: Vec<ArrayRef> = vec![
        nulls(&REJECTS, "usage_file", rows)?,
        nulls(&REJECTS, "usage_row", rows)?,
        text(|_| Some("agreement")),
        text(|(agreement, _)| Some(agreement)),
        Arc::new(code.collect::<Int32Array>()),
        text(|(_, fault)| Some(fault.code.name())),
        text(|(_, fault)| Some(&fault.field)),
        text(|(_, fault)| fault.value.as_deref()),
    ];
    batch(&REJECTS, columns)
}
