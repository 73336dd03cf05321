//! Usage mappings, compiled.

use super::Compiler;
use crate::catalog::{self, Column};
use crate::condition::Test;
use partita_money::Dec;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A column, or the same in every row.
#[derive(Debug, Clone)]
pub enum Input<T> {
    Column(String),
    Constant(T),
}

/// A usage mapping.
#[derive(Debug)]
pub struct Usage {
    pub id: String,
    pub keep_where: Vec<(String, Test)>,
    pub source: Input<String>,
    pub record_id: Option<String>,
    pub time: String,
    pub time_format: Option<String>,
    /// Index of the clock of times without a zone.
    pub clock: Option<usize>,
    pub refuse_ambiguous_time: bool,
    pub key: String,
    pub service: Input<String>,
    pub quantity: Option<Input<Dec>>,
    pub amount: Option<String>,
    pub duration: Option<String>,
    pub destination: Option<String>,
    pub territory: Option<String>,
    /// For each attribute of the catalog: its column, and whether the mapping names it itself.
    pub attributes: Vec<(String, bool)>,
    /// Places of the attributes in the order of their names, which ties go by.
    pub by_name: Arc<[usize]>,
    pub decimals: BTreeMap<String, u32>,
    pub optional: Vec<String>,
}

impl Usage {
    /// The service's column, for messages.
    pub fn service_name(&self) -> &str {
        if let Input::Column(column) = &self.service { column } else { "service" }
    }

    /// The quantity's column, for messages.
    pub fn quantity_name(&self) -> &str {
        match &self.quantity {
            Some(Input::Column(column)) => column,
            _ => "quantity",
        }
    }
}

impl Compiler<'_> {
    /// Compiled last, when all attributes are known.
    pub(super) fn usage(&mut self) -> Vec<Usage> {
        let terms = self.terms;
        terms.usage.iter().map(|usage| self.one_usage(usage)).collect()
    }

    fn one_usage(&mut self, terms: &catalog::Usage) -> Usage {
        let path = format!("usage.{}", terms.id);
        let keep_where =
            terms.keep_where.iter().map(|(column, test)| (column.clone(), self.test(&path, test))).collect();
        let clock = terms.time_zone.as_ref().and_then(|zone| {
            let found = self.clocks.iter().position(|clock| clock.name == *zone);
            if found.is_none() {
                self.problem(&path, format!("the engine was given no transitions for time zone {zone:?}"));
            }
            found
        });
        let quantity = terms.quantity.as_ref().map(|column| match column {
            Column::Column(name) => Input::Column(name.clone()),
            Column::Constant(text) => Input::Constant(Dec::parse(text).unwrap_or_else(|error| {
                self.problem(format!("{path}.quantity"), error.to_string());
                Dec::ZERO
            })),
        });
        let attribute = |name: &str| match terms.attributes.get(name) {
            Some(column) => (column.clone(), true),
            None => (name.to_owned(), false),
        };
        Usage {
            id: terms.id.clone(),
            keep_where,
            source: text(&terms.source),
            record_id: terms.record_id.clone(),
            time: terms.time.clone(),
            time_format: terms.time_format.clone(),
            clock,
            refuse_ambiguous_time: terms.refuse_ambiguous_time,
            key: terms.key.clone(),
            service: text(&terms.service),
            quantity,
            amount: terms.amount.clone(),
            duration: terms.duration.clone(),
            destination: terms.destination.clone(),
            territory: terms.territory.clone(),
            by_name: self.by_name(),
            attributes: self.attributes.all().map(attribute).collect(),
            decimals: terms.decimals.clone(),
            optional: terms.optional.clone(),
        }
    }
}

impl Compiler<'_> {
    fn by_name(&self) -> Arc<[usize]> {
        let names: Vec<&str> = self.attributes.all().collect();
        let mut places: Vec<usize> = (0..names.len()).collect();
        places.sort_by_key(|&place| names[place]);
        places.into()
    }
}

fn text(column: &Column) -> Input<String> {
    match column {
        Column::Column(name) => Input::Column(name.clone()),
        Column::Constant(text) => Input::Constant(text.clone()),
    }
}
