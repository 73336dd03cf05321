//! Sums do not depend on how they were cut, nor on the order of their parts.

use arrow_array::RecordBatch;
use proptest::prelude::*;

use super::{SHARES, Sums, merge_share_sums};
use crate::fixture::{shown, sums};

const COLUMNS: [&str; 5] = ["agreement", "flow", "payer", "subscription", "amount"];

/// Sums of (agreement, flow, payer, subscription) and amount.
fn part(rows: &[([&str; 4], &str)]) -> RecordBatch {
    let rows: Vec<([&str; 9], &str)> = rows
        .iter()
        .map(|(texts, amount)| {
            let [agreement, flow, payer, subscription] = *texts;
            (["2026-10", agreement, flow, payer, "p", "", "", subscription, "EUR"], *amount)
        })
        .collect();
    sums(&SHARES, &rows)
}

#[test]
fn equal_keys_add_up_in_bytewise_order() {
    let parts = [
        part(&[(["b", "x", "m", ""], "0.01"), (["a", "x", "n", "s-1"], "1")]),
        part(&[(["a", "x", "m", "s-1"], "2"), (["b", "x", "m", ""], "0.02"), (["a", "x", "n", ""], "-3")]),
    ];
    let merged = merge_share_sums(&parts).unwrap();
    let expected = ["a x m s-1 2", "a x n - -3", "a x n s-1 1", "b x m - 0.03"];
    assert_eq!(shown(&merged, &COLUMNS), expected);
    let nothing = Sums::read(&SHARES, &parts, Some("2026-11")).unwrap();
    assert!(nothing.rows.is_empty());
}

#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    let most = "99999999999999999999999999.999999999999";
    let parts = [part(&[(["a", "x", "m", ""], most)]), part(&[(["a", "x", "m", ""], "0.000000000001")])];
    assert!(matches!(merge_share_sums(&parts), Err(crate::Error::Money(_))));
}

proptest! {
    #[test]
    fn any_cut_gives_the_same_table(
        rows in prop::collection::vec((0_usize..3, 0_usize..3, 0_usize..3, -1000_i64..1000), 0..30),
        cut in 0_usize..30,
    ) {
        let names = ["", "b", "a-long-name-of-a-party"];
        let amounts: Vec<String> = rows.iter().map(|row| row.3.to_string()).collect();
        let rows: Vec<([&str; 4], &str)> =
            rows.iter().zip(&amounts).map(|(row, amount)| ([names[row.0], "x", names[row.1], names[row.2]], amount.as_str())).collect();
        let (left, right) = rows.split_at(cut.min(rows.len()));
        let whole = merge_share_sums(&[part(&rows)]).unwrap();
        let parts = merge_share_sums(&[part(right), merge_share_sums(&[part(left)]).unwrap()]).unwrap();
        prop_assert_eq!(shown(&whole, &COLUMNS), shown(&parts, &COLUMNS));
        let sums = Sums::read(&SHARES, &[part(&rows)], None).unwrap();
        prop_assert!(sums.rows.is_sorted_by(|a, b| a.words(SHARES.order).lt(b.words(SHARES.order))));
    }
}
