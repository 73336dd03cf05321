//! The numbers of models.md and semantics.md, from sums to statements.

use serde_json::{Value, json};

use crate::fixture::{agreement, charge, engine, flow, party, plan, shown, sums, table, terms, with};
use crate::sums::SHARES;
use crate::{Documents, Engine};

const PARTIES: [&str; 9] = ["A1", "A2", "A3", "B", "D", "E", "P", "shop", "M"];

fn engine_of(agreements: &Value) -> Engine {
    let plans = json!([plan("music", &json!([charge("monthly", "recurring", &json!({"flat": {"fee": "109"}}))]))]);
    let accounts = table(
        &["account", "owner", "currency"],
        &[
            &["a-1", "ann", "EUR"],
            &["a-2", "bob", "EUR"],
            &["d-9", "D", "EUR"],
            &["d-2", "D", "EUR"],
            &["d-1", "D", "SEK"],
        ],
    );
    let subscriptions = table(
        &["subscription", "account", "plan", "from", "until"],
        &[&["s-1", "a-1", "music", "2026-01-01", ""], &["s-2", "a-2", "music", "2026-01-01", ""]],
    );
    engine(&terms(&PARTIES, &plans, agreements), &accounts, &subscriptions)
}

/// Rows of (flow, payer, payee, subscription) and amount, all of the agreement `deal`.
fn settled(terms: &Value, rows: &[([&str; 4], &str)]) -> Documents {
    settled_with(&engine_of(&json!([terms])), rows)
}

fn settled_with(engine: &Engine, rows: &[([&str; 4], &str)]) -> Documents {
    let rows: Vec<([&str; 9], &str)> = rows
        .iter()
        .map(|([flow, payer, payee, subscription], amount)| {
            (["2026-10", "deal", *flow, *payer, *payee, "", "", *subscription, "EUR"], *amount)
        })
        .collect();
    engine.settle(&[sums(&SHARES, &rows)], None, "2026-10").unwrap().statements
}

fn nets(documents: &Documents) -> Vec<String> {
    shown(&documents.documents, &["payer", "payee", "net"])
}

fn sale(payer: &Value, payee: &Value) -> Value {
    flow("sale", payer, payee, &[], &json!("whole"))
}

fn percent(rate: &str) -> Value {
    json!({"percent": {"rate": rate, "complement": false}})
}

#[test]
fn a_wholesale_price_and_what_is_kept() {
    // A.1: M buys 1,000 minutes at 0.020 and sells at 0.035. A.4: 70 % of 109.00.
    let (owner, m, a) = (json!("account_owner"), party("M"), party("A1"));
    let flows = json!([
        sale(&owner, &m),
        flow(
            "wholesale",
            &m,
            &a,
            &[0],
            &json!({"per_unit": {"unit": {"connect_fee": "0", "connect_at_zero": false,
            "steps": [{"up_to": null, "price": "0.020", "per": "1", "minimum": "0", "increment": null}]}, "billed": false}})
        ),
        flow("margin", &m, &m, &[0], &json!({"remainder": [1]})),
    ]);
    let documents =
        settled(&agreement("deal", &flows), &[(["wholesale", "M", "A1", ""], "20"), (["margin", "M", "M", ""], "15")]);
    assert_eq!(
        shown(&documents.documents, &["document_id", "payer", "payee", "net", "due_date"]),
        ["statement/2026-10/deal/M/A1/EUR M A1 20 2026-11-30"]
    );
    assert_eq!(
        shown(&documents.lines, &["line_number", "subscription", "item", "exact", "net"]),
        ["1 - wholesale 20 20"]
    );
}

#[test]
fn a_party_is_paid_into_its_first_account_of_the_currency() {
    let flows = json!([
        sale(&json!("account_owner"), &party("M")),
        flow("share", &party("M"), &party("D"), &[0], &percent("0.1"))
    ]);
    let documents = settled(&agreement("deal", &flows), &[(["share", "M", "D", ""], "5")]);
    assert_eq!(shown(&documents.documents, &["payer_account", "payee_account"]), ["M d-2"]);
}

