//! Plans, their charges and the charge models.

use serde::Deserialize;

use super::{Moment, Number, Rounding, When};

/// A set of charges sold by a seller.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub id: String,
    /// A party; `None`: the subscription's `sold_by`.
    pub seller: Option<String>,
    pub currency: String,
    pub calendar: Option<String>,
    pub charges: Vec<Charge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Usage,
    Recurring,
    OneTime,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    pub id: String,
    pub kind: Kind,
    pub when: When,
    pub component: String,
    pub priority: i64,
    pub advance: bool,
    pub prorate: bool,
    pub across_split: bool,
    pub round: Option<Rounding>,
    pub allow_negative: bool,
    pub tax_category: String,
    pub versions: Vec<Version>,
}

/// The charge model from a moment on (`None`: since ever).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    pub from: Option<Moment>,
    pub model: Model,
}

/// One variant a charge model; the same list as `charge/`.
#[allow(clippy::large_enum_variant, reason = "there is one a charge version, and it is read once")]
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    Flat(Flat),
    Unit(Unit),
    Graduated(Graduated),
    Package(Package),
    Percentage(Percentage),
    Dynamic(Dynamic),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flat {
    pub fee: Number,
}

/// A unit price; without `steps` it has one step without an end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    pub connect_fee: Number,
    pub connect_at_zero: bool,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub up_to: Option<String>,
    pub price: Number,
    pub per: String,
    pub minimum: String,
    pub increment: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Record,
    Subscription,
    Account,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    Cycle,
    Month,
    Never,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graduated {
    pub tiers: Vec<Tier>,
    pub per: String,
    pub connect_fee: Number,
    pub connect_at_zero: bool,
    pub minimum: String,
    pub increment: Option<String>,
    pub scope: Scope,
    pub reset: Reset,
    pub charge_at_zero: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub up_to: Option<String>,
    pub price: Number,
    pub flat: Number,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub size: String,
    pub price: Number,
    pub free: String,
    pub scope: Scope,
    pub reset: Reset,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percentage {
    pub rate: Number,
    pub fixed: Number,
    pub min: Option<Number>,
    pub max: Option<Number>,
    pub free_records: u64,
    pub free_amount: String,
    pub scope: Scope,
    pub reset: Reset,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dynamic {
    pub column: String,
    /// Whether the column holds a unit price (times the quantity) rather than an amount.
    pub times_quantity: bool,
    pub factor: Number,
}
