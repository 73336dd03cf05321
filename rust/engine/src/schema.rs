//! Every Arrow schema, once. The store and Parquet use the same names.

use std::sync::{Arc, LazyLock};

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Quantities, prices, amounts: 12 decimals.
pub fn decimal() -> DataType {
    DataType::Decimal128(38, 12)
}

/// Names that recur: 32-bit codes and their texts.
pub fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Instants: microseconds, UTC.
pub fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn schema(fields: &[(&str, DataType)]) -> SchemaRef {
    Arc::new(Schema::new(fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect::<Vec<_>>()))
}

/// What one charge made of one record or period.
pub static LINES: LazyLock<SchemaRef> = LazyLock::new(|| {
    let (name, number) = (dictionary(), decimal());
    schema(&[
        ("line_id", DataType::FixedSizeBinary(16)),
        ("kind", name.clone()),
        ("usage_file", name.clone()),
        ("usage_row", DataType::Int64),
        ("account", name.clone()),
        ("subscription", name.clone()),
        ("plan", name.clone()),
        ("service", name.clone()),
        ("charge", name.clone()),
        ("version", DataType::Int32),
        ("zone", name.clone()),
        ("band", name.clone()),
        ("quantity", number.clone()),
        ("billed_quantity", number.clone()),
        ("amount", number.clone()),
        ("currency", name.clone()),
        ("counter_before", number.clone()),
        ("counter_after", number.clone()),
        ("flags", DataType::Int32),
        ("period", name.clone()),
        ("service_period", name),
        ("original", DataType::FixedSizeBinary(16)),
        ("fx_rate", number),
        ("fx_date", DataType::Date32),
    ])
});

/// What one flow made of one line, or of one period.
pub static SHARES: LazyLock<SchemaRef> = LazyLock::new(|| {
    let name = dictionary();
    schema(&[
        ("line_id", DataType::FixedSizeBinary(16)),
        ("period", name.clone()),
        ("subscription", name.clone()),
        ("agreement", name.clone()),
        ("version", DataType::Int32),
        ("flow", name.clone()),
        ("payer", name.clone()),
        ("payee", name.clone()),
        ("amount", decimal()),
        ("currency", name),
    ])
});

/// Records that could not be charged, and why.
pub static REJECTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("usage_file", DataType::Utf8),
        ("usage_row", DataType::Int64),
        ("source", DataType::Utf8),
        ("id", DataType::Utf8),
        ("code", DataType::Int32),
        ("name", DataType::Utf8),
        ("field", DataType::Utf8),
        ("value", DataType::Utf8),
    ])
});

/// Where cumulative charges stand.
pub static COUNTERS: LazyLock<SchemaRef> = LazyLock::new(|| {
    schema(&[
        ("charge", dictionary()),
        ("owner", DataType::Utf8),
        ("period_start", instant()),
        ("quantity", decimal()),
        ("amount", decimal()),
        ("watermark", instant()),
    ])
});

/// Flags of a line: its record came after its cycle was closed.
pub const LATE: i32 = 1;
/// Flags of a line: its record is older than one that its counter had already seen.
pub const OUT_OF_ORDER: i32 = 2;
