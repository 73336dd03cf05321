//! Dictionaries without what is not used.
//!
//! A table of few accounts shares the dictionary of all; whoever writes it to a file would write all of them. Here each
//! dictionary is cut to the values that rows have, in the order in which they were, in one pass over codes.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, UInt32Array};
use arrow_schema::DataType;
use rayon::prelude::*;

use crate::error::{Error, Result};

/// Dictionaries that are small whatever is used of them.
const SMALL: usize = 64;

/// The same tables, with dictionaries of the values that are used. Batches that share a dictionary still do.
pub fn compacted(batches: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let column = |place: usize| {
        let parts: Vec<&ArrayRef> = batches.iter().map(|batch| batch.column(place)).collect();
        compacted_column(&parts)
    };
    let columns = (0..first.num_columns()).into_par_iter().map(column).collect::<Result<Vec<_>>>()?;
    let batch = |(number, batch): (usize, &RecordBatch)| {
        let columns = columns.iter().map(|parts| parts[number].clone()).collect();
        RecordBatch::try_new(batch.schema(), columns).map_err(|error| Error::Internal(error.to_string()))
    };
    batches.iter().enumerate().map(batch).collect()
}

/// The parts of one column.
fn compacted_column(parts: &[&ArrayRef]) -> Result<Vec<ArrayRef>> {
    let as_they_are = || Ok(parts.iter().map(|&part| part.clone()).collect());
    let dictionaries: Option<Vec<&DictionaryArray<Int32Type>>> =
        parts.iter().map(|part| part.as_any().downcast_ref()).collect();
    let Some(dictionaries) = dictionaries else { return as_they_are() };
    let Some(values) = dictionaries.first().map(|first| first.values()) else { return as_they_are() };
    let shared = dictionaries.iter().all(|part| Arc::ptr_eq(part.values(), values) || part.values() == values);
    if !shared || values.len() <= SMALL || values.data_type() != &DataType::Utf8 {
        return as_they_are();
    }
    let codes = Codes::used_by(&dictionaries, values.len());
    let places = UInt32Array::from(codes.places.clone());
    let kept = arrow_select::take::take(values.as_ref(), &places, None);
    let kept = kept.map_err(|error| Error::Internal(error.to_string()))?;
    let part = |part: &&DictionaryArray<Int32Type>| -> Result<ArrayRef> {
        let keys =
            Int32Array::new(part.keys().values().iter().map(|&key| codes.of(key)).collect(), part.nulls().cloned());
        let array = DictionaryArray::try_new(keys, kept.clone());
        Ok(Arc::new(array.map_err(|error| Error::Internal(error.to_string()))?))
    };
    dictionaries.iter().map(part).collect()
}

/// Which codes are used, and what becomes of them.
struct Codes {
    /// The old code of each new one.
    places: Vec<u32>,
    /// The new code of each old one.
    new: Vec<i32>,
}

impl Codes {
    fn used_by(parts: &[&DictionaryArray<Int32Type>], count: usize) -> Self {
        let mut new = vec![-1; count];
        for part in parts {
            let keys = part.keys();
            for (row, &key) in keys.values().iter().enumerate() {
                if let Some(place) = new.get_mut(key.cast_unsigned() as usize)
                    && keys.is_valid(row)
                {
                    *place = 0;
                }
            }
        }
        let mut places = Vec::new();
        for (place, code) in (0..).zip(&mut new).filter(|(_, code)| **code == 0) {
            *code = i32::try_from(places.len()).unwrap_or(i32::MAX);
            places.push(place);
        }
        Self { places, new }
    }

    /// The new code of an old one; that of a null does not matter.
    #[inline]
    fn of(&self, old: i32) -> i32 {
        self.new.get(old.cast_unsigned() as usize).map_or(0, |&code| code.max(0))
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::StringArray;
    use arrow_array::cast::AsArray;
    use arrow_schema::{Field, Schema};

    use super::*;

    fn batch(codes: Vec<Option<i32>>, values: &ArrayRef) -> RecordBatch {
        let array = DictionaryArray::try_new(Int32Array::from(codes), values.clone()).unwrap();
        let schema = Schema::new(vec![Field::new("name", array.data_type().clone(), true)]);
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(array)]).unwrap()
    }

    fn texts(batch: &RecordBatch) -> Vec<Option<String>> {
        let array = batch.column(0).as_dictionary::<Int32Type>().downcast_dict::<StringArray>().unwrap();
        array.into_iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn only_what_is_used_stays() {
        let names = (0..1_000).map(|number| format!("name-{number}"));
        let values: ArrayRef = Arc::new(StringArray::from_iter_values(names));
        let before = [batch(vec![Some(900), None, Some(3)], &values), batch(vec![Some(3), Some(500)], &values)];
        let after = compacted(&before).unwrap();
        for (one, other) in before.iter().zip(&after) {
            assert_eq!(texts(one), texts(other));
            assert_eq!(other.column(0).as_dictionary::<Int32Type>().values().len(), 3);
        }
    }

    #[test]
    fn nothing_and_nulls() {
        assert!(compacted(&[]).unwrap().is_empty());
        let values: ArrayRef = Arc::new(StringArray::from_iter_values((0..100).map(|n| n.to_string())));
        let after = compacted(&[batch(vec![None, None], &values)]).unwrap();
        assert_eq!(texts(&after[0]), [None, None]);
    }
}
