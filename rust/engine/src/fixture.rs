//! What unit tests build engines and sums from: terms as JSON, names as texts, amounts as decimal text.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type};
use arrow_array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray};
use partita_money::Dec;
use serde_json::{Value, json};

use crate::engine::{Engine, Tables};
use crate::subscriber::NONE;
use crate::sums::{Layout, Sum, Sums};

/// A terms document with these plans and agreements.
pub fn terms(parties: &[&str], plans: &Value, agreements: &Value) -> Value {
    json!({
        "rules": "1",
        "currencies": {"EUR": 2, "SEK": 2, "JPY": 0},
        "parties": parties,
        "time_zones": [{"name": "UTC", "transitions": []}],
        "zones": [], "calendars": [], "tables": [], "usage": [],
        "plans": plans,
        "agreements": agreements,
        "billing": {"skip_zero_documents": true},
    })
}

/// A recurring, one-time or usage charge with one version.
pub fn charge(id: &str, kind: &str, model: &Value) -> Value {
    json!({
        "id": id, "kind": kind, "when": {"attributes": {}}, "component": "main", "priority": 0, "advance": false,
        "prorate": true, "across_split": false, "allow_negative": false, "round": null, "tax_category": "standard",
        "versions": [{"from": null, "model": model}],
    })
}

/// A plan of `shop` in EUR.
pub fn plan(id: &str, charges: &Value) -> Value {
    json!({"id": id, "seller": "shop", "currency": "EUR", "calendar": null, "charges": charges})
}

/// An agreement with one version since ever, its flows written in the order in which they are computed.
pub fn agreement(id: &str, flows: &Value) -> Value {
    let flows = flows.as_array().unwrap().iter().enumerate();
    let flows: Vec<_> = flows.map(|(place, flow)| with(flow.clone(), &json!({"written": place}))).collect();
    json!({
        "id": id, "plans": [], "charges": [], "services": [], "when": {"attributes": {}}, "currency": null, "zone": "UTC",
        "require": false, "allow_over_shared": false, "suspense": null, "consolidated": false, "carry_negative": false,
        "versions": [{"from": null, "until": null, "territory": [], "flows": flows}],
    })
}

/// A flow between two bindings, on earlier flows.
pub fn flow(id: &str, payer: &Value, payee: &Value, of: &[usize], basis: &Value) -> Value {
    json!({
        "id": id, "payer": payer, "payee": payee, "of": of, "minus": [], "when": {"attributes": {}}, "from": null,
        "until": null, "round": null, "payable": true, "net": false, "tax_category": "standard", "basis": basis,
    })
}

/// The binding to a party.
pub fn party(id: &str) -> Value {
    json!({"party": id})
}

/// `value` with some of its fields replaced.
pub fn with(mut value: Value, fields: &Value) -> Value {
    for (name, field) in fields.as_object().unwrap() {
        value[name.as_str()] = field.clone();
    }
    value
}

/// A table of texts; `""` is null, and a column named `from` or `until` holds dates.
pub fn table(columns: &[&str], rows: &[&[&str]]) -> RecordBatch {
    let column = |place: usize, name: &str| -> ArrayRef {
        let cells = rows.iter().map(|row| Some(row[place]).filter(|cell| !cell.is_empty()));
        match name {
            "from" | "until" | "billed_until" => {
                Arc::new(cells.map(|cell| cell.map(day)).collect::<Date32Array>()) as ArrayRef
            }
            _ => Arc::new(cells.collect::<StringArray>()),
        }
    };
    RecordBatch::try_from_iter_with_nullable(
        columns.iter().enumerate().map(|(place, name)| (*name, column(place, name), true)),
    )
    .unwrap()
}

/// Days since 1970 of `2026-10-01`.
pub fn day(text: &str) -> i32 {
    let part = |range: std::ops::Range<usize>| text[range].parse().unwrap();
    crate::clock::days_from_civil(part(0..4), part(5..7), part(8..10))
}

/// An engine without prefixes and look-up tables.
pub fn engine(terms: &Value, accounts: &RecordBatch, subscriptions: &RecordBatch) -> Engine {
    let tables =
        Tables { accounts: Some(accounts.clone()), subscriptions: Some(subscriptions.clone()), ..Tables::default() };
    Engine::new(&terms.to_string(), &tables).unwrap()
}

/// No subscriptions at all.
pub fn no_subscriptions() -> RecordBatch {
    table(&["subscription", "account", "plan"], &[])
}

/// Sums from their texts (`""` is null) and amounts, version 0.
pub fn sums<const N: usize>(layout: &Layout<N>, rows: &[([&str; N], &str)]) -> RecordBatch {
    let mut sums = Sums::default();
    for (texts, amount) in rows {
        let mut codes = [NONE; N];
        for ((code, text), names) in codes.iter_mut().zip(texts).zip(&mut sums.names) {
            *code = if text.is_empty() { NONE } else { names.intern(text) };
        }
        sums.rows.push(Sum { texts: codes, version: 0, amount: raw(amount), records: 1 });
    }
    sums.to_batch(layout).unwrap()
}

/// The raw value of decimal text.
pub fn raw(text: &str) -> i128 {
    Dec::parse(text).unwrap().raw()
}

/// Some columns of a table as text, `-` for null, joined by spaces.
pub fn shown(batch: &RecordBatch, columns: &[&str]) -> Vec<String> {
    let cells: Vec<Vec<String>> = columns.iter().map(|name| texts(batch.column_by_name(name).unwrap())).collect();
    (0..batch.num_rows())
        .map(|row| cells.iter().map(|column| column[row].as_str()).collect::<Vec<_>>().join(" "))
        .collect()
}

fn texts(array: &ArrayRef) -> Vec<String> {
    let is_number =
        array.as_primitive_opt::<Decimal128Type>().is_some() || array.as_primitive_opt::<Date32Type>().is_some();
    let text = (!is_number).then(|| crate::column::Text::read("", array, None).unwrap());
    let show = |row: usize| -> Option<String> {
        if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
            return array.is_valid(row).then(|| Dec::from_raw(decimals.value(row)).unwrap().to_string());
        }
        if let Some(days) = array.as_primitive_opt::<Date32Type>() {
            return days.value_as_date(row).map(|date| date.to_string());
        }
        text.as_ref()?.get(row).map(str::to_owned)
    };
    (0..array.len()).map(|row| show(row).unwrap_or_else(|| "-".into())).collect()
}
