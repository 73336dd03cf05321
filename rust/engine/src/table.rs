//! Look-up tables: numbers by one or several attributes, in up to millions of rows.
//!
//! A null key cell means any. The most specific row wins, by the order of the key columns: rows are indexed by which of
//! their key cells are null, and the patterns are tried from the most specific on. Nearly every table has one pattern.

use arrow_array::RecordBatch;

use crate::catalog::Table as TableTerms;
use crate::column::{Cell, Numbers, Text};
use crate::error::{Error, Problem, Result};
use crate::interrupt::check_at;
use crate::keys::Keys;

#[derive(Debug, Clone)]
struct Pattern {
    /// Which key columns are not null.
    exact: Vec<bool>,
    keys: Keys,
    /// Row of each key code.
    rows: Vec<u32>,
}

/// A compiled table.
#[derive(Debug, Clone)]
pub struct Table {
    pub id: String,
    pub by: Vec<String>,
    columns: Vec<String>,
    patterns: Vec<Pattern>,
    values: Vec<Numbers>,
}

impl Table {
    /// Compiles the rows of a table.
    pub fn new(terms: &TableTerms, rows: &RecordBatch) -> Result<Self> {
        let path = format!("tables.{}", terms.id);
        let column = |name: &str| {
            rows.column_by_name(name).ok_or_else(|| {
                let found: Vec<_> = rows.schema_ref().fields().iter().map(|f| f.name().clone()).collect();
                Error::catalog(&path, format!("no column {name:?}; the table has {}", found.join(", ")))
            })
        };
        let keys = terms.by.iter().map(|name| Text::read(name, column(name)?, None)).collect::<Result<Vec<_>>>()?;
        let values =
            terms.columns.iter().map(|name| Numbers::read(name, column(name)?, None)).collect::<Result<Vec<_>>>()?;
        let mut table = Self {
            id: terms.id.clone(),
            by: terms.by.clone(),
            columns: terms.columns.clone(),
            patterns: Vec::new(),
            values,
        };
        let mut problems = table.check_values(&path, rows.num_rows());
        let mut scratch = String::new();
        for row in 0..rows.num_rows() {
            check_at(row)?;
            let parts: Vec<Option<&str>> = keys.iter().map(|key| key.get(row)).collect();
            if !table.insert(&parts, row, &mut scratch) {
                let shown: Vec<_> = parts.iter().map(|part| part.unwrap_or("any")).collect();
                problems.push(Problem {
                    path: format!("{path}.rows[{row}]"),
                    message: format!("({}) stands in the table twice", shown.join(", ")),
                });
            }
        }
        table.patterns.sort_by(|a, b| b.exact.cmp(&a.exact));
        if problems.is_empty() { Ok(table) } else { Err(Error::Catalog(problems)) }
    }

    fn check_values(&self, path: &str, rows: usize) -> Vec<Problem> {
        let bad = |cell| !matches!(cell, Cell::Fine | Cell::Null);
        let columns = self.columns.iter().zip(&self.values).filter(|(_, values)| !values.cells.all_fine());
        columns
            .flat_map(|(name, values)| (0..rows).filter(|&row| bad(values.cells.get(row))).map(move |row| (name, row)))
            .map(|(name, row)| Problem {
                path: format!("{path}.rows[{row}].{name}"),
                message: "is not a number with at most 12 decimals".into(),
            })
            .collect()
    }

    fn insert(&mut self, parts: &[Option<&str>], row: usize, scratch: &mut String) -> bool {
        let exact: Vec<bool> = parts.iter().map(Option::is_some).collect();
        let at = self.patterns.iter().position(|pattern| pattern.exact == exact).unwrap_or_else(|| {
            self.patterns.push(Pattern { exact, keys: Keys::default(), rows: Vec::new() });
            self.patterns.len() - 1
        });
        let pattern = &mut self.patterns[at];
        let code = pattern.keys.intern(pattern_key(&pattern.exact, parts, scratch));
        if code as usize == pattern.rows.len() {
            pattern.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            return true;
        }
        false
    }

    /// The row of a record's attributes, in the order of `by`; of several the most specific by that order, or by another
    /// one of its places.
    pub fn row(&self, parts: &[Option<&str>], order: &[usize], scratch: &mut String) -> Option<u32> {
        let mut find = |pattern: &Pattern| {
            let applies = pattern.exact.iter().zip(parts).all(|(exact, part)| !exact || part.is_some());
            let code = applies.then(|| pattern.keys.get(pattern_key(&pattern.exact, parts, scratch)))??;
            pattern.rows.get(code as usize).copied()
        };
        if order.is_empty() || self.patterns.len() < 2 {
            return self.patterns.iter().find_map(find);
        }
        let rank = |pattern: &Pattern| order.iter().map(|&place| pattern.exact[place]).collect::<Vec<_>>();
        let found = self.patterns.iter().filter_map(|pattern| Some((rank(pattern), find(pattern)?)));
        found.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, row)| row)
    }

    /// The number in a row's column; none if the cell is null.
    pub fn value(&self, row: u32, column: usize) -> Option<i128> {
        let (values, row) = (&self.values[column], row as usize);
        (values.cells.get(row) == Cell::Fine).then(|| values.values[row])
    }

    /// The place of a value column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

/// The key of a pattern's exact parts; `scratch` holds it when there are several.
fn pattern_key<'a>(exact: &[bool], parts: &[Option<&'a str>], scratch: &'a mut String) -> &'a str {
    if let ([true], [Some(only)]) = (exact, parts) {
        return only;
    }
    scratch.clear();
    for part in exact.iter().zip(parts).filter(|(exact, _)| **exact).filter_map(|(_, part)| *part) {
        // Its length says where a part ends, whatever it holds.
        scratch.push(u32::try_from(part.len()).ok().and_then(char::from_u32).unwrap_or(char::MAX));
        scratch.push_str(part);
    }
    scratch
}
