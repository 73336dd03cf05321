//! The seven ways to round, named so that a contract can say which.
//!
//! A figure is rounded once, from its exact value. What a mode decides is only whether the magnitude cut off at the
//! last kept digit goes one up, so that is the one question here.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::MoneyError;

/// How to round an exact value to a number of decimals.
///
/// To whole numbers:
///
/// | mode | 2.5 | 3.5 | 2.4 | 2.6 | -2.5 | -3.5 | -2.4 | -2.6 |
/// |---|---|---|---|---|---|---|---|---|
/// | `half_even` | 2 | 4 | 2 | 3 | -2 | -4 | -2 | -3 |
/// | `half_up` | 3 | 4 | 2 | 3 | -3 | -4 | -2 | -3 |
/// | `half_down` | 2 | 3 | 2 | 3 | -2 | -3 | -2 | -3 |
/// | `up` | 3 | 4 | 3 | 3 | -3 | -4 | -3 | -3 |
/// | `down` | 2 | 3 | 2 | 2 | -2 | -3 | -2 | -2 |
/// | `ceiling` | 3 | 4 | 3 | 3 | -2 | -3 | -2 | -2 |
/// | `floor` | 2 | 3 | 2 | 2 | -3 | -4 | -3 | -3 |
///
/// ```
/// use partita_money::{Dec, Rounding};
///
/// let mode: Rounding = "half_even".parse()?;
/// let debit: Dec = "2.345".parse()?;
/// let credit: Dec = "-2.345".parse()?;
/// assert_eq!(debit.rounded(2, mode)?.to_string(), "2.34");
/// assert_eq!(credit.rounded(2, mode)?.to_string(), "-2.34");
/// assert_eq!(credit.rounded(2, Rounding::HalfUp)?.to_string(), "-2.35");
/// # Ok::<(), partita_money::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest; a tie to the even digit: 2.5 → 2, 3.5 → 4, -2.5 → -2.
    HalfEven,
    /// To the nearest; a tie away from zero: 2.5 → 3, -2.5 → -3.
    HalfUp,
    /// To the nearest; a tie towards zero: 2.5 → 2, -2.5 → -2.
    HalfDown,
    /// Away from zero: 2.1 → 3, -2.1 → -3.
    Up,
    /// Towards zero: 2.9 → 2, -2.9 → -2.
    Down,
    /// Towards positive infinity: 2.1 → 3, -2.9 → -2.
    Ceiling,
    /// Towards negative infinity: 2.9 → 2, -2.1 → -3.
    Floor,
}

impl Rounding {
    /// Every mode, in the order of the table above.
    pub const ALL: [Self; 7] =
        [Self::HalfEven, Self::HalfUp, Self::HalfDown, Self::Up, Self::Down, Self::Ceiling, Self::Floor];

    /// The name in a catalog.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HalfEven => "half_even",
            Self::HalfUp => "half_up",
            Self::HalfDown => "half_down",
            Self::Up => "up",
            Self::Down => "down",
            Self::Ceiling => "ceiling",
            Self::Floor => "floor",
        }
    }

    /// Whether an *inexact* quotient's magnitude, cut off towards zero, goes one up.
    ///
    /// `negative` and `odd` describe the quotient; `half` compares the part cut off with half a unit. An exact
    /// quotient must not be asked about: nothing was cut off.
    #[inline]
    pub fn goes_away(self, negative: bool, odd: bool, half: Ordering) -> bool {
        match self {
            Self::HalfEven => half.is_gt() || (half.is_eq() && odd),
            Self::HalfUp => half.is_ge(),
            Self::HalfDown => half.is_gt(),
            Self::Up => true,
            Self::Down => false,
            Self::Ceiling => !negative,
            Self::Floor => negative,
        }
    }
}

impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rounding {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let found = Self::ALL.into_iter().find(|mode| mode.name() == text);
        found.ok_or_else(|| MoneyError::UnknownRounding { text: text.into() })
    }
}
