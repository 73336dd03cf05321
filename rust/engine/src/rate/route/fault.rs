//! Why rows are rejected.

use crate::reject::Code;

/// Why a row is rejected, with the field to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    pub field: String,
    pub value: Option<String>,
}

impl Fault {
    /// A fault of a field.
    pub fn new(code: Code, field: &str, value: Option<&str>) -> Self {
        Self { code, field: field.to_owned(), value: value.map(str::to_owned) }
    }

    /// Keeps the fault of lowest code, the first of equal ones.
    pub fn keep_lowest(self, lowest: &mut Option<Self>) {
        if lowest.as_ref().is_none_or(|lowest| self.code < lowest.code) {
            *lowest = Some(self);
        }
    }
}
