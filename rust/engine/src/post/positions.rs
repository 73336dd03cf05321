//! Positions: what each party is owed and owes over all documents. Sums of documents, never rounded again.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use crate::document::Document;
use crate::error::{Error, Result};
use crate::output::{NameColumn, batch, decimals};
use crate::schema::POSITIONS;
use crate::sums::add;

/// The netting set of all documents together.
const ALL: &str = "all";

/// Receivable and payable, raw, by currency and party.
type Sums<'a> = BTreeMap<(&'a str, &'a str), (i128, i128)>;

/// The positions of the parties of some documents, in order of currency and party.
pub fn positions(documents: &[Document]) -> Result<RecordBatch> {
    let mut sums = Sums::new();
    for document in documents {
        let owed = &mut sums.entry((document.currency, document.payee)).or_default().0;
        *owed = add(*owed, document.net)?;
        let owes = &mut sums.entry((document.currency, document.payer)).or_default().1;
        *owes = add(*owes, document.net)?;
    }
    check_sum(&sums)?;
    table(sums)
}

fn check_sum(sums: &Sums) -> Result<()> {
    let mut nets: BTreeMap<&str, i128> = BTreeMap::new();
    for ((currency, _), (receivable, payable)) in sums {
        let net = nets.entry(currency).or_insert(0);
        *net = add(*net, receivable - payable)?;
    }
    match nets.into_iter().find(|(_, net)| *net != 0) {
        Some((currency, net)) => Err(Error::Internal(format!("net positions in {currency} sum to {net}"))),
        None => Ok(()),
    }
}

fn table(sums: Sums) -> Result<RecordBatch> {
    let mut names: [NameColumn; 3] = Default::default();
    let mut amounts: [Vec<i128>; 3] = Default::default();
    for ((currency, party), (receivable, payable)) in sums {
        names.iter_mut().zip([ALL, party, currency]).for_each(|(column, name)| column.push(Some(name)));
        let figures = [receivable, payable, receivable - payable];
        amounts.iter_mut().zip(figures).for_each(|(column, figure)| column.push(figure));
    }
    let mut columns = names.into_iter().map(NameColumn::finish).collect::<Result<Vec<_>>>()?;
    for column in amounts {
        columns.push(decimals(column)?);
    }
    batch(&POSITIONS, columns)
}
