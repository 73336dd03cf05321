//! The lines of a document in minor units: they always sum to its total.
//!
//! The total is the exact sum rounded once, half up (away from zero on ties); so is each line. Where the lines then miss
//! the total, single units move on those with the largest signed rounding error, ties by line order. Turning every
//! sign turns every result, so a credit mirrors what it takes back.

use std::cmp::Reverse;

use partita_money::{Dec, MoneyError, Rounding, div_round_i128};

use crate::compile::Compiled;
use crate::error::{Error, Result};
use crate::sums::add;

/// The minor unit of a currency, as a raw amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    pub raw: i128,
    pub decimals: u32,
}

impl Unit {
    /// 10^-decimals.
    pub fn new(decimals: u32) -> Result<Self> {
        Ok(Self { raw: Dec::from_units(1, decimals)?.raw(), decimals })
    }

    /// The minor unit of a currency of the terms.
    pub fn of(compiled: &Compiled, currency: &str) -> Result<Self> {
        let decimals = compiled.currencies.get(currency);
        Self::new(*decimals.ok_or_else(|| {
            Error::catalog(format!("currencies.{currency}"), "the engine was not told how many decimals it has")
        })?)
    }

    /// The nearest whole number of units, as a raw amount.
    pub fn rounded(self, exact: i128) -> Result<i128, MoneyError> {
        Dec::from_raw(exact)?.rounded(self.decimals, Rounding::HalfUp).map(Dec::raw)
    }

    /// How many units a raw amount is.
    pub fn count(self, raw: i128) -> Result<i128, MoneyError> {
        div_round_i128(raw, self.raw, Rounding::HalfUp)
    }
}

/// The amounts of lines with these exact sums, in their order, raw, that come to their sum rounded.
///
/// ```text
/// 0.004, 0.004, 0.004 → 0.01, 0.00, 0.00   (total 0.012 → 0.01)
/// ```
pub fn rounded_lines(exact: &[i128], unit: Unit) -> Result<Vec<i128>> {
    let sum = exact.iter().try_fold(0, |sum, &line| add(sum, line))?;
    lines_of(unit.rounded(sum)?, exact, unit)
}

/// The amounts of lines with these exact sums that come to `total`, of which they miss less than a unit each.
pub fn lines_of(total: i128, exact: &[i128], unit: Unit) -> Result<Vec<i128>> {
    let mut lines = exact.iter().map(|&line| Ok(unit.rounded(line)?)).collect::<Result<Vec<_>>>()?;
    let rounded = lines.iter().try_fold(0, |sum, &line| add(sum, line))?;
    let missing = unit.count(total - rounded)?;
    if missing != 0 {
        move_units(exact, &mut lines, missing, unit)?;
    }
    Ok(lines)
}

fn move_units(exact: &[i128], lines: &mut [i128], missing: i128, unit: Unit) -> Result<()> {
    let count = usize::try_from(missing.unsigned_abs()).unwrap_or(usize::MAX);
    if count > lines.len() {
        return Err(Error::Internal(format!("{missing} units are missing on {} lines", lines.len())));
    }
    let step = missing.signum() * unit.raw;
    let mut errors: Vec<(Reverse<i128>, usize)> = Vec::with_capacity(lines.len());
    for (place, (exact, line)) in exact.iter().zip(lines.iter()).enumerate() {
        errors.push((Reverse((exact - line) * missing.signum()), place));
    }
    errors.sort_unstable();
    for (_, place) in errors.iter().take(count) {
        if let Some(line) = lines.get_mut(*place) {
            *line = add(*line, step)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(text: &str) -> i128 {
        Dec::parse(text).unwrap().raw()
    }

    fn amounts(texts: &[&str], decimals: u32) -> Vec<String> {
        let exact: Vec<i128> = texts.iter().map(|text| raw(text)).collect();
        let lines = rounded_lines(&exact, Unit::new(decimals).unwrap()).unwrap();
        lines.into_iter().map(|line| Dec::from_raw(line).unwrap().to_string()).collect()
    }

    #[test]
    fn units_move_on_the_largest_errors() {
        for (exact, decimals, expected) in [
            (&["100"][..], 2, &["100"][..]),
            // semantics §9: three records at 0.11/6 make 0.05 on one line.
            (&["0.054999999999"], 2, &["0.05"]),
            // semantics §4: January, 15 of 31 days at 100.00; 10 of 31 at 1000 yen.
            (&["48.387096774194"], 2, &["48.39"]),
            (&["322.580645161290"], 0, &["323"]),
            // 0.012 is 0.01, the lines alone 0.00: the first of equal errors goes up.
            (&["0.004", "0.004", "0.004"], 2, &["0.01", "0", "0"]),
            // 1.515 is 1.52, the lines alone 1.53.
            (&["0.505", "0.505", "0.505"], 2, &["0.5", "0.51", "0.51"]),
            (&["0.003", "0.0045", "0.0045"], 2, &["0", "0.01", "0"]),
            (&["-0.004", "-0.004", "-0.004"], 2, &["-0.01", "0", "0"]),
            (&["-0.505", "-0.505", "-0.505"], 2, &["-0.5", "-0.51", "-0.51"]),
            (&["10.004", "-5.005"], 2, &["10", "-5"]),
            (&["-1.005"], 2, &["-1.01"]),
            (&[], 2, &[]),
        ] {
            assert_eq!(amounts(exact, decimals), expected, "{exact:?}");
        }
    }

    proptest! {
        #[test]
        fn lines_sum_to_the_rounded_total_within_a_unit_and_mirror(
            exact in prop::collection::vec(-10_i128.pow(20)..10_i128.pow(20), 0..40),
            decimals in 0_u32..7,
        ) {
            let unit = Unit::new(decimals).unwrap();
            let lines = rounded_lines(&exact, unit).unwrap();
            let total = unit.rounded(exact.iter().sum()).unwrap();
            prop_assert_eq!(lines.iter().sum::<i128>(), total);
            prop_assert!(lines.iter().zip(&exact).all(|(line, exact)| (line - exact).abs() * 2 <= unit.raw * 3));
            let mirrored: Vec<i128> = exact.iter().map(|line| -line).collect();
            let credit: Vec<i128> = lines.iter().map(|line| -line).collect();
            prop_assert_eq!(rounded_lines(&mirrored, unit).unwrap(), credit);
        }
    }
}
