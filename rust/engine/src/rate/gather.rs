//! Before rating: which partition a record belongs to, who it is, and what it holds.
//!
//! A run reads its usage once to lay each record into the partition of its account and to find duplicates among all of
//! them. A block of rows comes back in the order of its partitions, each row with its number and its fingerprints, so
//! that the run has only to write the parts where they belong.

mod contents;
mod order;
mod prints;

use arrow_array::{Array, ArrayRef, FixedSizeBinaryArray, Int64Array, RecordBatch, UInt32Array, UInt64Array};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use rayon::prelude::*;
use std::sync::Arc;

use super::rows::{IDENTITY, ROW_NUMBER, Rows};
use super::shared;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::identity;
use order::Order;
use prints::Prints;

/// Rows that one thread looks at: their columns fit the second-level cache.
const PIECE: usize = 16_384;
/// The column of fingerprints of what gathered rows say; no attribute has such a name.
const CONTENT: &str = "partita:content";

/// How rows are laid into partitions.
#[derive(Debug)]
pub struct Spread<'a> {
    /// The partitions of the accounts, in their order.
    pub of_accounts: &'a [i32],
    /// How many there are.
    pub count: u32,
    /// Dictionary columns that are to be plain: their dictionaries are too large to be written again and again.
    pub plain: &'a [String],
}

/// A block of rows in the order of its partitions.
#[derive(Debug)]
pub struct Gathered {
    /// All columns that came in, and those of `ROW_NUMBER`, `IDENTITY` (null if `where` skips the row, or its id is
    /// null or too long) and `CONTENT`.
    pub rows: RecordBatch,
    /// Rows of each partition.
    pub counts: Vec<u64>,
    /// The first 64 bits of each identity, in the order of as many ranges of equal width as there are partitions.
    pub marks: UInt64Array,
    /// Marks of each range.
    pub mark_counts: Vec<u64>,
}

impl Engine {
    /// Lays a block of rows of one file, the first of them with this number, into the partitions of their accounts;
    /// rows of unknown keys are spread by their numbers. `content` is the fingerprint of the file's content.
    pub fn gather(
        &self,
        (mapping, content): (&str, &str),
        batch: &RecordBatch,
        first: u64,
        spread: &Spread,
    ) -> Result<Gathered> {
        let usage = self.usage(mapping)?;
        let rows = batch.num_rows();
        let file = identity::text(content);
        let piece = |start: usize| {
            let piece = batch.slice(start, PIECE.min(rows - start));
            let rows = Rows::read(&self.compiled, usage, &piece, first + start as u64)?;
            Ok(Prints::of(self, &rows, file, spread))
        };
        // An empty batch must still have the columns that its mapping names.
        let starts: Vec<usize> = (0..rows.max(1)).step_by(PIECE).collect();
        let pieces = starts.into_par_iter().map(piece).collect::<Result<Vec<_>>>()?;
        let prints = Prints::joined(pieces);
        let order = Order::by(&prints.partitions, spread.count);
        let marks = prints.marks();
        let ranges: Vec<u32> = marks.iter().map(|&mark| range_of(mark, spread.count)).collect();
        let by_range = Order::by(&ranges, spread.count);
        Ok(Gathered {
            rows: laid(batch, first, &prints, &order, spread)?,
            counts: order.counts,
            marks: by_range.places.iter().map(|&place| marks[place as usize]).collect::<Vec<_>>().into(),
            mark_counts: by_range.counts,
        })
    }
}

/// The range of a mark, of so many of equal width.
fn range_of(mark: u64, count: u32) -> u32 {
    ((u128::from(mark) * u128::from(count)) >> 64) as u32
}

