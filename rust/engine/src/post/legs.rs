//! What a document posts, leg by leg: a debit is positive, a credit negative.

use crate::compile::{Agreement, Compiled, Flow, Role};
use crate::document::{BILL, CARRIED, Document, DocumentLine};
use crate::error::{Error, Result};

/// One posting in one book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg<'a> {
    pub book: &'a str,
    pub kind: Kind,
    pub counterparty: &'a str,
    /// Raw; a debit if above zero.
    pub amount: i128,
}

impl Leg<'_> {
    /// Whether both are posted on one ledger account of one book.
    pub fn is_on_account_of(&self, other: &Self) -> bool {
        self.kind == other.kind && self.book == other.book && self.counterparty == other.counterparty
    }
}

/// The kind of ledger account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Receivable,
    Payable,
    Revenue,
    Expense,
    /// Between periods: what a negative statement carries forward.
    Carried,
    /// A component of a bundle's revenue.
    Component(String),
}

impl Kind {
    /// How a ledger account's name begins.
    pub fn name(&self) -> String {
        match self {
            Self::Receivable => "receivable".into(),
            Self::Payable => "payable".into(),
            Self::Revenue => "revenue".into(),
            Self::Expense => "expense".into(),
            Self::Carried => "carried".into(),
            Self::Component(component) => format!("revenue.{component}"),
        }
    }
}

/// The flow of a statement's line.
fn flow_of<'c>(compiled: &'c Compiled, document: &Document, line: &DocumentLine) -> Result<Option<&'c Flow>> {
    if document.kind == BILL {
        return Ok(None);
    }
    let agreement: Option<&Agreement> = compiled.agreements.iter().find(|own| own.id == document.contract);
    let version = usize::try_from(line.version).ok();
    let version = agreement.zip(version).and_then(|(agreement, version)| agreement.versions.get(version));
    let flow =
        version.and_then(|version| version.flows.iter().find(|flow| flow.id == line.item || flow.true_up == line.item));
    let unknown =
        || Error::UsageSchema(format!("document {:?}: no flow {:?} in its agreement", document.id, line.item));
    flow.map(Some).ok_or_else(unknown)
}

/// Whether a line runs against its document. A role that is one party says so; where both roles depend on the record
/// (operators that sell to each other), lines below zero do.
fn is_reversed(compiled: &Compiled, document: &Document, line: &DocumentLine, flow: &Flow) -> bool {
    let is = |role: Role, party: &str| match role {
        Role::Party(code) => compiled.parties.name(code).map(|name| name == party),
        _ => None,
    };
    let consolidated = compiled.agreements.iter().any(|own| own.id == document.contract && own.consolidated);
    let by_role = is(flow.payer, document.payee).or_else(|| is(flow.payee, document.payer));
    consolidated && by_role.unwrap_or(line.net < 0)
}

/// The legs of one line: revenue of its payee, expense (or less revenue) of its payer.
pub fn line_legs<'d>(compiled: &Compiled, document: &Document<'d>, line: &DocumentLine) -> Result<[Leg<'d>; 2]> {
    if document.kind != BILL && line.item == CARRIED {
        let (payer, payee) = (document.payer, document.payee);
        return Ok(legs((payer, payee), (Kind::Carried, Kind::Carried), line.net));
    }
    let flow = flow_of(compiled, document, line)?;
    let reversed = flow.is_some_and(|flow| is_reversed(compiled, document, line, flow));
    let (payer, payee, amount) =
        if reversed { (document.payee, document.payer, -line.net) } else { (document.payer, document.payee, line.net) };
    let expense = if flow.is_some_and(|flow| flow.net) { Kind::Revenue } else { Kind::Expense };
    Ok(legs((payer, payee), (expense, Kind::Revenue), amount))
}

/// A debit in the payer's book, a credit in the payee's.
fn legs<'d>((payer, payee): (&'d str, &'d str), kinds: (Kind, Kind), amount: i128) -> [Leg<'d>; 2] {
    [
        Leg { book: payer, kind: kinds.0, counterparty: payee, amount },
        Leg { book: payee, kind: kinds.1, counterparty: payer, amount: -amount },
    ]
}

/// The legs of the document as a whole: what one owes is what the other is owed.
pub fn total_legs<'d>(document: &Document<'d>) -> [Leg<'d>; 2] {
    let (payer, payee, amount) = (document.payer, document.payee, document.net);
    [
        Leg { book: payer, kind: Kind::Payable, counterparty: payee, amount: -amount },
        Leg { book: payee, kind: Kind::Receivable, counterparty: payer, amount },
    ]
}
