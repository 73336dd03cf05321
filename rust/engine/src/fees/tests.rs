//! Fees by the examples of semantics §1 and §4: plans, histories, what was billed before → lines and rejects.

use arrow_array::RecordBatch;
use serde_json::{Value, json};

use crate::fixture::{agreement, charge, engine, flow, party, plan, shown, table, terms, with};
use crate::{Engine, Fees};

const COLUMNS: [&str; 6] = ["kind", "subscription", "charge", "amount", "period", "service_period"];

fn monthly(fee: &str) -> Value {
    charge("monthly", "recurring", &json!({"flat": {"fee": fee}}))
}

fn advance(fee: &str) -> Value {
    with(monthly(fee), &json!({"advance": true}))
}

/// An engine with the plans `basic` (these charges) and `plus` (a fee of 62.00 a month), and subscriptions given as
/// (subscription, plan, from, until, billed until) of one account.
fn engine_of(charges: &Value, holdings: &[[&str; 5]], cycle_day: &str) -> Engine {
    let plans = json!([plan("basic", charges), plan("plus", &json!([monthly("62")]))]);
    let accounts =
        table(&["account", "owner", "currency", "cycle_day", "territory"], &[&["a-1", "ann", "EUR", cycle_day, "SE"]]);
    let rows: Vec<[&str; 6]> =
        holdings.iter().map(|[s, plan, from, until, billed]| [*s, "a-1", plan, from, until, billed]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 6]>::as_slice).collect();
    let subscriptions = table(&["subscription", "account", "plan", "from", "until", "billed_until"], &rows);
    engine(&terms(&["shop"], &plans, &json!([])), &accounts, &subscriptions)
}

fn lines(fees: &Fees) -> Vec<String> {
    shown(&fees.lines, &COLUMNS)
}

fn amounts(charges: &Value, holdings: &[[&str; 5]], month: &str) -> Vec<String> {
    let fees = engine_of(charges, holdings, "1").fees(month, None, None).unwrap();
    shown(&fees.lines, &["subscription", "plan", "amount", "service_period"])
}

fn billed(rows: &[[&str; 4]]) -> RecordBatch {
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 4]>::as_slice).collect();
    table(&["subscription", "charge", "period", "amount"], &rows)
}

#[test]
fn proration_by_day() {
    for (fee, from, until, month, amount) in [
        ("100", "2026-01-01", "2026-01-16", "2026-01", "48.387096774194"),
        ("1000", "2026-01-22", "", "2026-01", "322.58064516129"),
        ("31", "2026-10-10", "", "2026-10", "22"),
        ("31", "2026-10-10", "2026-10-12", "2026-10", "2"),
        ("28", "2026-01-01", "", "2026-02", "28"),
    ] {
        let expected = [format!("s-1 basic {amount} {month}")];
        assert_eq!(amounts(&json!([monthly(fee)]), &[["s-1", "basic", from, until, ""]], month), expected, "{from}");
    }
    for (from, until) in [("2026-11-01", ""), ("2026-01-01", "2026-10-01")] {
        assert!(amounts(&json!([monthly("31")]), &[["s-1", "basic", from, until, ""]], "2026-10").is_empty());
    }
}

#[test]
fn two_successive_plans_share_the_days() {
    let history = [["s-1", "basic", "2026-01-01", "2026-10-16", ""], ["s-1", "plus", "2026-10-16", "", ""]];
    assert_eq!(amounts(&json!([monthly("31")]), &history, "2026-10"), ["s-1 basic 15 2026-10", "s-1 plus 32 2026-10"]);
    let back = [
        ["s-1", "basic", "2026-01-01", "2026-10-11", ""],
        ["s-1", "plus", "2026-10-11", "2026-10-21", ""],
        ["s-1", "basic", "2026-10-21", "", ""],
    ];
    assert_eq!(amounts(&json!([monthly("31")]), &back, "2026-10"), ["s-1 basic 21 2026-10", "s-1 plus 20 2026-10"]);
    let whole = with(monthly("31"), &json!({"prorate": false}));
    assert_eq!(amounts(&json!([whole]), &back, "2026-10"), ["s-1 basic 31 2026-10", "s-1 plus 20 2026-10"]);
}

#[test]
fn in_advance_the_next_cycle_and_the_rest_of_this_one() {
    let one = |from, until, month| amounts(&json!([advance("31")]), &[["s-1", "basic", from, until, ""]], month);
    // Activated 10 October: November has 30 days, and its fee is 31.00 all the same.
    assert_eq!(one("2026-10-10", "", "2026-10"), ["s-1 basic 22 2026-10", "s-1 basic 31 2026-11"]);
    assert_eq!(one("2026-10-10", "", "2026-11"), ["s-1 basic 31 2026-12"]);
    assert_eq!(one("2026-01-01", "2026-11-16", "2026-10"), ["s-1 basic 15.5 2026-11"]);
    assert!(one("2026-01-01", "2026-11-16", "2026-11").is_empty());
    assert!(one("2026-11-10", "", "2026-10").is_empty());
}

