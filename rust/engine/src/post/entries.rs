//! Legs as entries: each a debit or a credit, never below zero, balanced for every book of a document.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, RecordBatch, StringArray};

use crate::basis::standalone::by_component;
use crate::document::{Accounts, Document, Unit};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::output::{NameColumn, batch, decimals};
use crate::post::components::Components;
use crate::post::legs::{Kind, Leg, line_legs, total_legs};
use crate::schema::ENTRIES;
use crate::sums::add;

/// Entries in the making.
#[derive(Debug, Default)]
pub struct Entries {
    ids: Vec<String>,
    dates: Vec<i32>,
    /// period, book, ledger account, counterparty.
    names: [NameColumn; 4],
    debits: Vec<i128>,
    credits: Vec<i128>,
    currencies: NameColumn,
    documents: NameColumn,
}

impl Engine {
    /// Adds the entries of one document.
    pub(super) fn post_document(&self, document: &Document, entries: &mut Entries) -> Result<()> {
        let day = self.last_day(document)?;
        let compiled = self.compiled.as_ref();
        let midnight = |clock: usize| compiled.clocks.get(clock).map_or(0, |clock| clock.midnight(day));
        let components = Components::of(compiled, document, midnight);
        let mut legs = Vec::with_capacity(document.lines.len() * 2 + 2);
        let mut bundle = 0;
        for line in &document.lines {
            let [expense, revenue] = line_legs(compiled, document, line)?;
            legs.push(expense);
            if components.is_some_and(|components| components.includes(line)) {
                bundle = add(bundle, line.net)?;
            } else {
                legs.push(revenue);
            }
        }
        if let Some(components) = components {
            legs.extend(bundle_legs(document, &components, bundle, Unit::of(compiled, &document.currency)?)?);
        }
        legs.extend(total_legs(document));
        check_balance(document, &legs)?;
        entries.push(document, day, &legs);
        Ok(())
    }

    fn last_day(&self, document: &Document) -> Result<i32> {
        let accounts = Accounts::bare(self, &document.period)?;
        Ok(accounts.last_day(&document.kind, &document.payer_account))
    }
}

/// The revenue of a bundle, by component.
fn bundle_legs<'d>(document: &'d Document, components: &Components, bundle: i128, unit: Unit) -> Result<Vec<Leg<'d>>> {
    let prices: Vec<i128> = components.prices.iter().map(|(_, price)| *price).collect();
    let parts = by_component(bundle, &prices, unit)?;
    let leg = |((component, _), part): (&(String, i128), i128)| Leg {
        book: &document.payee,
        kind: Kind::Component(component.clone()),
        counterparty: &document.payer,
        amount: -part,
    };
    Ok(components.prices.iter().zip(parts).map(leg).collect())
}

fn check_balance(document: &Document, legs: &[Leg]) -> Result<()> {
    let mut books: BTreeMap<&str, i128> = BTreeMap::new();
    for leg in legs {
        let book = books.entry(leg.book).or_insert(0);
        *book = add(*book, leg.amount)?;
    }
    match books.into_iter().find(|(_, sum)| *sum != 0) {
        Some((book, sum)) => {
            Err(Error::Internal(format!("document {:?} is out of balance in the book of {book}: {sum}", document.id)))
        }
        None => Ok(()),
    }
}

impl Entries {
    fn push(&mut self, document: &Document, day: i32, legs: &[Leg]) {
        for (leg, number) in legs.iter().filter(|leg| leg.amount != 0).zip(1..) {
            self.ids.push(format!("{}#{number}", document.id));
            self.dates.push(day);
            let account = format!("{}:{}:{}", leg.kind.name(), leg.counterparty, document.currency);
            let names = [document.period.as_str(), leg.book, &account, leg.counterparty];
            self.names.iter_mut().zip(names).for_each(|(column, name)| column.push(Some(name)));
            self.debits.push(leg.amount.max(0));
            self.credits.push((-leg.amount).max(0));
            self.currencies.push(Some(&document.currency));
            self.documents.push(Some(&document.id));
        }
    }

    /// The table.
    pub fn finish(self) -> Result<RecordBatch> {
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from_iter_values(&self.ids)), Arc::new(Date32Array::from(self.dates))];
        for column in self.names {
            columns.push(column.finish()?);
        }
        columns.extend([decimals(self.debits)?, decimals(self.credits)?]);
        columns.extend([self.currencies.finish()?, self.documents.finish()?]);
        batch(&ENTRIES, columns)
    }
}