#[test]
fn an_enabler_has_one_statement_for_each_supplier() {
    // A.5.
    let (e, a) = (party("E"), json!({"column": "supplier"}));
    let flows = json!([
        sale(&json!("account_owner"), &e),
        flow("proceeds", &e, &a, &[0], &percent("1")),
        flow("commission", &a, &e, &[1], &percent("0.04")),
        flow("fee", &a, &e, &[], &json!({"recurring": {"fee": "10", "per": "party", "prorate": true}})),
    ]);
    let rows = [
        (["proceeds", "E", "A1", ""], "65"),
        (["proceeds", "E", "A2", ""], "25"),
        (["proceeds", "E", "A3", ""], "10"),
        (["commission", "A1", "E", ""], "2.6"),
        (["commission", "A2", "E", ""], "1"),
        (["commission", "A3", "E", ""], "0.4"),
    ];
    let consolidated =
        |carry: bool| with(agreement("deal", &flows), &json!({"consolidated": true, "carry_negative": carry}));
    let carried = settled(&consolidated(true), &rows);
    assert_eq!(nets(&carried), ["E A1 52.4", "E A2 14", "E A3 0"]);
    assert_eq!(
        shown(&carried.lines, &["line_number", "item", "net"]),
        [
            "1 commission -2.6",
            "2 fee -10",
            "3 proceeds 65",
            "1 commission -1",
            "2 fee -10",
            "3 proceeds 25",
            "1 carried_forward 0.4",
            "2 commission -0.4",
            "3 fee -10",
            "4 proceeds 10"
        ]
    );
    let billed = settled(&consolidated(false), &rows);
    assert_eq!(nets(&billed), ["E A1 52.4", "E A2 14", "A3 E 0.4"]);
    let each = settled(&agreement("deal", &flows), &rows);
    assert_eq!(nets(&each), ["A1 E 12.6", "A2 E 11", "A3 E 10.4", "E A1 65", "E A2 25", "E A3 10"]);
}

#[test]
fn what_is_carried_forward_is_on_the_next_statement() {
    let (d, p) = (party("D"), party("P"));
    let fee = json!({"recurring": {"fee": "10", "per": "agreement", "prorate": true}});
    let flows = json!([flow("share", &d, &p, &[], &percent("0.5")), flow("fee", &p, &d, &[], &fee)]);
    let terms =
        with(agreement("deal", &flows), &json!({"consolidated": true, "carry_negative": true, "currency": "EUR"}));
    let engine = engine_of(&json!([terms]));
    let share = |amount| sums(&SHARES, &[(["2026-10", "deal", "share", "D", "P", "", "", "", "EUR"], amount)]);
    let first = engine.settle(&[share("6")], None, "2026-10").unwrap();
    assert_eq!(nets(&first.statements), ["D P 0"]);
    let columns = ["agreement", "payer_account", "payee_account", "currency", "amount"];
    assert_eq!(shown(&first.carried, &columns), ["deal d-2 P EUR -4"]);
    assert_eq!(shown(&first.shares, &["flow", "payer", "payee", "amount"]), ["fee P D 10"]);
    let second = engine.settle(&[share("20")], Some(&first.carried), "2026-10").unwrap();
    assert_eq!(nets(&second.statements), ["D P 6"]);
    assert_eq!(shown(&second.statements.lines, &["item", "net"]), ["carried_forward -4", "fee -10", "share 20"]);
    assert_eq!(second.carried.num_rows(), 0);
    // Nothing was sold: the fee's direction leads, and what was carried turns with it.
    let third = engine.settle(&[], Some(&first.carried), "2026-10").unwrap();
    assert_eq!(nets(&third.statements), ["P D 14"]);
}

/// A.4: D pays B the greater of 70 % and 60.00 a subscription.
fn greater_of(per_subscription: bool, basis: &Value) -> Value {
    let (d, b) = (party("D"), party("B"));
    let measured = |flow: Value| with(flow, &json!({"payable": false}));
    agreement(
        "deal",
        &json!([
            sale(&json!("account_owner"), &d),
            measured(flow("share", &d, &b, &[0], &percent("0.7"))),
            measured(flow("guarantee", &d, &b, &[], basis)),
            flow(
                "wholesale",
                &d,
                &b,
                &[0],
                &json!({"greater_of": {"flows": [1, 2], "amounts": [],
                "per_subscription": per_subscription}})
            ),
            flow("margin", &d, &d, &[0], &json!({"remainder": [3]})),
        ]),
    )
}

