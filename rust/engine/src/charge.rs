//! The charge models, one file each, for customers' plans and partners' flows alike.
//!
//! A compiled model holds its numbers by position: literals are known at once, look-ups are resolved for the record
//! before it is priced, and a model sees plain `values` either way. Every amount is exact until one rounding to its
//! `Target` (semantics §2).

mod block;
mod divisor;
mod dynamic;
mod exact;
mod flat;
mod graduated;
mod package;
mod percentage;
mod unit;
mod whole;

pub use block::Block;
pub use divisor::Divisor;
pub use dynamic::Dynamic;
pub use exact::{Target, in_range, product, rounded};
pub use flat::Flat;
pub use graduated::{Graduated, Tier};
pub use package::Package;
pub use percentage::Percentage;
pub use unit::{Step, Unit};
pub use whole::{MOST_COUNTED, MOST_UNITS, Whole};

use crate::reject::Code;

/// The null of a decimal column while it is a plain vector; no number of 38 digits reaches it.
pub const NULL: i128 = i128::MIN;

/// A number's place among the values of its charge version.
pub type Slot = usize;

/// What one record, or one segment of it, brings to a charge. Raw values at 12 decimals.
#[derive(Debug, Clone, Copy, Default)]
pub struct Input {
    pub quantity: i128,
    /// The quantity as an integer, where its column holds only integers.
    pub whole: Option<i64>,
    pub amount: i128,
    /// Units already put into blocks by `across: split`; else the model does it.
    pub billed: Option<i128>,
    /// Units billed by the segments before this one.
    pub start: i128,
    /// Whether this is the first segment of its record, which bears the connect fee.
    pub first: bool,
    /// The sign of the whole record's quantity: a segment may be of none of it.
    pub sign: i128,
    /// Whether the first tier's fee of a counter at 0 is paid: by its period, which is closed (`at_zero`).
    pub fee_paid: bool,
}

impl Input {
    /// What a record of this quantity brings.
    pub fn of(quantity: i128) -> Self {
        Self { quantity, first: true, sign: quantity.signum(), ..Self::default() }
    }

    /// The connect fee that it bears; a correction takes it back.
    #[inline]
    fn connect(&self, fee: i128, at_zero: bool) -> i128 {
        match self.sign {
            _ if !self.first => 0,
            0 if !at_zero => 0,
            -1 => -fee,
            _ => fee,
        }
    }
}

/// What one charge made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    pub amount: i128,
    /// `NULL` for models that do not count units.
    pub billed: i128,
}

/// Where a counter stands: units (or records) and amounts so far in its period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub quantity: i128,
    pub amount: i128,
}

/// A compiled charge model.
#[derive(Debug, Clone)]
pub enum Model {
    Flat(Flat),
    Unit(Unit),
    Graduated(Graduated),
    Package(Package),
    Percentage(Percentage),
    Dynamic(Dynamic),
}

impl Model {
    /// Prices one input; `count` moves on only when the result is not an error.
    #[inline]
    pub fn price(&self, values: &[i128], input: &Input, count: &mut Count, target: Target) -> Result<Priced, Code> {
        match self {
            Self::Flat(flat) => flat.price(values, target),
            Self::Unit(unit) => unit.price(values, input, target),
            Self::Graduated(graduated) => graduated.price(values, input, count, target),
            Self::Package(package) => package.price(values, input, count, target),
            Self::Percentage(percentage) => percentage.price(values, input, count, target),
            Self::Dynamic(dynamic) => dynamic.price(values, input, target),
        }
    }

    /// Whether the record's quantity is read.
    pub fn reads_quantity(&self) -> bool {
        match self {
            Self::Dynamic(dynamic) => dynamic.times_quantity,
            _ => self.prices_units(),
        }
    }

    /// Whether it prices units, in blocks: those can be split by band.
    pub fn prices_units(&self) -> bool {
        matches!(self, Self::Unit(_) | Self::Graduated(_) | Self::Package(_))
    }

    /// Whether its counter counts units: then lines tell where it stood.
    pub fn counts_units(&self) -> bool {
        matches!(self, Self::Graduated(_) | Self::Package(_))
    }

    /// Whether the record's amount is read.
    pub fn reads_amount(&self) -> bool {
        matches!(self, Self::Percentage(_))
    }
}
