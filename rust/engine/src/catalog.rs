//! The terms as they come down: plain data, one JSON document (the seam of the design).
//!
//! The Python package checks what a person wrote, fills templates, turns holidays and local hours into UTC edges and
//! file names into tables; what arrives here is meant for a machine. Unknown fields are refused. What can have
//! millions of rows (accounts, subscriptions, prefixes, look-up tables) comes beside it as Arrow tables.

mod agreement;
mod calendar;
mod plan;
mod usage;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use agreement::{Agreement, AgreementVersion, Basis, Binding, Flow, NoticeWhen, Per};
pub use calendar::{Band, Calendar, Hours};
pub use plan::{
    Charge, Dynamic, Flat, Graduated, Kind, Model, Package, Percentage, Plan, Reset, Scope, Step, Tier, Unit, Version,
};
pub use usage::{Column, Usage};

/// The whole document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Version of the arithmetic; part of a run's identity.
    pub rules: String,
    /// Minor-unit digits of each currency in use.
    pub currencies: BTreeMap<String, u32>,
    /// Ids of all parties.
    pub parties: Vec<String>,
    /// Every time zone in use, with its UTC offsets.
    pub time_zones: Vec<TimeZone>,
    /// Names of destination zones; their prefixes come as a table.
    pub zones: Vec<String>,
    pub calendars: Vec<Calendar>,
    pub tables: Vec<Table>,
    pub usage: Vec<Usage>,
    pub plans: Vec<Plan>,
    pub agreements: Vec<Agreement>,
    pub billing: Billing,
}

/// A time zone as UTC transitions: from `.0` (seconds since 1970) on, local time is UTC + `.1` seconds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeZone {
    pub name: String,
    pub transitions: Vec<(i64, i32)>,
}

/// A look-up table's shape; its rows come as an Arrow table of the same name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub id: String,
    pub by: Vec<String>,
    pub columns: Vec<String>,
}

/// A date (midnight in the zone of whom it concerns) or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00Z.
    Instant(i64),
}

/// A number: a literal (decimal text), or a look-up.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Number {
    Literal(String),
    Lookup(Lookup),
}

/// A number read from a table by the record's attributes; `otherwise` is what it is without a row (none: a reject).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    pub table: String,
    pub by: Vec<String>,
    /// The places of `by` from the one that makes a row most specific on; empty where that is their own order.
    #[serde(default)]
    pub order: Vec<usize>,
    pub column: String,
    pub otherwise: Option<String>,
}

/// A test of one attribute; all the parts given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    #[serde(rename = "in")]
    pub equals: Option<Vec<String>>,
    pub prefix: Option<Vec<String>>,
    pub above: Option<String>,
    pub at_least: Option<String>,
    pub below: Option<String>,
    pub up_to: Option<String>,
    pub null: Option<bool>,
}

/// A conjunction of tests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    pub service: Option<Test>,
    pub zone: Option<Test>,
    pub band: Option<Test>,
    pub attributes: BTreeMap<String, Test>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rounding {
    pub decimals: u32,
    pub mode: RoundingMode,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    HalfEven,
    HalfUp,
    HalfDown,
    Up,
    Down,
    Ceiling,
    Floor,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    pub skip_zero_documents: bool,
}
