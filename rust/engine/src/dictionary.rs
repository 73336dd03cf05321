//! The values of dictionary columns: shared by every batch that an engine gives out.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, StringArray, new_null_array};
use arrow_schema::DataType;

use crate::clock::{MONTHS, month_name};
use crate::compile::Compiled;
use crate::identity;
use crate::names::Names;
use crate::rate::{CHUNK, shared};
use crate::subscriber::Subscribers;

/// Values by column, and the codes that lead to them.
#[derive(Debug, Clone)]
pub struct Dictionaries {
    pub accounts: Names,
    pub subscriptions: Names,
    pub plans: ArrayRef,
    pub charges: ArrayRef,
    pub zones: ArrayRef,
    pub bands: ArrayRef,
    pub currencies: ArrayRef,
    pub parties: Names,
    pub agreements: ArrayRef,
    pub flows: ArrayRef,
    /// Months from 1970-01 on.
    pub months: ArrayRef,
    pub kinds: ArrayRef,
    /// Columns of nulls, ready made: one of each type.
    nulls: Vec<ArrayRef>,
    /// By charge: the code of its name in `charges`.
    pub charge_codes: Arc<[i32]>,
    /// By charge: the fingerprint of its whole record or first segment.
    pub charge_prints: Arc<[u128]>,
    /// By plan: the code of its currency.
    pub currency_codes: Arc<[i32]>,
    /// By agreement, version and flow: the code of the flow's name.
    pub flow_codes: Arc<[Vec<Vec<i32>>]>,
}

impl Dictionaries {
    /// The dictionaries of an engine.
    pub fn new(compiled: &Compiled, subscribers: &Subscribers) -> Self {
        let mut charges = Names::default();
        let charge_codes = compiled.charges.iter().map(|charge| code(&mut charges, &charge.id)).collect();
        let mut currencies = Names::default();
        let currency_codes = compiled.plans.iter().map(|plan| code(&mut currencies, &plan.currency)).collect();
        let mut flows = Names::default();
        let flow_codes = compiled.agreements.iter().map(|agreement| {
            let versions = agreement.versions.iter();
            versions.map(|version| version.flows.iter().map(|flow| code(&mut flows, &flow.id)).collect()).collect()
        });
        let flow_codes = flow_codes.collect();
        let agreements = compiled.agreements.iter().map(|agreement| agreement.id.as_str());
        Self {
            accounts: subscribers.accounts.names.clone(),
            subscriptions: subscribers.subscriptions.names.clone(),
            plans: compiled.plan_names.values(),
            charges: charges.values(),
            zones: compiled.zones.values(),
            bands: compiled.bands.values(),
            currencies: currencies.values(),
            parties: subscribers.parties.clone(),
            agreements: shared(StringArray::from_iter_values(agreements)),
            flows: flows.values(),
            months: shared(StringArray::from_iter_values((0..MONTHS).map(month_name))),
            kinds: shared(StringArray::from(vec!["usage", "recurring", "one_time", "period"])),
            nulls: NULL_TYPES.iter().map(|kind| new_null_array(kind, CHUNK)).collect(),
            charge_codes,
            charge_prints: compiled.charges.iter().map(|charge| identity::charge(&charge.path, "0")).collect(),
            currency_codes,
            flow_codes,
        }
    }
}

impl Dictionaries {
    /// The dictionaries with the names of other subscribers.
    pub fn with(&self, subscribers: &Subscribers) -> Self {
        Self {
            accounts: subscribers.accounts.names.clone(),
            subscriptions: subscribers.subscriptions.names.clone(),
            parties: subscribers.parties.clone(),
            ..self.clone()
        }
    }

    /// A column of nulls.
    pub fn nulls(&self, kind: &DataType, rows: usize) -> ArrayRef {
        let made = self.nulls.iter().find(|column| column.data_type() == kind && column.len() >= rows);
        made.map_or_else(|| new_null_array(kind, rows), |column| column.slice(0, rows))
    }
}

/// Types of columns that are often null from end to end.
const NULL_TYPES: [DataType; 3] = [DataType::FixedSizeBinary(16), DataType::Decimal128(38, 12), DataType::Date32];

fn code(names: &mut Names, name: &str) -> i32 {
    i32::try_from(names.intern(name)).unwrap_or(i32::MAX)
}
