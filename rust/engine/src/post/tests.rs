//! Documents to books: the legs of every kind of document, and the laws over made-up ones.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{agreement, charge, engine, flow, no_subscriptions, party, plan, shown, table, terms, with};
use crate::{Engine, Posted};

const ENTRY: [&str; 4] = ["book", "ledger_account", "debit", "credit"];

fn engine_of(agreements: &Value) -> Engine {
    let charges = json!([charge("fee", "recurring", &json!({"flat": {"fee": "70"}}))]);
    let plans = json!([plan("bundle", &charges), plan("other", &charges)]);
    let accounts = table(&["account", "owner", "currency", "cycle_day"], &[&["a-1", "ann", "EUR", "15"]]);
    engine(&terms(&["shop", "E", "A", "P", "B"], &plans, agreements), &accounts, &no_subscriptions())
}

/// Documents of (id, kind, contract, payer, payee, net) for October 2026 in EUR.
fn documents(rows: &[[&str; 6]]) -> RecordBatch {
    let columns = ["document_id", "kind", "contract", "period", "payer", "payee", "payer_account", "currency", "net"];
    let rows: Vec<[&str; 9]> = rows
        .iter()
        .map(|[id, kind, contract, payer, payee, net]| {
            let account = if *payer == "ann" { "a-1" } else { payer };
            [*id, *kind, *contract, "2026-10", *payer, *payee, account, "EUR", *net]
        })
        .collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 9]>::as_slice).collect();
    table(&columns, &rows)
}