#[test]
fn what_was_billed_before_is_set_against_what_is_due() {
    let close = |until: &str, rows: &[[&str; 4]], month: &str| {
        let engine = engine_of(&json!([advance("30")]), &[["s-1", "basic", "2026-01-01", until, ""]], "1");
        lines(&engine.fees(month, None, Some(&billed(rows))).unwrap())
    };
    // Nothing billed yet: this cycle and the next.
    assert_eq!(
        close("", &[], "2026-10"),
        ["recurring s-1 monthly 30 2026-10 2026-10", "recurring s-1 monthly 30 2026-10 2026-11"]
    );
    // November was billed in advance, and ended on the 16th: 15 of 30 days come back.
    let november = ["s-1", "basic/monthly", "2026-11", "30"];
    assert_eq!(close("2026-11-16", &[november], "2026-11"), ["recurring s-1 monthly -15 2026-11 2026-11"]);
    // Known a month late; then set right; and never more than was billed.
    assert_eq!(close("2026-11-16", &[november], "2026-12"), ["recurring s-1 monthly -15 2026-12 2026-11"]);
    assert!(close("2026-11-16", &[november, ["s-1", "basic/monthly", "2026-11", "-15"]], "2026-12").is_empty());
    assert_eq!(close("2026-02-01", &[november], "2026-12"), ["recurring s-1 monthly -30 2026-12 2026-11"]);
}

#[test]
fn a_migrated_customer_is_billed_from_where_it_was_billed_until() {
    let one = |charge: Value, until| amounts(&json!([charge]), &[["s-1", "basic", "2026-01-01", "", until]], "2026-10");
    assert_eq!(one(monthly("31"), "2026-10-21"), ["s-1 basic 11 2026-10"]);
    assert!(one(monthly("31"), "2026-11-01").is_empty());
    assert_eq!(one(advance("30"), "2026-11-16"), ["s-1 basic 15 2026-11"]);
}

#[test]
fn cycles_of_another_day_and_prices_by_date() {
    let engine = engine_of(&json!([monthly("30")]), &[["s-1", "basic", "2026-10-05", "", ""]], "15");
    // 15 September to 14 October: 10 of 30 days.
    let fees = engine.fees("2026-10", None, None).unwrap();
    assert_eq!(lines(&fees), ["recurring s-1 monthly 10 2026-10 2026-10"]);
    let october = i64::from(crate::fixture::day("2026-10-01"));
    let versions = json!([
        {"from": null, "model": {"flat": {"fee": "31"}}},
        {"from": {"date": october}, "model": {"flat": {"fee": "62"}}},
    ]);
    let dated = with(monthly("0"), &json!({"versions": versions}));
    for (month, amount) in [("2026-09", "31"), ("2026-10", "62")] {
        let found = amounts(&json!([dated]), &[["s-1", "basic", "2026-01-01", "", ""]], month);
        assert_eq!(found, [format!("s-1 basic {amount} {month}")]);
    }
}

#[test]
fn one_time_charges_are_due_when_the_plan_is_first_held() {
    let fee = charge("activation", "one_time", &json!({"flat": {"fee": "50"}}));
    let close = |history: &[[&str; 5]], month: &str, before: Option<&RecordBatch>| {
        lines(&engine_of(&json!([fee]), history, "1").fees(month, None, before).unwrap())
    };
    let history = [["s-1", "basic", "2026-10-10", "2026-10-20", ""], ["s-1", "basic", "2026-11-05", "", ""]];
    assert_eq!(close(&history, "2026-10", None), ["one_time s-1 activation 50 2026-10 2026-10"]);
    assert!(close(&history, "2026-11", None).is_empty());
    assert!(close(&[["s-1", "basic", "2026-10-10", "", "2026-10-11"]], "2026-10", None).is_empty());
    let before = billed(&[["s-1", "basic/activation", "2026-10", "50"]]);
    assert!(close(&history, "2026-10", Some(&before)).is_empty());
}

fn graduated(scope: &str, reset: &str) -> Value {
    let tiers = json!([{"up_to": "10", "price": "10", "flat": "2"}, {"up_to": null, "price": "5", "flat": "3"}]);
    let model = json!({"graduated": {"tiers": tiers, "per": "1", "connect_fee": "0", "connect_at_zero": false,
        "minimum": "0", "increment": null, "scope": scope, "reset": reset, "charge_at_zero": true}});
    charge("calls", "usage", &model)
}

