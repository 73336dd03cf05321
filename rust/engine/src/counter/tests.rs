//! Counters of small and large numbers.

use super::*;
use crate::column::ONE;

const KEY: Key = Key { tariff: 0, charge: 3, owner: 7, period: NEVER };
const MOST: i128 = 10_i128.pow(38) - 1;

fn counter() -> (Counters, usize) {
    let mut counters = Counters::default();
    counters.place(Key { owner: 1, ..KEY });
    let place = counters.place(KEY);
    (counters, place)
}

/// By a small amount, if that can be.
fn advance(counters: &mut Counters, place: usize, after: i64, amount: i64, time: i64) -> bool {
    counters.small().0.get_mut(place).is_some_and(|counter| counter.advance(after, amount, time, (0, 0)))
}

#[test]
fn amounts_past_64_bits_are_kept_to_the_last_digit() {
    let (mut counters, place) = counter();
    assert!(advance(&mut counters, place, 1, i64::MAX - 1, 10));
    assert!(!advance(&mut counters, place, 2, 2, 11));
    assert_eq!(counters.count(place), Count { quantity: ONE, amount: i128::from(i64::MAX) - 1 });
    assert!(counters.advance(place, 2, 2, 11, (0, 1)));
    assert!(advance(&mut counters, place, 3, 5, 12));
    assert_eq!(counters.count(place), Count { quantity: 3 * ONE, amount: i128::from(i64::MAX) + 6 });
    assert_eq!(counters.count(0), Count::default());
    assert_eq!(counters.moved().map(|standing| (standing.key, standing.watermark)).collect::<Vec<_>>(), [(KEY, 12)]);
}

#[test]
fn an_amount_of_39_digits_moves_nothing() {
    let (mut counters, place) = counter();
    assert!(counters.advance(place, 1, MOST, 10, (0, 0)));
    assert!(!advance(&mut counters, place, 2, 1, 11));
    assert!(!counters.advance(place, 2, 1, 11, (0, 1)));
    assert_eq!(counters.count(place), Count { quantity: ONE, amount: MOST });
    assert!(counters.advance(place, 2, -1, 11, (0, 1)));
    assert_eq!(counters.count(place).amount, MOST - 1);
}

#[test]
fn parts_of_units_come_and_go() {
    let (mut counters, place) = counter();
    let (half, whole) = (Count { quantity: ONE / 2, amount: 5 }, Count { quantity: 4 * ONE, amount: 9 });
    counters.set(place, half, 10, (0, 0));
    assert_eq!((counters.count(place), counters.all_whole()), (half, false));
    counters.set(place, whole, 11, (0, 1));
    assert_eq!((counters.count(place), counters.all_whole(), counters.get(place).whole()), (whole, true, 4));
    assert_eq!(size_of::<Counter>(), 32);
}
