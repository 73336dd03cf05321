//! Raw values at 12 decimals, shared with the input or made when they are first asked for.

use std::ops::Deref;
use std::sync::OnceLock;

use arrow_array::{Array, Decimal128Array};
use arrow_buffer::ScalarBuffer;
use partita_money::Dec;

use super::ONE;

/// A column of raw values. Those of integers are 16 bytes for 8, and many charges never look at them.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    made: OnceLock<ScalarBuffer<i128>>,
    origin: Origin,
}

/// What raw values are made of.
#[derive(Debug, Clone)]
enum Origin {
    Whole(ScalarBuffer<i64>),
    Zeros(usize),
}

impl Default for Origin {
    fn default() -> Self {
        Self::Zeros(0)
    }
}

impl Raw {
    /// The raw values of integers.
    pub fn of_whole(whole: ScalarBuffer<i64>) -> Self {
        Self { made: OnceLock::new(), origin: Origin::Whole(whole) }
    }

    /// So many zeros.
    pub fn zeros(rows: usize) -> Self {
        Self { made: OnceLock::new(), origin: Origin::Zeros(rows) }
    }

    /// Whether decimals that have 12 places already are raw values as they are.
    pub fn is_shared(decimals: &Decimal128Array) -> bool {
        let most = Dec::MAX.raw();
        decimals.null_count() == 0 && decimals.values().iter().all(|value| (-most..=most).contains(value))
    }

    /// As an Arrow buffer, without copying.
    pub fn buffer(&self) -> &ScalarBuffer<i128> {
        self.made.get_or_init(|| match &self.origin {
            // An i64 times 10^12 has at most 31 digits.
            Origin::Whole(whole) => whole.iter().map(|&number| i128::from(number) * ONE).collect(),
            Origin::Zeros(rows) => vec![0; *rows].into(),
        })
    }
}

impl Deref for Raw {
    type Target = [i128];

    #[inline]
    fn deref(&self) -> &[i128] {
        self.buffer()
    }
}

impl From<ScalarBuffer<i128>> for Raw {
    fn from(values: ScalarBuffer<i128>) -> Self {
        Self { made: OnceLock::from(values), origin: Origin::default() }
    }
}

impl From<Vec<i128>> for Raw {
    fn from(values: Vec<i128>) -> Self {
        ScalarBuffer::from(values).into()
    }
}
