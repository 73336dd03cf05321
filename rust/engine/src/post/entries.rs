//! Legs as entries: each a debit or a credit, never below zero, balanced for every book of a document.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int32Array, RecordBatch};

use crate::basis::standalone::by_component;
use crate::document::{Accounts, Document, Unit};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::output::{NameColumn, batch, decimals};
use crate::post::components::Components;
use crate::post::legs::{Account, Kind, Leg, Side, leg, line_legs, total_legs};
use crate::schema::ENTRIES;
use crate::sums::add;

/// Entries in the making.
#[derive(Debug)]
pub struct Entries {
    /// Numbers in their documents.
    numbers: Vec<i32>,
    dates: Vec<i32>,
    /// period, book, ledger account, counterparty.
    names: [NameColumn; 4],
    debits: Vec<i128>,
    credits: Vec<i128>,
    currencies: NameColumn,
    documents: NameColumn,
}

impl Entries {
    /// Nothing yet, with room for all entries of some documents: two a line, and two for the total.
    pub fn with_room_for(documents: &[Document]) -> Self {
        let rows = documents.iter().map(|document| 2 * document.lines.len() + 2).sum();
        Self {
            numbers: Vec::with_capacity(rows),
            dates: Vec::with_capacity(rows),
            names: std::array::from_fn(|_| NameColumn::with_capacity(rows)),
            debits: Vec::with_capacity(rows),
            credits: Vec::with_capacity(rows),
            currencies: NameColumn::with_capacity(rows),
            documents: NameColumn::with_capacity(rows),
        }
    }
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
            legs.extend(bundle_legs(&components, bundle, Unit::of(compiled, document.currency)?)?);
        }
        legs.extend(total_legs(document));
        check_document(document, &legs)?;
        entries.push(document, day, &legs);
        Ok(())
    }

    fn last_day(&self, document: &Document) -> Result<i32> {
        let accounts = Accounts::bare(self, document.period)?;
        Ok(accounts.last_day(document.kind, document.payer_account))
    }
}

/// The revenue of a bundle, by component.
fn bundle_legs<'c>(components: &Components<'c>, bundle: i128, unit: Unit) -> Result<Vec<Leg<'c>>> {
    let prices: Vec<i128> = components.prices.iter().map(|(_, price)| *price).collect();
    let parts = by_component(bundle, &prices, unit)?;
    let of = |((component, _), part): (&'c (String, i128), i128)| leg(Side::Payee, Kind::Component(component), -part);
    Ok(components.prices.iter().zip(parts).map(of).collect())
}

/// What a document posts comes to nothing in the books of both sides.
fn check_document(document: &Document, legs: &[Leg]) -> Result<()> {
    for side in [Side::Payer, Side::Payee] {
        let mut own = legs.iter().filter(|leg| leg.account.side == side);
        let sum = own.try_fold(0, |sum, leg| add(sum, leg.amount))?;
        if sum != 0 {
            let ([book, _], id) = (side.of(document), document.id);
            return Err(Error::Internal(format!("document {id:?} is out of balance in the book of {book}: {sum}")));
        }
    }
    Ok(())
}

impl Entries {
    /// Debits equal credits in each book and currency: the law of what is written, whatever it was made from.
    fn check_balance(&self) -> Result<()> {
        let books = self.names[1].codes().iter().zip(self.currencies.codes());
        let currencies = self.currencies.len();
        let mut sums = vec![0; self.names[1].len() * currencies];
        for ((&book, &currency), (debit, credit)) in books.zip(self.debits.iter().zip(&self.credits)) {
            let own = &mut sums[book as usize * currencies + currency as usize];
            *own = add(*own, debit - credit)?;
        }
        if sums.iter().all(|sum| *sum == 0) {
            Ok(())
        } else {
            Err(Error::Internal("the entries of a book do not balance".into()))
        }
    }

    fn push(&mut self, document: &Document, day: i32, legs: &[Leg]) {
        let [periods, books, accounts, counterparties] = &mut self.names;
        let (period, currency) = (periods.code(document.period), self.currencies.code(document.currency));
        let own = self.documents.code(document.id);
        // The legs of a document are on few ledger accounts.
        let mut known: Vec<(Account, [u32; 3])> = Vec::with_capacity(4);
        for (leg, number) in legs.iter().filter(|leg| leg.amount != 0).zip(1..) {
            let met = known.iter().find(|(other, _)| *other == leg.account).map(|(_, codes)| *codes);
            let codes = met.unwrap_or_else(|| {
                let [book, counterparty] = leg.account.side.of(document);
                let account = format!("{}:{counterparty}:{}", leg.account.kind.name(), document.currency);
                let codes = [books.code(book), accounts.code(&account), counterparties.code(counterparty)];
                known.push((leg.account, codes));
                codes
            });
            self.numbers.push(number);
            self.dates.push(day);
            periods.push_code(period);
            books.push_code(codes[0]);
            accounts.push_code(codes[1]);
            counterparties.push_code(codes[2]);
            self.debits.push(leg.amount.max(0));
            self.credits.push((-leg.amount).max(0));
            self.currencies.push_code(currency);
            self.documents.push_code(own);
        }
    }

    /// The entries as a table.
    pub fn finish(self) -> Result<RecordBatch> {
        self.check_balance()?;
        let (numbers, dates) = (Int32Array::from(self.numbers), Date32Array::from(self.dates));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(numbers), Arc::new(dates)];
        for column in self.names {
            columns.push(column.finish()?);
        }
        columns.extend([decimals(self.debits)?, decimals(self.credits)?]);
        columns.extend([self.currencies.finish()?, self.documents.finish()?]);
        batch(&ENTRIES, columns)
    }
}
