//! What a document posts, leg by leg: a debit is positive, a credit negative.

use crate::compile::{Agreement, Compiled, Flow};
use crate::document::{BILL, CARRIED, Document, DocumentLine};
use crate::error::{Error, Result};

/// One posting in one book.
#[derive(Debug, Clone, Copy)]
pub struct Leg<'c> {
    pub account: Account<'c>,
    /// Raw; a debit if above zero.
    pub amount: i128,
}

/// A ledger account that a document posts on: in whose book, and of what kind. The counterparty is the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'c> {
    pub side: Side,
    pub kind: Kind<'c>,
}

/// A party of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Payer,
    Payee,
}

impl Side {
    /// The party, and its counterparty.
    pub const fn of<'d>(self, document: &Document<'d>) -> [&'d str; 2] {
        match self {
            Self::Payer => [document.payer, document.payee],
            Self::Payee => [document.payee, document.payer],
        }
    }
}

/// The kind of ledger account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'c> {
    Receivable,
    Payable,
    Revenue,
    Expense,
    /// Between periods: what a negative statement carries forward.
    Carried,
    /// A component of a bundle's revenue.
    Component(&'c str),
}

impl Kind<'_> {
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

/// The legs of one line: revenue of its payee, expense (or less revenue) of its payer.
pub fn line_legs(compiled: &Compiled, document: &Document, line: &DocumentLine) -> Result<[Leg<'static>; 2]> {
    if document.kind != BILL && line.item == CARRIED {
        return Ok([leg(Side::Payer, Kind::Carried, line.net), leg(Side::Payee, Kind::Carried, -line.net)]);
    }
    let flow = flow_of(compiled, document, line)?;
    let (payer, payee, amount) =
        if line.reversed { (Side::Payee, Side::Payer, -line.net) } else { (Side::Payer, Side::Payee, line.net) };
    let expense = if flow.is_some_and(|flow| flow.net) { Kind::Revenue } else { Kind::Expense };
    Ok([leg(payer, expense, amount), leg(payee, Kind::Revenue, -amount)])
}

/// A posting.
pub const fn leg(side: Side, kind: Kind<'_>, amount: i128) -> Leg<'_> {
    Leg { account: Account { side, kind }, amount }
}

/// The legs of the document as a whole: what one owes is what the other is owed.
pub const fn total_legs(document: &Document) -> [Leg<'static>; 2] {
    [leg(Side::Payer, Kind::Payable, -document.net), leg(Side::Payee, Kind::Receivable, document.net)]
}
