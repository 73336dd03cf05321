//! Documents: one amount between two accounts under one contract, with lines that sum to it (semantics §2).
//!
//! Minor units appear here and nowhere before. Bills and statements are the same thing; what they have in common, from
//! rounding to their tables, is in this room.

mod accounts;
mod read;
mod rounding;

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Int32Array, RecordBatch, StringArray};
use rayon::prelude::*;

pub use accounts::Accounts;
pub use read::{Columns, Document, DocumentLine};
pub use rounding::{Unit, lines_of, rounded_lines};

use crate::error::Result;
use crate::output::{NameColumn, batch, decimals, nulls};
use crate::schema::{DOCUMENT_LINES, DOCUMENTS};
use crate::sums::add;

/// A customer's bill from a seller.
pub const BILL: &str = "bill";
/// A partner's statement under an agreement.
pub const STATEMENT: &str = "statement";
/// The item of a line that takes a negative total to the next period, or brings it from the one before.
pub const CARRIED: &str = "carried_forward";
/// The contract of every bill.
pub const SALE: &str = "sale";

/// Bills or statements: one row a document, and their lines.
#[derive(Debug, Clone)]
pub struct Documents {
    pub documents: RecordBatch,
    pub lines: RecordBatch,
}

/// What a document says besides its lines.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub kind: &'a str,
    pub contract: &'a str,
    pub period: &'a str,
    pub payer: &'a str,
    pub payee: &'a str,
    pub payer_account: &'a str,
    pub payee_account: &'a str,
    pub currency: &'a str,
    /// Days since 1970-01-01.
    pub due_date: i32,
}

impl Head<'_> {
    /// The id that a document has by what it is about.
    pub fn id(&self) -> String {
        let Self { kind, contract, period, payer_account, payee_account, currency, .. } = self;
        format!("{kind}/{period}/{contract}/{payer_account}/{payee_account}/{currency}")
    }
}

/// One line: what it is for, its exact sum, and its amount in minor units, both raw.
#[derive(Debug, Clone, Copy)]
pub struct DraftLine<'a> {
    pub subscription: Option<&'a str>,
    pub item: &'a str,
    pub version: i32,
    pub zone: Option<&'a str>,
    pub band: Option<&'a str>,
    pub tax_category: &'a str,
    pub exact: i128,
    pub net: i128,
    /// Whether the document's payee pays it: a line of a consolidated statement may run the other way.
    pub reversed: bool,
}

impl<'a> DraftLine<'a> {
    /// Its subscription, item, zone, band and tax category.
    const fn names(&self) -> [Option<&'a str>; 5] {
        [self.subscription, Some(self.item), self.zone, self.band, Some(self.tax_category)]
    }
}

/// Documents in the making, a column a vector.
#[derive(Debug, Default)]
pub struct Builder {
    heads: HeadBuilder,
    lines: LineBuilder,
}

#[derive(Debug, Default)]
struct HeadBuilder {
    ids: Vec<String>,
    /// kind, contract, period, payer, payee, their accounts, currency.
    names: [NameColumn; 8],
    nets: Vec<i128>,
    due_dates: Vec<i32>,
}

#[derive(Debug, Default)]
struct LineBuilder {
    document: NameColumn,
    numbers: Vec<i32>,
    versions: Vec<i32>,
    /// subscription, item, zone, band, tax category.
    names: [NameColumn; 5],
    exact: Vec<i128>,
    nets: Vec<i128>,
    reversed: Vec<bool>,
}

impl Builder {
    /// Nothing yet, and room for so many lines.
    pub fn with_room_for(lines: usize) -> Self {
        Self { heads: HeadBuilder::default(), lines: LineBuilder::with_room_for(lines) }
    }

    /// Adds a document; its net is the sum of its lines.
    pub fn push(&mut self, head: &Head, items: &[DraftLine]) -> Result<()> {
        let id = head.id();
        self.lines.extend(&[id.as_str()], &[items]);
        self.heads.push(id, head, items)
    }

