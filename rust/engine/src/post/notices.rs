//! Notices: what a person should know of a period's documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use partita_money::Dec;

use crate::catalog::NoticeWhen;
use crate::compile::Compiled;
use crate::document::Document;
use crate::error::Result;
use crate::output::batch;
use crate::schema::NOTICES;
use crate::sums::add;

/// Code, subject, text.
type Notice = [String; 3];

/// The notices that agreements ask for.
pub fn notices(compiled: &Compiled, documents: &[Document]) -> Result<RecordBatch> {
    let mut found: Vec<Notice> = Vec::new();
    for agreement in &compiled.agreements {
        match &agreement.notice_when {
            Some(NoticeWhen::Exceeds { party, over }) => {
                found.extend(exceeding(&agreement.id, party, over, documents)?);
            }
            None => {}
        }
    }
    let column = |place: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(found.iter().filter_map(|notice| notice.get(place))))
    };
    batch(&NOTICES, vec![column(0), column(1), column(2)])
}

/// A party that is paid more than another, by currency: a provider that costs more than its service earns (A.14).
fn exceeding(agreement: &str, party: &str, over: &str, documents: &[Document]) -> Result<Vec<Notice>> {
    let (paid, earned) = (paid_to(party, documents)?, paid_to(over, documents)?);
    let mut found = Vec::new();
    for (currency, paid) in paid {
        let earned = earned.get(currency).copied().unwrap_or(0);
        if paid > earned {
            let (paid, earned) = (Dec::from_raw(paid)?, Dec::from_raw(earned)?);
            let text = format!("{party} is paid {paid} {currency}, more than the {earned} {currency} of {over}");
            found.push(["provider_exceeds".into(), agreement.into(), text]);
        }
    }
    Ok(found)
}

/// What all documents pay a party, by currency.
fn paid_to<'a>(party: &str, documents: &'a [Document]) -> Result<BTreeMap<&'a str, i128>> {
    let mut sums = BTreeMap::new();
    for document in documents.iter().filter(|document| document.payee == party) {
        let sum = sums.entry(document.currency).or_insert(0);
        *sum = add(*sum, document.net)?;
    }
    Ok(sums)
}
