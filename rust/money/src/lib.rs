//! Exact money: decimals at one fixed scale, rounding modes, allocation and currency digits.
//!
//! Money goes wrong in three ways: a binary fraction that is not the decimal it prints as, a figure rounded twice on
//! its way, and a cent lost when a total is divided. So every stored figure is a [`Dec`], an integer count of
//! 10^-12; every product and quotient on the way to one is a [`Ratio`], exact, and rounded once by a named
//! [`Rounding`]; and cents are dealt in one place only, by [`allocate()`] and [`deal()`], which always give out the total.
//!
//! Nothing here wraps, saturates or meets a float. What does not fit is a [`MoneyError`] that names the operands.
//!
//! ```
//! use partita_money::{Dec, Ratio, Rounding};
//!
//! let price: Dec = "0.09".parse()?; // per 10^9 bytes
//! let bytes: Dec = "2000000000000000".parse()?;
//! let charge = Ratio::product(price, bytes)?.checked_div(Dec::from_int(1_000_000_000))?;
//! assert_eq!(charge.to_dec(2, Rounding::HalfUp)?.to_string(), "180000");
//! # Ok::<(), partita_money::MoneyError>(())
//! ```

mod allocate;
pub mod currency;
mod currency_table;
mod dec;
mod error;
mod magnitude;
mod parse;
mod ratio;
mod rounding;
mod wide;

pub use allocate::{allocate, deal};
pub use dec::Dec;
pub use error::MoneyError;
pub use ratio::Ratio;
pub use rounding::Rounding;
pub use wide::{Wide, div_round_i128};