    /// Adds many.
    pub fn extend(&mut self, documents: &[(Head, Vec<DraftLine>)]) -> Result<()> {
        let ids: Vec<String> = documents.par_iter().map(|(head, _)| head.id()).collect();
        let names: Vec<&str> = ids.iter().map(String::as_str).collect();
        let items: Vec<&[DraftLine]> = documents.iter().map(|(_, items)| items.as_slice()).collect();
        let Self { heads, lines } = self;
        let mut all = ids.iter().zip(documents);
        let of_heads = || all.try_for_each(|(id, (head, items))| heads.push(id.clone(), head, items));
        rayon::join(of_heads, || lines.extend(&names, &items)).0
    }

    /// The tables.
    pub fn finish(self) -> Result<Documents> {
        Ok(Documents { documents: self.heads.finish()?, lines: self.lines.finish()? })
    }
}

impl HeadBuilder {
    fn push(&mut self, id: String, head: &Head, items: &[DraftLine]) -> Result<()> {
        let names = [
            head.kind,
            head.contract,
            head.period,
            head.payer,
            head.payee,
            head.payer_account,
            head.payee_account,
            head.currency,
        ];
        self.names.iter_mut().zip(names).for_each(|(column, name)| column.push(Some(name)));
        self.nets.push(items.iter().try_fold(0, |sum, item| add(sum, item.net))?);
        self.due_dates.push(head.due_date);
        self.ids.push(id);
        Ok(())
    }

    fn finish(self) -> Result<RecordBatch> {
        let rows = self.ids.len();
        let tax = decimals(vec![0; rows])?;
        let net = decimals(self.nets)?;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(StringArray::from_iter_values(&self.ids))];
        for column in self.names {
            columns.push(column.finish()?);
        }
        columns.extend([net.clone(), tax, net, nulls(&DOCUMENTS, "number", rows)?]);
        columns.extend([Arc::new(Date32Array::from(self.due_dates)) as ArrayRef, nulls(&DOCUMENTS, "original", rows)?]);
        batch(&DOCUMENTS, columns)
    }
}

impl LineBuilder {
    fn with_room_for(rows: usize) -> Self {
        Self {
            document: NameColumn::with_capacity(rows),
            numbers: Vec::with_capacity(rows),
            versions: Vec::with_capacity(rows),
            names: std::array::from_fn(|_| NameColumn::with_capacity(rows)),
            exact: Vec::with_capacity(rows),
            nets: Vec::with_capacity(rows),
            reversed: Vec::with_capacity(rows),
        }
    }

    /// Adds the lines of some documents, each column by itself: names take most of the time.
    fn extend(&mut self, documents: &[&str], items: &[&[DraftLine]]) {
        let lines = || items.iter().copied().flatten();
        let names = self.names.par_iter_mut().enumerate();
        let of_names = || names.for_each(|(place, column)| lines().for_each(|line| column.push(line.names()[place])));
        let of_numbers = || {
            for (document, items) in documents.iter().zip(items) {
                let document = self.document.code(document);
                items.iter().for_each(|_| self.document.push_code(document));
                self.numbers.extend((1..).take(items.len()));
            }
            self.versions.extend(lines().map(|line| line.version));
            self.exact.extend(lines().map(|line| line.exact));
            self.nets.extend(lines().map(|line| line.net));
            self.reversed.extend(lines().map(|line| line.reversed));
        };
        rayon::join(of_names, of_numbers);
    }

    fn finish(self) -> Result<RecordBatch> {
        let [subscription, item, zone, band, tax_category] = self.names;
        let columns = vec![
            self.document.finish()?,
            Arc::new(Int32Array::from(self.numbers)) as ArrayRef,
            subscription.finish()?,
            item.finish()?,
            Arc::new(Int32Array::from(self.versions)),
            zone.finish()?,
            band.finish()?,
            tax_category.finish()?,
            decimals(self.exact)?,
            decimals(self.nets)?,
            Arc::new(BooleanArray::from(self.reversed)),
        ];
        batch(&DOCUMENT_LINES, columns)
    }
}