/// The rows in order, with their numbers and fingerprints.
fn laid(batch: &RecordBatch, first: u64, prints: &Prints, order: &Order, spread: &Spread) -> Result<RecordBatch> {
    let places = UInt32Array::from(order.places.clone());
    let named: Vec<(&ArrayRef, &Arc<Field>)> = batch.columns().iter().zip(batch.schema_ref().fields()).collect();
    let column = |(column, field): (&ArrayRef, &Arc<Field>)| {
        let taken = if order.is_as_it_was { column.clone() } else { arrow_select::take::take(column, &places, None)? };
        match taken.data_type() {
            DataType::Dictionary(_, value) if spread.plain.contains(field.name()) => arrow_cast::cast(&taken, value),
            _ => Ok(taken),
        }
    };
    let mut columns: Vec<ArrayRef> =
        named.into_par_iter().map(column).collect::<std::result::Result<_, _>>().map_err(internal)?;
    let numbers = order.places.iter().map(|&place| (first + u64::from(place)).cast_signed());
    columns.push(shared(Int64Array::from_iter_values(numbers)));
    columns.push(shared(identities(prints, order)?));
    columns.push(shared(contents(prints, order)));
    let names = batch.schema_ref().fields().iter().map(|field| field.name().as_str());
    let names = names.chain([ROW_NUMBER, IDENTITY, CONTENT]);
    let fields: Vec<Field> =
        names.zip(&columns).map(|(name, column)| Field::new(name, column.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(internal)
}

/// The column of what rows say.
fn contents(prints: &Prints, order: &Order) -> UInt64Array {
    order.places.iter().map(|&place| prints.contents[place as usize]).collect::<Vec<_>>().into()
}

/// The column of identities, null where a row has none.
fn identities(prints: &Prints, order: &Order) -> Result<FixedSizeBinaryArray> {
    let identity = |&place: &u32| prints.identities[place as usize].to_be();
    let bytes: Vec<u128> = order.places.iter().map(identity).collect();
    let nulls = prints.known.contains(&false).then(|| {
        let known = |&place: &u32| prints.known[place as usize];
        NullBuffer::new(order.places.iter().map(known).collect())
    });
    FixedSizeBinaryArray::try_new(16, Buffer::from_vec(bytes), nulls).map_err(internal)
}

#[allow(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn internal(error: ArrowError) -> Error {
    Error::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{charge, engine, plan, table, terms, with};

    const COLUMNS: [&str; 11] = [
        "source",
        "id",
        "time",
        "key",
        "service",
        "quantity",
        "amount",
        "duration",
        "destination",
        "territory",
        "type",
    ];
    const RECORD: [&str; 11] =
        ["switch", "1", "2026-10-05T10:00:00Z", "46701", "voice", "60", "1.5", "61", "46702", "SE", "x"];

    /// Identities and contents of records with all columns that a mapping can name.
    fn prints(rows: &[[&str; 11]]) -> (Vec<Vec<u8>>, Vec<u64>) {
        let flat = charge("fee", "usage", &json!({"flat": {"fee": "1"}}));
        let asks = with(flat, &json!({"when": {"attributes": {"kind": {"in": ["x"]}}}}));
        let usage = json!({
            "id": "calls", "where": [], "source": {"column": "source"}, "record_id": "id", "time": "time",
            "time_format": null, "time_zone": null, "refuse_ambiguous_time": false, "key": "key",
            "service": {"column": "service"}, "quantity": {"column": "quantity"}, "amount": "amount",
            "duration": "duration", "destination": "destination", "territory": "territory",
            "attributes": {"kind": "type"}, "decimals": {},
        });
        let terms =
            with(terms(&["shop"], &json!([plan("basic", &json!([asks]))]), &json!([])), &json!({"usage": [usage]}));
        let accounts = table(&["account", "owner", "currency"], &[&["a-1", "ann", "EUR"]]);
        let subscriptions = table(&["subscription", "account", "plan", "from", "until"], &[]);
        let rows: Vec<&[&str]> = rows.iter().map(<[&str; 11]>::as_slice).collect();
        let spread = Spread { of_accounts: &[0], count: 1, plain: &[] };
        let gathered = engine(&terms, &accounts, &subscriptions)
            .gather(("calls", "f"), &table(&COLUMNS, &rows), 0, &spread)
            .unwrap();
        let identities = gathered.rows.column_by_name(IDENTITY).unwrap();
        let identities = identities.as_any().downcast_ref::<FixedSizeBinaryArray>().unwrap();
        let contents = gathered.rows.column_by_name(CONTENT).unwrap();
        let contents = contents.as_any().downcast_ref::<UInt64Array>().unwrap();
        (identities.iter().flatten().map(<[u8]>::to_vec).collect(), contents.values().to_vec())
    }

    #[test]
    fn who_a_record_is_and_what_it_says_depend_on_every_column() {
        let others = ["router", "2", "2026-10-05T10:00:01Z", "46709", "data", "61", "1.6", "62", "46703", "DK", "y"];
        let mut rows = vec![RECORD; 2];
        rows.extend((0..COLUMNS.len()).map(|place| {
            let mut row = RECORD;
            row[place] = others[place];
            row
        }));
        let (identities, contents) = prints(&rows);
        assert_eq!((&identities[0], contents[0]), (&identities[1], contents[1]));
        for (place, column) in COLUMNS.iter().enumerate() {
            let is_identity = place < 2;
            assert_eq!(identities[place + 2] != identities[0], is_identity, "{column}");
            assert_eq!(contents[place + 2] != contents[0], !is_identity, "{column}");
        }
    }
}
