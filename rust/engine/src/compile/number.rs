//! Numbers of charges and flows: literals, or look-ups in tables.

use super::Compiler;
use crate::catalog;
use crate::charge::Slot;
use crate::condition::{Attributes, Source};
use crate::table::Table;

/// A compiled look-up.
#[derive(Debug, Clone)]
pub struct Lookup {
    pub table: usize,
    pub column: usize,
    pub by: Vec<Source>,
    /// The places of `by` from the one that makes a row most specific on; empty where that is their own order.
    pub order: Vec<usize>,
    pub otherwise: Option<i128>,
}

/// A compiled number: raw at 12 decimals.
#[derive(Debug, Clone)]
pub enum Number {
    Literal(i128),
    Lookup(Lookup),
}

impl Number {
    /// Its value for a record; none if a look-up finds nothing.
    #[inline]
    pub fn value(&self, tables: &[Table], record: &impl Attributes, scratch: &mut String) -> Option<i128> {
        match self {
            Self::Literal(raw) => Some(*raw),
            Self::Lookup(lookup) => lookup.value(tables, record, scratch),
        }
    }
}

impl Lookup {
    fn value(&self, tables: &[Table], record: &impl Attributes, scratch: &mut String) -> Option<i128> {
        let table = &tables[self.table];
        let found = match self.by.as_slice() {
            [only] => table.row(&[record.text(*only)], &[], scratch),
            by => {
                let parts: Vec<Option<&str>> = by.iter().map(|source| record.text(*source)).collect();
                table.row(&parts, &self.order, scratch)
            }
        };
        found.and_then(|row| table.value(row, self.column)).or(self.otherwise)
    }
}

/// The numbers of one charge version, by slot.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Literals in their places, 0 where a look-up comes.
    pub literals: Vec<i128>,
    pub lookups: Vec<(Slot, Lookup)>,
}

impl Values {
    pub(super) fn add(&mut self, number: Number) -> Slot {
        let slot = self.literals.len();
        match number {
            Number::Literal(raw) => self.literals.push(raw),
            Number::Lookup(lookup) => {
                self.literals.push(0);
                self.lookups.push((slot, lookup));
            }
        }
        slot
    }

    /// One of them for a record; none if it is looked up and not found.
    pub fn one(&self, slot: Slot, tables: &[Table], record: &impl Attributes) -> Option<i128> {
        match self.lookups.iter().find(|(of, _)| *of == slot) {
            Some((_, lookup)) => lookup.value(tables, record, &mut String::new()),
            None => self.literals.get(slot).copied(),
        }
    }

    /// All values for a record, in `scratch` when some are looked up; none if one of them finds nothing.
    #[inline]
    pub fn resolve<'a>(
        &'a self,
        tables: &[Table],
        record: &impl Attributes,
        scratch: &'a mut Scratch,
    ) -> Option<&'a [i128]> {
        if self.lookups.is_empty() {
            return Some(&self.literals);
        }
        scratch.values.clear();
        scratch.values.extend_from_slice(&self.literals);
        for (slot, lookup) in &self.lookups {
            scratch.values[*slot] = lookup.value(tables, record, &mut scratch.key)?;
        }
        Some(&scratch.values)
    }
}

/// Space that look-ups use again and again.
#[derive(Debug, Default)]
pub struct Scratch {
    pub values: Vec<i128>,
    pub key: String,
}

impl Compiler<'_> {
    pub(super) fn number(&mut self, path: &str, terms: &catalog::Number) -> Number {
        let lookup = match terms {
            catalog::Number::Literal(text) => return Number::Literal(self.decimal(path, text)),
            catalog::Number::Lookup(lookup) => lookup,
        };
        let by: Vec<Source> = lookup.by.iter().map(|name| self.source(name)).collect();
        let otherwise = lookup.otherwise.as_ref().map(|text| self.decimal(path, text));
        let Some(table) = self.tables.iter().position(|table| table.id == lookup.table) else {
            self.problem(path, format!("no table {:?}", lookup.table));
            return Number::Literal(0);
        };
        let Some(column) = self.tables[table].column(&lookup.column) else {
            self.problem(path, format!("table {:?} has no value column {:?}", lookup.table, lookup.column));
            return Number::Literal(0);
        };
        if by.len() != self.tables[table].by.len() {
            let message = format!("table {:?} is looked up by {}", lookup.table, self.tables[table].by.join(", "));
            self.problem(path, message);
        }
        Number::Lookup(Lookup { table, column, by, order: lookup.order.clone(), otherwise })
    }
}