/// Lines of (document, item, net), where `<` before an item says that the payee pays it.
fn lines(rows: &[[&str; 3]]) -> RecordBatch {
    let column = |of: fn(&[&str; 3]) -> String| Arc::new(rows.iter().map(of).map(Some).collect::<StringArray>());
    let columns: [(&str, ArrayRef); 5] = [
        ("document_id", column(|[document, ..]| (*document).to_owned())),
        ("item", column(|[_, item, _]| item.trim_start_matches('<').to_owned())),
        ("version", column(|_| "0".to_owned())),
        ("net", column(|[.., net]| (*net).to_owned())),
        ("reversed", Arc::new(rows.iter().map(|[_, item, _]| Some(item.starts_with('<'))).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn posted(agreements: &Value, heads: &[[&str; 6]], rows: &[[&str; 3]]) -> Posted {
    engine_of(agreements).post(&[documents(heads)], &[lines(rows)]).unwrap()
}

#[test]
fn a_bill_in_both_books() {
    let posted = posted(
        &json!([]),
        &[["d", "bill", "sale", "ann", "shop", "15"]],
        &[["d", "other/calls", "20"], ["d", "other/fee", "-5"], ["d", "other/free", "0"]],
    );
    assert_eq!(
        shown(&posted.entries[0], &ENTRY),
        [
            "ann expense:shop:EUR 20 0",
            "shop revenue:ann:EUR 0 20",
            "ann expense:shop:EUR 0 5",
            "shop revenue:ann:EUR 5 0",
            "ann payable:shop:EUR 0 15",
            "shop receivable:ann:EUR 15 0",
        ]
    );
    // The last day of the cycle from 15 September to 14 October.
    assert_eq!(
        shown(&posted.entries[0], &["entry_number", "date", "period", "currency", "document_id"])[0],
        "1 2026-10-14 2026-10 EUR d"
    );
    assert_eq!(
        shown(&posted.positions, &["set", "party", "currency", "receivable", "payable", "net"]),
        ["all ann EUR 0 15 -15", "all shop EUR 15 0 15"]
    );
}

#[test]
fn a_line_that_runs_the_other_way_is_the_others_expense() {
    let (e, a) = (party("E"), json!({"column": "supplier"}));
    let percent = json!({"percent": {"rate": "1", "complement": false}});
    let flows = json!([
        flow("usage", &json!("account_owner"), &e, &[], &json!("whole")),
        with(flow("proceeds", &e, &a, &[0], &percent), &json!({"net": true})),
        flow("commission", &a, &e, &[1], &percent),
    ]);
    let agreements = json!([with(agreement("deal", &flows), &json!({"consolidated": true}))]);
    let posted = posted(
        &agreements,
        &[["d", "statement", "deal", "E", "A", "52.4"]],
        &[["d", "<commission", "-12.6"], ["d", "proceeds", "65"]],
    );
    assert_eq!(
        shown(&posted.entries[0], &ENTRY),
        [
            "A expense:E:EUR 12.6 0",
            "E revenue:A:EUR 0 12.6",
            "E revenue:A:EUR 65 0",
            "A revenue:E:EUR 0 65",
            "E payable:A:EUR 0 52.4",
            "A receivable:E:EUR 52.4 0",
        ]
    );
}

#[test]
fn a_bundle_earns_by_component() {
    let prices = json!({"standalone": [["S1", "20"], ["S2", "30"], ["T", "40"]]});
    let flows = json!([
        flow("sale", &json!("account_owner"), &party("shop"), &[], &json!("whole")),
        flow("components", &party("shop"), &party("shop"), &[0], &prices),
    ]);
    let agreements = json!([with(agreement("deal", &flows), &json!({"plans": ["bundle"]}))]);
    let posted = posted(
        &agreements,
        &[["d", "bill", "sale", "ann", "shop", "75"]],
        &[["d", "bundle/fee", "70"], ["d", "other/fee", "5"]],
    );
    let revenue: Vec<String> =
        shown(&posted.entries[0], &ENTRY).into_iter().filter(|entry| entry.starts_with("shop revenue")).collect();
    assert_eq!(
        revenue,
        [
            "shop revenue:ann:EUR 0 5",
            "shop revenue.S1:ann:EUR 0 15.56",
            "shop revenue.S2:ann:EUR 0 23.33",
            "shop revenue.T:ann:EUR 0 31.11",
        ]
    );
}

#[test]
fn a_provider_paid_more_than_is_earned_is_noticed() {
    let fee = json!({"recurring": {"fee": "300", "per": "agreement", "prorate": true}});
    let flows = json!([flow("resource", &party("B"), &party("P"), &[], &fee)]);
    let when = json!({"notice_when": {"exceeds": {"party": "P", "over": "B"}}});
    let agreements = json!([with(agreement("deal", &flows), &when)]);
    for (earned, expected) in [
        ("1000", &[][..]),
        ("300", &[]),
        ("299.99", &["provider_exceeds deal P is paid 300 EUR, more than the 299.99 EUR of B"]),
    ] {
        let heads = [["s", "statement", "deal", "B", "P", "300"], ["b", "bill", "sale", "ann", "B", earned]];
        let posted = posted(&agreements, &heads, &[["s", "resource", "300"], ["b", "other/fee", earned]]);
        assert_eq!(shown(&posted.notices, &["code", "subject", "text"]), expected);
    }
}

#[test]
fn a_document_that_its_lines_do_not_sum_to_is_an_internal_error() {
    let heads = documents(&[["d", "bill", "sale", "ann", "shop", "15"]]);
    let error = engine_of(&json!([])).post(&[heads], &[lines(&[["d", "other/fee", "14"]])]).unwrap_err();
    assert!(matches!(error, crate::Error::Internal(_)), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn debits_equal_credits_and_positions_sum_to_zero(
        nets in prop::collection::vec((0_usize..4, 0_usize..4, -100_000_i128..100_000, -100_000_i128..100_000), 0..20),
    ) {
        let parties = ["ann", "shop", "E", "A"];
        let text = |units| partita_money::Dec::from_units(units, 2).unwrap().to_string();
        let pairs: Vec<_> = nets.iter().filter(|(payer, payee, ..)| payer != payee).collect();
        let ids: Vec<String> = (0..pairs.len()).map(|place| format!("d{place}")).collect();
        let amounts: Vec<[String; 3]> =
            pairs.iter().map(|(.., a, b)| [text(*a), text(*b), text(a + b)]).collect();
        let heads: Vec<[&str; 6]> = pairs.iter().zip(&ids).zip(&amounts)
            .map(|(((payer, payee, ..), id), amounts)| [id.as_str(), "bill", "sale", parties[*payer], parties[*payee], &amounts[2]])
            .collect();
        let rows: Vec<[&str; 3]> = ids.iter().zip(&amounts)
            .flat_map(|(id, amounts)| [[id.as_str(), "other/a", &amounts[0]], [id.as_str(), "other/b", &amounts[1]]])
            .collect();
        let posted = posted(&json!([]), &heads, &rows);
        let sum = |table: &RecordBatch, column: &str| -> i128 {
            shown(table, &[column]).iter().map(|text| crate::fixture::raw(text)).sum()
        };
        prop_assert_eq!(sum(&posted.entries[0], "debit"), sum(&posted.entries[0], "credit"));
        prop_assert_eq!(sum(&posted.positions, "net"), 0);
        prop_assert!(shown(&posted.entries[0], &["debit", "credit"]).iter().all(|entry| !entry.contains('-')));
    }
}