#[test]
fn a_first_tier_never_entered_owes_its_fee() {
    let history = [["s-1", "basic", "2026-01-01", "", ""], ["s-2", "basic", "2026-01-01", "", ""]];
    let counters = |owner: &str, quantity: &str| {
        table(
            &["charge", "owner", "period_start", "quantity"],
            &[&["basic/calls", owner, "2026-10-01T00:00:00Z", quantity]],
        )
    };
    for (scope, reset, owner, quantity, expected) in [
        ("subscription", "cycle", "s-1", "5", &["s-2"][..]),
        ("subscription", "cycle", "s-1", "0", &["s-1", "s-2"]),
        ("subscription", "month", "s-2", "5", &["s-1"]),
        ("subscription", "never", "s-2", "5", &[]),
        ("account", "cycle", "a-1", "5", &[]),
        ("account", "cycle", "a-1", "0", &["s-1"]),
    ] {
        let engine = engine_of(&json!([graduated(scope, reset)]), &history, "1");
        let fees = engine.fees("2026-10", Some(&counters(owner, quantity)), None).unwrap();
        let expected: Vec<String> = expected.iter().map(|s| format!("period {s} calls 2 2026-10 2026-10")).collect();
        assert_eq!(lines(&fees), expected, "{scope} {reset} {quantity}");
    }
}

#[test]
fn a_fee_that_cannot_be_charged_is_a_reject() {
    let mut foreign = plan("basic", &json!([monthly("31")]));
    foreign["currency"] = json!("SEK");
    let mut unsold = plan("plus", &json!([monthly("62")]));
    unsold["seller"] = json!(null);
    let accounts = table(&["account", "owner", "currency"], &[&["a-1", "ann", "EUR"]]);
    let rows: [&[&str]; 2] = [&["s-1", "a-1", "basic"], &["s-2", "a-1", "plus"]];
    let subscriptions = table(&["subscription", "account", "plan"], &rows);
    let engine = engine(&terms(&["shop"], &json!([foreign, unsold]), &json!([])), &accounts, &subscriptions);
    let fees = engine.fees("2026-10", None, None).unwrap();
    assert_eq!(fees.lines.num_rows(), 0);
    assert_eq!(
        shown(&fees.rejects, &["usage_file", "source", "id", "code", "name", "field", "value"]),
        ["- subscription s-1 203 currency_mismatch basic SEK", "- subscription s-2 403 unknown_party plus -",]
    );
}

#[test]
fn conditions_and_identities() {
    let only = |territory: &str| {
        let when = json!({"attributes": {"territory": {"in": [territory]}}});
        amounts(
            &json!([with(monthly("31"), &json!({"when": when}))]),
            &[["s-1", "basic", "2026-01-01", "", ""]],
            "2026-10",
        )
    };
    assert_eq!(only("SE"), ["s-1 basic 31 2026-10"]);
    assert!(only("NO").is_empty());
    let engine = engine_of(&json!([advance("31")]), &[["s-1", "basic", "2026-10-10", "", ""]], "1");
    let fees = engine.fees("2026-10", None, None).unwrap();
    let ids = fees.lines.column(0);
    let ids = arrow_array::cast::AsArray::as_fixed_size_binary(ids);
    let id = |segment| {
        crate::identity::line(crate::identity::text("s-1"), crate::identity::charge("basic/monthly", segment))
    };
    assert_eq!(ids.value(0), id("2026-10"));
    assert_eq!(ids.value(1), id("2026-10/2026-11"));
}

/// Fees of a retail plan whose shares go to `partner`: the plan's charges, the agreement, and until when it is held.
fn shared(charges: &Value, terms: &Value, until: &str, before: Option<&RecordBatch>, month: &str) -> Fees {
    let plans = json!([plan("retail", charges), plan("cost", &json!([monthly("15")]))]);
    let accounts = table(&["account", "owner", "currency", "territory"], &[&["a-1", "ann", "EUR", "SE"]]);
    let columns = ["subscription", "account", "plan", "from", "until"];
    let subscriptions = table(&columns, &[&["s-1", "a-1", "retail", "2026-01-01", until]]);
    let engine = engine(&terms_of(&plans, terms), &accounts, &subscriptions);
    engine.fees(month, None, before).unwrap()
}

fn terms_of(plans: &Value, agreement: &Value) -> Value {
    terms(&["shop", "partner"], plans, &json!([agreement]))
}

const SHARE: [&str; 5] = ["subscription", "flow", "payer", "payee", "amount"];

