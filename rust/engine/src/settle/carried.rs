//! What negative statements carry forward from one period to the next.

use arrow_array::RecordBatch;

use crate::error::{Error, Result};
use crate::output::{NameColumn, batch, decimals, numbers, texts};
use crate::schema::CARRIED;

const TABLE: &str = "amounts carried forward";

/// One amount, as the payer of the contract pays it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Agreement, payer's account, payee's account, currency.
    names: [String; 4],
    pub amount: i128,
}

impl Row {
    /// The contract that it is carried under.
    pub fn contract(&self) -> [&str; 4] {
        self.names.each_ref().map(String::as_str)
    }
}

/// Amounts carried forward.
#[derive(Debug, Clone, Default)]
pub struct Carried {
    pub rows: Vec<Row>,
}

impl Carried {
    /// Reads the table.
    pub fn read(batch: &RecordBatch) -> Result<Self> {
        let columns = ["agreement", "payer_account", "payee_account", "currency"].map(|name| texts(TABLE, batch, name));
        let [agreement, payer, payee, currency] = columns;
        let columns = [agreement?, payer?, payee?, currency?];
        let mut carried = Self::default();
        for (row, amount) in numbers(TABLE, batch, "amount")?.into_iter().enumerate() {
            let absent = || Error::UsageSchema(format!("{TABLE}: row {row} has a null"));
            let [agreement, payer, payee, currency] = columns.each_ref().map(|text| text.get(row).map(str::to_owned));
            let names = agreement.zip(payer).zip(payee.zip(currency)).map(|((a, b), (c, d))| [a, b, c, d]);
            carried.rows.push(Row { names: names.ok_or_else(absent)?, amount });
        }
        Ok(carried)
    }

    /// Carries an amount forward.
    pub fn push(&mut self, contract: [&str; 4], amount: i128) {
        self.rows.push(Row { names: contract.map(str::to_owned), amount });
    }

    /// The table.
    pub fn table(&self) -> Result<RecordBatch> {
        let mut names: [NameColumn; 4] = Default::default();
        for row in &self.rows {
            names.iter_mut().zip(row.contract()).for_each(|(column, name)| column.push(Some(name)));
        }
        let mut columns = names.into_iter().map(NameColumn::finish).collect::<Result<Vec<_>>>()?;
        columns.push(decimals(self.rows.iter().map(|row| row.amount).collect())?);
        batch(&CARRIED, columns)
    }
}
