//! Agreements: who shares which lines, and how.

use serde::Deserialize;

use super::{Flat, Number, Rounding, Unit, When};

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