#[test]
fn the_greater_of_a_share_and_a_guarantee() {
    let recurring = json!({"recurring": {"fee": "60", "per": "subscription", "prorate": true}});
    let rows = [
        (["sale", "ann", "D", "s-1"], "109"),
        (["sale", "bob", "D", "s-2"], "50"),
        (["share", "D", "B", "s-1"], "76.3"),
        (["share", "D", "B", "s-2"], "35"),
    ];
    assert_eq!(nets(&settled(&greater_of(false, &recurring), &rows)), ["D B 120"]);
    assert_eq!(nets(&settled(&greater_of(true, &recurring), &rows)), ["D B 136.3"]);
    // With the margin (39.00 and 22.70) in the same dealing set, and as many lines as flows that are paid.
    let documents = settled(&greater_of(true, &recurring), &rows);
    assert_eq!(
        shown(&documents.lines, &["item", "exact", "net"]),
        ["wholesale 111.3 111.3", "wholesale/true_up 25 25"]
    );
}

#[test]
fn a_guarantee_is_due_even_if_nothing_was_sold() {
    let (d, b) = (party("D"), party("B"));
    let least = json!({"greater_of": {"flows": [1], "amounts": ["60"], "per_subscription": false}});
    let flows = json!([
        sale(&json!("account_owner"), &d),
        with(flow("share", &d, &b, &[0], &percent("0.7")), &json!({"payable": false})),
        flow("wholesale", &d, &b, &[0], &least),
    ]);
    // Without a currency of its own it is in that of the plans that it applies to.
    assert_eq!(nets(&settled(&agreement("deal", &flows), &[])), ["D B 60"]);
    let terms = with(agreement("deal", &flows), &json!({"currency": "EUR"}));
    assert_eq!(nets(&settled(&terms, &[])), ["D B 60"]);
    assert_eq!(nets(&settled(&terms, &[(["share", "D", "B", ""], "76.3")])), ["D B 76.3"]);
    let mut each = terms;
    each["versions"][0]["flows"][2]["basis"]["greater_of"]["per_subscription"] = json!(true);
    assert_eq!(nets(&settled(&each, &[(["share", "D", "B", "s-1"], "76.3")])), ["D B 136.3"]);
}

#[test]
fn fees_of_an_agreement_are_prorated_by_its_validity() {
    let at = |text: &str| i64::from(crate::fixture::day(text)) * crate::clock::DAY;
    let fee = |per: &str| json!({"recurring": {"fee": "310", "per": per, "prorate": true}});
    let flows = json!([
        sale(&json!("account_owner"), &party("B")),
        flow("fee", &party("B"), &party("P"), &[], &fee("agreement"))
    ]);
    let terms = with(agreement("deal", &flows), &json!({"currency": "EUR"}));
    assert_eq!(nets(&settled(&terms, &[])), ["B P 310"]);
    for (from, until, net) in
        [("2026-10-10", "2027-10-10", "220"), ("2026-01-01", "2026-10-10", "90"), ("2026-10-01", "2026-11-01", "310")]
    {
        let mut ending = terms.clone();
        ending["versions"][0]["from"] = json!(at(from));
        ending["versions"][0]["until"] = json!(at(until));
        assert_eq!(nets(&settled(&ending, &[])), [format!("B P {net}")]);
    }
    let mut over = terms.clone();
    over["versions"][0]["until"] = json!(at("2026-10-01"));
    assert!(nets(&settled(&over, &[])).is_empty());
    let sold = json!([
        sale(&json!("account_owner"), &party("B")),
        flow("fee", &party("B"), &json!("account_owner"), &[], &fee("subscription"))
    ]);
    let each = with(agreement("deal", &sold), &json!({"currency": "EUR"}));
    assert_eq!(nets(&settled(&each, &[])), ["B ann 310", "B bob 310"]);
}

