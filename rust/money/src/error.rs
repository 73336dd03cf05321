//! What can go wrong with money, each with the values that did it.
//!
//! A number that does not fit, a text that is no number, a sum that cannot be dealt: the caller decides whether that
//! rejects a record or refuses a contract, so each is its own variant and carries the offending values as text.

use std::error::Error;
use std::fmt;

use crate::Dec;

/// An operation on money that has no exact answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MoneyError {
    /// The text is not an optional sign, digits and an optional decimal point.
    NotADecimal {
        /// The text as it came.
        text: Box<str>,
    },
    /// The text has a digit other than zero after the 12th decimal.
    TooManyDecimals {
        /// The text as it came.
        text: Box<str>,
    },
    /// The exact result needs more digits than its type holds.
    Overflow {
        /// What was being done, as a verb or a sign.
        operation: &'static str,
        /// The values it was done to.
        operands: Box<str>,
    },
    /// A denominator or divisor was zero.
    DivisionByZero {
        /// What was to be divided.
        numerator: Box<str>,
    },
    /// A number of decimals above [`Dec::SCALE`] was asked for.
    DecimalsOutOfRange {
        /// The number asked for.
        decimals: u32,
    },
    /// The value has more decimals than the minor unit it is to be counted in.
    NotAMultiple {
        /// The value.
        value: Dec,
        /// The decimals of the unit.
        decimals: u32,
    },
    /// The text names no rounding mode.
    UnknownRounding {
        /// The text as it came.
        text: Box<str>,
    },
    /// A total cannot be allocated by a negative weight.
    NegativeWeight {
        /// The place of the weight in its list, from 0.
        position: usize,
        /// The weight.
        weight: Dec,
    },
    /// There is no weight above zero to allocate a total by.
    NoWeight {
        /// The total.
        total: Dec,
    },
    /// A total is not the rounded sum of the parts it is to be dealt to.
    NotTheSum {
        /// The total.
        total: Dec,
        /// The exact parts.
        parts: Box<str>,
    },
}

impl MoneyError {
    #[cold]
    pub(crate) fn overflow(operation: &'static str, left: impl fmt::Display, right: impl fmt::Display) -> Self {
        Self::Overflow { operation, operands: format!("{left} and {right}").into() }
    }

    #[cold]
    pub(crate) fn too_large(operation: &'static str, value: impl fmt::Display) -> Self {
        Self::Overflow { operation, operands: value.to_string().into() }
    }

    #[cold]
    pub(crate) fn division_by_zero(numerator: impl fmt::Display) -> Self {
        Self::DivisionByZero { numerator: numerator.to_string().into() }
    }
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotADecimal { text } => write!(f, "{text:?} is not a decimal number"),
            Self::TooManyDecimals { text } => write!(f, "{text:?} has more than {} decimals", Dec::SCALE),
            Self::Overflow { operation, operands } => write!(f, "{operation}: {operands} give a number too large"),
            Self::DivisionByZero { numerator } => write!(f, "{numerator} cannot be divided by zero"),
            Self::DecimalsOutOfRange { decimals } => write!(f, "{decimals} decimals are more than {}", Dec::SCALE),
            Self::NotAMultiple { value, decimals } => write!(f, "{value} has more than {decimals} decimals"),
            Self::UnknownRounding { text } => {
                write!(f, "{text:?} is not a rounding mode: half_even, half_up, half_down, up, down, ceiling or floor")
            }
            Self::NegativeWeight { position, weight } => {
                write!(f, "weight {weight} at position {position} is negative")
            }
            Self::NoWeight { total } => write!(f, "{total} cannot be allocated: no weight is above zero"),
            Self::NotTheSum { total, parts } => write!(f, "{total} is not the rounded sum of {parts}"),
        }
    }
}

impl Error for MoneyError {}
