//! The terms as they come down: plain data, one JSON document (the seam of the design).
//!
//! The Python package checks what a person wrote, fills templates, turns holidays and local hours into UTC edges and
//! file names into tables; what arrives here is meant for a machine. Unknown fields are refused. What can have
//! millions of rows (accounts, subscriptions, prefixes, look-up tables) comes beside it as Arrow tables.

use serde::Deserialize;
use std::collections::BTreeMap;

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

/// A calendar: bands of local time, in its own time zone or in each account's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendar {
    pub id: String,
    pub zone: Option<String>,
    /// The first band that holds an instant is its band.
    pub bands: Vec<Band>,
    /// Days since 1970-01-01, whose week day does not count.
    pub holidays: Vec<i32>,
}

/// A band of a calendar.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    pub id: String,
    /// None for the band that is the rest.
    pub hours: Option<Vec<Hours>>,
}

/// Local hours of some days. Those that end before they begin, or as they begin, end on the next day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Monday is 0, a holiday 7.
    pub days: Vec<u8>,
    /// In minutes; 1440 is the end of the day.
    pub from: i32,
    pub to: i32,
}

/// A look-up table's shape; its rows come as an Arrow table of the same name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub id: String,
    pub by: Vec<String>,
    pub columns: Vec<String>,
}

/// A column, or a constant in its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Column {
    Column(String),
    Constant(String),
}

/// A usage mapping: which columns are what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    pub id: String,
    /// Column → test; rows that do not fit are skipped and counted.
    #[serde(rename = "where")]
    pub keep_where: Vec<(String, Test)>,
    pub source: Column,
    /// `None`: identity is (file, row).
    pub record_id: Option<String>,
    pub time: String,
    /// strptime format of text times; `None`: ISO 8601.
    pub time_format: Option<String>,
    /// Zone of times that carry none.
    pub time_zone: Option<String>,
    pub refuse_ambiguous_time: bool,
    pub key: String,
    pub service: Column,
    pub quantity: Option<Column>,
    pub amount: Option<String>,
    pub duration: Option<String>,
    pub destination: Option<String>,
    pub territory: Option<String>,
    /// Attribute → column, where the names differ.
    pub attributes: BTreeMap<String, String>,
    /// Float columns and the decimals they are read at.
    pub decimals: BTreeMap<String, u32>,
    /// Columns that may be absent, and are null then.
    #[serde(default)]
    pub optional: Vec<String>,
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

/// Who plays a role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    Party(String),
    AccountOwner,
    Seller,
    Column(String),
    SoldBy,
    IntroducedBy,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    pub id: String,
    pub plans: Vec<String>,
    pub charges: Vec<String>,
    pub services: Vec<String>,
    pub when: When,
    pub currency: Option<String>,
    pub zone: String,
    pub require: bool,
    pub allow_over_shared: bool,
    pub suspense: Option<String>,
    pub consolidated: bool,
    pub carry_negative: bool,
    /// What is noticed at the close of a period.
    #[serde(default)]
    pub notice_when: Option<NoticeWhen>,
    /// In order of time; each holds from its start until the next one's, within its own end.
    pub versions: Vec<AgreementVersion>,
}

/// When an agreement gives notice of a period's documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeWhen {
    /// All that a party is paid exceeds all that another is paid, in one currency.
    Exceeds { party: String, over: String },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementVersion {
    /// Microseconds; `None`: since ever.
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub territory: Vec<String>,
    /// In an order in which every flow comes after its bases.
    pub flows: Vec<Flow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    pub id: String,
    /// Its place in the agreement as it is written; flows stand here after those they are computed from.
    pub written: usize,
    pub payer: Binding,
    pub payee: Binding,
    /// Indices of earlier flows; empty: the lines.
    pub of: Vec<usize>,
    pub minus: Vec<usize>,
    pub when: When,
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub round: Option<Rounding>,
    pub payable: bool,
    pub net: bool,
    pub tax_category: String,
    pub basis: Basis,
}

/// What a flow makes of its base. The first six are computed with the record, the others at period close.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The base, whole. On the lines themselves: the sale, which the bill carries.
    Whole,
    /// `rate` × base; `complement`: (1 − rate) × base.
    Percent {
        rate: Number,
        complement: bool,
    },
    /// The record (or billed period) rated by another plan, × `factor`.
    Plan {
        plan: String,
        factor: Number,
        plus_one: bool,
    },
    /// A flat fee a record.
    PerEvent(Flat),
    /// A unit price on the record's quantity, or on the billed quantity of its lines.
    PerUnit {
        unit: Unit,
        billed: bool,
    },
    /// The base dealt among payees by weights; a share for each, named by the payee's role.
    Split(Vec<(Binding, Number)>),
    /// The base less earlier flows.
    Remainder(Vec<usize>),
    GreaterOf {
        flows: Vec<usize>,
        amounts: Vec<String>,
        per_subscription: bool,
    },
    Recurring {
        fee: String,
        per: Per,
        prorate: bool,
    },
    Standalone(Vec<(String, String)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    Agreement,
    Subscription,
    Party,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    pub skip_zero_documents: bool,
}