#[test]
fn fees_per_party_are_due_for_those_that_shares_name_in_the_role() {
    let fee = json!({"recurring": {"fee": "10", "per": "party", "prorate": true}});
    let flows = json!([
        sale(&json!("account_owner"), &json!("seller")),
        flow("fee", &json!("seller"), &party("B"), &[], &fee),
        flow("club", &json!("account_owner"), &json!("seller"), &[], &fee),
    ]);
    let terms = with(agreement("deal", &flows), &json!({"currency": "EUR"}));
    let documents = settled(&terms, &[(["sale", "ann", "shop", ""], "109"), (["sale", "bob", "shop", ""], "50")]);
    assert_eq!(nets(&documents), ["ann shop 10", "bob shop 10", "shop B 10"]);
    assert!(nets(&settled(&terms, &[])).is_empty());
}

/// Three ways, the last being what is left.
fn dealing(rates: [&str; 2]) -> Value {
    let m = party("M");
    agreement(
        "deal",
        &json!([
            sale(&json!("account_owner"), &m),
            flow("first", &m, &party("A1"), &[0], &percent(rates[0])),
            flow("second", &m, &party("A2"), &[0], &percent(rates[1])),
            flow("rest", &m, &party("A3"), &[0], &json!({"remainder": [1, 2]})),
        ]),
    )
}

#[test]
fn dealing_pays_a_base_whole() {
    for (exact, expected) in [
        (["33.3335", "33.3335", "33.333"], ["33.34", "33.33", "33.33"]),
        (["3333.333334", "3333.333333", "3333.333333"], ["3333.34", "3333.33", "3333.33"]),
        (["-33.3335", "-33.3335", "-33.333"], ["-33.34", "-33.33", "-33.33"]),
    ] {
        let rows = [
            (["first", "M", "A1", ""], exact[0]),
            (["second", "M", "A2", ""], exact[1]),
            (["rest", "M", "A3", ""], exact[2]),
        ];
        let paid = nets(&settled(&dealing(["0.333335", "0.333335"]), &rows));
        assert_eq!(
            paid,
            [format!("M A1 {}", expected[0]), format!("M A2 {}", expected[1]), format!("M A3 {}", expected[2])]
        );
    }
    let m = party("M");
    let weights = json!({"split": [[party("A3"), "1"], [party("A1"), "1"], [party("A2"), "1"]]});
    let split =
        agreement("deal", &json!([sale(&json!("account_owner"), &m), flow("third", &m, &party("A3"), &[0], &weights)]));
    let third = |payee| (["third", "M", payee, ""], "33.333333333333");
    // Equal sums: ties by the order of the split's payees.
    let rows = [third("A1"), third("A2"), (["third", "M", "A3", ""], "33.333333333334")];
    assert_eq!(nets(&settled(&split, &rows)), ["M A1 33.33", "M A2 33.33", "M A3 33.34"]);
    let rows = [third("A1"), third("A2"), (["third", "M", "A3", ""], "33.333333333333")];
    assert_eq!(nets(&settled(&split, &rows)), ["M A1 33.33", "M A2 33.33", "M A3 33.34"]);
}

#[test]
fn what_is_not_dealt_is_rounded_once_as_a_whole() {
    let (m, a) = (party("M"), party("A1"));
    let flows = json!([
        sale(&json!("account_owner"), &m),
        flow("x", &m, &a, &[0], &percent("0.1")),
        flow("y", &m, &a, &[0], &percent("0.1")),
        flow("z", &m, &a, &[0], &percent("0.1")),
    ]);
    let rows = [(["x", "M", "A1", ""], "0.505"), (["y", "M", "A1", ""], "0.505"), (["z", "M", "A1", ""], "0.505")];
    let documents = settled(&agreement("deal", &flows), &rows);
    assert_eq!(nets(&documents), ["M A1 1.52"]);
    assert_eq!(shown(&documents.lines, &["item", "net"]), ["x 0.5", "y 0.51", "z 0.51"]);
}

#[test]
fn an_unknown_flow_is_refused() {
    let engine = engine_of(&json!([dealing(["0.1", "0.1"])]));
    let row = ["2026-10", "deal", "gone", "M", "A1", "", "", "", "EUR"];
    let error = engine.settle(&[sums(&SHARES, &[(row, "1")])], None, "2026-10").unwrap_err();
    assert!(error.to_string().contains("agreements.deal.flows.gone (version 0)"), "{error}");
}
