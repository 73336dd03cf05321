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

/// What one flow made of one line, or of one period; what a guarantee adds to that is a share of its own (`FLOW/true_up`).
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

/// Exact sums of rated lines: all that bills need of a period, however many records it had. Sums of partitions add up.
pub static LINE_SUMS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let name = dictionary();
    schema(&[
        ("period", name.clone()),
        ("account", name.clone()),
        ("seller", name.clone()),
        ("subscription", name.clone()),
        ("item", name.clone()),
        ("plan", name.clone()),
        ("version", DataType::Int32),
        ("zone", name.clone()),
        ("band", name.clone()),
        ("tax_category", name.clone()),
        ("currency", name),
        ("amount", decimal()),
        ("records", DataType::Int64),
    ])
});

/// Exact sums of shares: all that statements need. An account is null unless its role is the account owner; a
/// subscription is null unless a flow of the whole period is reckoned per subscription.
pub static SHARE_SUMS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let name = dictionary();
    schema(&[
        ("period", name.clone()),
        ("agreement", name.clone()),
        ("version", DataType::Int32),
        ("flow", name.clone()),
        ("payer", name.clone()),
        ("payee", name.clone()),
        ("payer_account", name.clone()),
        ("payee_account", name.clone()),
        ("subscription", name.clone()),
        ("currency", name),
        ("amount", decimal()),
    ])
});

/// Bills and statements: one amount between two accounts under one contract for a period.
pub static DOCUMENTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let (name, number) = (dictionary(), decimal());
    schema(&[
        ("document_id", DataType::Utf8),
        ("kind", name.clone()),
        ("contract", name.clone()),
        ("period", name.clone()),
        ("payer", name.clone()),
        ("payee", name.clone()),
        ("payer_account", name.clone()),
        ("payee_account", name.clone()),
        ("currency", name),
        ("net", number.clone()),
        ("tax", number.clone()),
        ("gross", number),
        ("number", DataType::Utf8),
        ("due_date", DataType::Date32),
        ("original", DataType::Utf8),
    ])
});

/// The lines of documents; they sum to them.
pub static DOCUMENT_LINES: LazyLock<SchemaRef> = LazyLock::new(|| {
    let (name, number) = (dictionary(), decimal());
    schema(&[
        ("document_id", name.clone()),
        ("line_number", DataType::Int32),
        ("subscription", name.clone()),
        ("item", name.clone()),
        ("version", DataType::Int32),
        ("zone", name.clone()),
        ("band", name.clone()),
        ("tax_category", name),
        ("exact", number.clone()),
        ("net", number),
        ("reversed", DataType::Boolean),
    ])
});

/// What negative statements carry forward to the next period, as their payer pays it.
pub static CARRIED: LazyLock<SchemaRef> = LazyLock::new(|| {
    let name = dictionary();
    schema(&[
        ("agreement", name.clone()),
        ("payer_account", name.clone()),
        ("payee_account", name.clone()),
        ("currency", name),
        ("amount", decimal()),
    ])
});

/// Balanced postings of documents, in both parties' books.
pub static ENTRIES: LazyLock<SchemaRef> = LazyLock::new(|| {
    let (name, number) = (dictionary(), decimal());
    schema(&[
        ("entry_number", DataType::Int32),
        ("date", DataType::Date32),
        ("period", name.clone()),
        ("book", name.clone()),
        ("ledger_account", name.clone()),
        ("counterparty", name.clone()),
        ("debit", number.clone()),
        ("credit", number),
        ("currency", name.clone()),
        ("document_id", name),
    ])
});

/// What each party of a netting set is owed and owes.
pub static POSITIONS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let (name, number) = (dictionary(), decimal());
    schema(&[
        ("set", name.clone()),
        ("party", name.clone()),
        ("currency", name),
        ("receivable", number.clone()),
        ("payable", number.clone()),
        ("net", number),
    ])
});

/// What a person should know.
pub static NOTICES: LazyLock<SchemaRef> =
    LazyLock::new(|| schema(&[("code", DataType::Utf8), ("subject", DataType::Utf8), ("text", DataType::Utf8)]));

/// Flags of a line: its record came after its cycle was closed.
pub const LATE: i32 = 1;
/// Flags of a line: its record is older than one that its counter had already seen.
pub const OUT_OF_ORDER: i32 = 2;
