//! Binary floats at declared decimals: of the number that a float is exactly, half to even.

use partita_money::Dec;

use super::ONE;

/// Bits behind the point of a float whose exponent is 0.
const BIAS: i32 = 1_075;

/// A float at so many decimals (at most 12), raw; none if it is not finite or too large.
pub fn at(float: f64, decimals: u32) -> Option<i128> {
    let bits = float.to_bits();
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    if exponent == 0x7ff {
        return None;
    }
    // The number is `mantissa` × 2^`power`; a subnormal one has no leading bit.
    let (mantissa, power) = (fraction | u64::from(exponent > 0) << 52, exponent.max(1) - BIAS);
    let unit = 10_i128.checked_pow(decimals)?;
    let scaled = i128::from(mantissa) * unit;
    let units = if power >= 0 {
        scaled.checked_mul(1_i128.checked_shl(power.unsigned_abs()).filter(|power| *power > 0)?)?
    } else {
        shifted(scaled, power.unsigned_abs())
    };
    let raw = units.checked_mul(ONE / unit).filter(|raw| *raw <= Dec::MAX.raw())?;
    Some(if float < 0.0 { -raw } else { raw })
}

/// Divided by 2^`by`, half to even.
fn shifted(number: i128, by: u32) -> i128 {
    // A mantissa of 53 bits times 10^12 has 93.
    if by > 100 {
        return 0;
    }
    let (whole, rest, half) = (number >> by, number & ((1 << by) - 1), 1 << (by - 1));
    if rest > half || (rest == half && whole & 1 == 1) { whole + 1 } else { whole }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the standard library, which prints the exact number half to even.
    fn printed(float: f64, decimals: u32) -> Option<i128> {
        let text = format!("{float:.places$}", places = decimals as usize);
        Dec::parse(&text).ok().map(Dec::raw)
    }

    #[test]
    fn numbers_that_lie_beside_what_they_look_like() {
        for (float, expected) in [(2.675, 2_670_000_000_000), (0.125, 120_000_000_000), (-1.005, -ONE), (0.0, 0)] {
            assert_eq!(at(float, 2), Some(expected), "{float}");
        }
        for float in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e26, -1e300, f64::MAX] {
            assert_eq!(at(float, 2), None, "{float}");
        }
    }

    proptest! {
        #[test]
        fn floats_are_as_printed(bits in any::<u64>(), decimals in 0_u32..=12) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            prop_assert_eq!(at(float, decimals), printed(float, decimals));
        }

        #[test]
        fn amounts_are_as_printed(thousandths in -10_i64.pow(15)..10_i64.pow(15), decimals in 0_u32..=12) {
            let float = format!("{thousandths}e-3").parse().unwrap();
            prop_assert_eq!(at(float, decimals), printed(float, decimals));
        }
    }
}
