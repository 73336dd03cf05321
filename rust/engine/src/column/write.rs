//! Plain vectors to Arrow columns.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Int32Array, TimestampMicrosecondArray,
};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};

use crate::charge::NULL;
use crate::error::{Error, Result};
use crate::names::Values;

fn internal(error: &arrow_schema::ArrowError) -> Error {
    Error::Internal(error.to_string())
}

/// Raw values at 12 decimals; `NULL` is null.
pub fn decimals(mut values: Vec<i128>) -> Result<ArrayRef> {
    let nulls = values.contains(&NULL).then(|| values.iter().map(|&value| value != NULL).collect::<NullBuffer>());
    if nulls.is_some() {
        values.iter_mut().filter(|value| **value == NULL).for_each(|value| *value = 0);
    }
    let array = Decimal128Array::new(ScalarBuffer::from(values), nulls);
    Ok(Arc::new(array.with_precision_and_scale(38, 12).map_err(|error| internal(&error))?))
}

/// Raw values without a null.
pub fn plain_decimals(values: Vec<i128>) -> Result<ArrayRef> {
    plain_decimals_of(ScalarBuffer::from(values))
}

/// The same of a buffer, which is shared.
pub fn plain_decimals_of(values: ScalarBuffer<i128>) -> Result<ArrayRef> {
    let array = Decimal128Array::new(values, None).with_precision_and_scale(38, 12);
    Ok(Arc::new(array.map_err(|error| internal(&error))?))
}

/// Codes into a dictionary's values; a negative code is null.
pub fn dictionary(codes: Vec<i32>, values: &impl Values) -> Result<ArrayRef> {
    let (codes, values) = values.dictionary(codes);
    // All are looked at, in loops without a way out: many at once.
    let (has_nulls, beyond) =
        (codes.iter().fold(0, |all, &code| all | code) < 0, codes.iter().copied().fold(-1, i32::max));
    let nulls = has_nulls.then(|| codes.iter().map(|&code| code >= 0).collect::<NullBuffer>());
    if usize::try_from(beyond).is_ok_and(|beyond| beyond >= values.len()) {
        return Err(Error::Internal(format!("code {beyond} of {} names", values.len())));
    }
    let keys = Int32Array::new(ScalarBuffer::from(codes), nulls);
    // SAFETY: codes below 0 are null, and none is beyond the values.
    Ok(Arc::new(unsafe { DictionaryArray::<Int32Type>::new_unchecked(keys, values) }))
}

/// 128-bit ids.
pub fn ids(ids: Vec<u8>) -> Result<ArrayRef> {
    Ok(Arc::new(FixedSizeBinaryArray::try_new(16, Buffer::from_vec(ids), None).map_err(|error| internal(&error))?))
}

/// Instants in microseconds; `i64::MIN` is null.
pub fn instants(values: Vec<i64>) -> ArrayRef {
    let column: TimestampMicrosecondArray =
        values.into_iter().map(|value| (value != i64::MIN).then_some(value)).collect();
    Arc::new(column.with_timezone("UTC"))
}
