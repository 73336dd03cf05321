//! Revenue by component: a bundle's bill lines, by the stand-alone prices of an agreement (models.md A.8).

use crate::compile::{Agreement, Basis, Compiled};
use crate::document::{BILL, Document, DocumentLine};

/// The stand-alone prices of a bundle, and who shares what.
#[derive(Debug, Clone, Copy)]
pub struct Components<'c> {
    compiled: &'c Compiled,
    agreement: &'c Agreement,
    pub prices: &'c [(String, i128)],
}

impl<'c> Components<'c> {
    /// Those of the first agreement in force at an instant that shares a line of the bill.
    pub fn of(compiled: &'c Compiled, document: &Document, instant: impl Fn(usize) -> i64) -> Option<Self> {
        if document.kind != BILL {
            return None;
        }
        let found = compiled.agreements.iter().filter_map(|agreement| {
            let version = agreement.versions.get(agreement.version_at(instant(agreement.clock))?)?;
            let prices = version.flows.iter().find_map(|flow| match &flow.basis {
                Basis::Standalone(prices) => Some(prices.as_slice()),
                _ => None,
            })?;
            Some(Self { compiled, agreement, prices })
        });
        let mut found = found.filter(|components| document.lines.iter().any(|line| components.includes(line)));
        found.next()
    }

    /// Whether a line belongs to the bundle.
    pub fn includes(&self, line: &DocumentLine) -> bool {
        self.compiled.charge(line.item).is_some_and(|charge| self.agreement.shares_charge.get(charge) == Some(&true))
    }
}