#[test]
fn fees_are_shared_like_usage() {
    let (owner, shop, partner) = (json!("account_owner"), party("shop"), party("partner"));
    let percent = json!({"percent": {"rate": "0.7", "complement": false}});
    let flows = json!([
        flow("retail", &owner, &shop, &[], &json!("whole")),
        flow("wholesale", &shop, &partner, &[0], &percent),
        flow("event", &shop, &partner, &[0], &json!({"per_event": {"fee": "1"}})),
        flow("margin", &shop, &shop, &[0], &json!({"remainder": [1]})),
        flow("club", &partner, &owner, &[0], &percent),
    ]);
    let fees = shared(&json!([monthly("109")]), &agreement("deal", &flows), "", None, "2026-10");
    assert_eq!(
        shown(&fees.shares, &SHARE),
        ["s-1 wholesale shop partner 76.3", "s-1 margin shop shop 32.7", "s-1 club partner ann 76.3"]
    );
    let ids = |batch: &RecordBatch| arrow_array::cast::AsArray::as_fixed_size_binary(batch.column(0)).value(0).to_vec();
    assert_eq!(ids(&fees.shares), ids(&fees.lines));
    assert_eq!(
        shown(
            &fees.share_sums,
            &["period", "agreement", "flow", "payer_account", "payee_account", "subscription", "amount"]
        ),
        ["2026-10 deal club - a-1 - 76.3", "2026-10 deal margin - - - 32.7", "2026-10 deal wholesale - - - 76.3"]
    );
    assert_eq!(
        shown(&fees.line_sums, &["account", "seller", "subscription", "item", "tax_category", "amount"]),
        ["a-1 shop s-1 retail/monthly standard 109"]
    );
}

#[test]
fn a_fee_that_comes_back_takes_its_wholesale_fee_along() {
    let cost = json!({"plan": {"plan": "cost", "factor": "1", "plus_one": false}});
    let flows = json!([flow("cost", &party("shop"), &party("partner"), &[], &cost)]);
    let terms = with(agreement("deal", &flows), &json!({"plans": ["retail"]}));
    let billed = billed(&[["s-1", "retail/monthly", "2026-11", "30"]]);
    let fees = shared(&json!([advance("30")]), &terms, "2026-11-16", Some(&billed), "2026-11");
    assert_eq!(shown(&fees.lines, &["amount"]), ["-15"]);
    assert_eq!(shown(&fees.shares, &["flow", "amount"]), ["cost -7.5"]);
    // In its own advance or not, a cost fee follows its retail fee: October and November, half of it.
    let fees = shared(&json!([advance("30")]), &terms, "2026-11-16", None, "2026-10");
    assert_eq!(shown(&fees.shares, &["flow", "amount"]), ["cost 7.5"]);
}

#[test]
fn a_fee_that_cannot_be_shared_is_a_reject() {
    let mut places = agreement("places", &json!([]));
    places["versions"][0]["territory"] = json!(["NO"]);
    let fees = shared(&json!([monthly("31")]), &places, "", None, "2026-10");
    assert_eq!(fees.lines.num_rows(), 0);
    assert_eq!(shown(&fees.rejects, &["source", "id", "code", "field", "value"]), ["subscription s-1 401 places SE"]);
    assert_eq!(fees.line_sums.num_rows() + fees.share_sums.num_rows() + fees.shares.num_rows(), 0);
}

mod laws {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::{first_day_of_month, month_of_name};
    use crate::fixture::raw;

    /// `2026-01-01` and so many days.
    fn date(days: i32) -> String {
        let first = first_day_of_month(month_of_name("2026-01").unwrap());
        let month = (0..24).rev().find(|month| first_day_of_month(672 + month) <= first + days).unwrap();
        let day = first + days - first_day_of_month(672 + month) + 1;
        format!("{}-{day:02}", crate::clock::month_name(672 + month))
    }

    fn total(engine: &Engine, months: &[&str]) -> i128 {
        let fees = months.iter().map(|month| engine.fees(month, None, None).unwrap());
        fees.flat_map(|fees| shown(&fees.lines, &["amount"])).map(|amount| raw(&amount)).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        /// A fee in advance comes to the same as in arrears, whenever it begins and ends.
        #[test]
        fn advance_bills_the_same_as_arrears(from in 0_i32..80, length in 1_i32..80) {
            let (from, until) = (date(from), date(from + length));
            let history = [["s-1", "basic", from.as_str(), until.as_str(), ""]];
            let months = ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"];
            let arrears = total(&engine_of(&json!([monthly("31")]), &history, "1"), &months);
            let advance = total(&engine_of(&json!([advance("31")]), &history, "1"), &months);
            prop_assert_eq!(arrears, advance);
        }
    }
}
