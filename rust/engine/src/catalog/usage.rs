//! Usage mappings.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Test;

/// A column, or a constant in its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Column {
    Column(String),
    Constant(String),
}

/// A usage mapping: which columns are what.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    pub id: String,
    /// Column → test; rows that do not fit are skipped and counted.
    #[serde(rename = "where")]
    pub keep_where: Vec<(String, Test)>,
    pub source: Column,
    /// `None`: identity is (file, row).
    pub record_id: Option<String>,
    pub time: String,
    /// strptime format of text times; `None`: ISO 8601.
    pub time_format: Option<String>,
    /// Zone of times that carry none.
    pub time_zone: Option<String>,
    pub refuse_ambiguous_time: bool,
    pub key: String,
    pub service: Column,
    pub quantity: Option<Column>,
    pub amount: Option<String>,
    pub duration: Option<String>,
    pub destination: Option<String>,
    pub territory: Option<String>,
    /// Attribute → column, where the names differ.
    pub attributes: BTreeMap<String, String>,
    /// Float columns and the decimals they are read at.
    pub decimals: BTreeMap<String, u32>,
    /// Columns that may be absent, and are null then.
    #[serde(default)]
    pub optional: Vec<String>,
}
