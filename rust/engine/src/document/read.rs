//! Documents read back from their tables, each with its lines, for posting.

use arrow_array::RecordBatch;

use crate::column::{ONE, Text};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::output::{numbers, texts};

const TABLE: &str = "documents";
const LINES: &str = "document lines";

/// A document as its table says it.
#[derive(Debug, Clone)]
pub struct Document {
    pub id: String,
    pub kind: String,
    pub contract: String,
    pub period: String,
    pub payer: String,
    pub payee: String,
    pub payer_account: String,
    pub currency: String,
    pub net: i128,
    pub lines: Vec<DocumentLine>,
}

/// What posting needs of a line.
#[derive(Debug, Clone)]
pub struct DocumentLine {
    pub item: String,
    pub version: i32,
    pub net: i128,
}

/// All documents of some tables, in order, with their lines in the order of theirs.
pub fn read(documents: &[RecordBatch], lines: &[RecordBatch]) -> Result<Vec<Document>> {
    let mut found = Vec::new();
    let mut ids = Keys::default();
    for batch in documents {
        read_documents(batch, &mut found, &mut ids)?;
    }
    for batch in lines {
        read_lines(batch, &mut found, &ids)?;
    }
    Ok(found)
}

fn read_documents(batch: &RecordBatch, found: &mut Vec<Document>, ids: &mut Keys) -> Result<()> {
    let column = |name: &str| texts(TABLE, batch, name);
    let (id, kind, contract, period) =
        (column("document_id")?, column("kind")?, column("contract")?, column("period")?);
    let (payer, payee) = (column("payer")?, column("payee")?);
    let (payer_account, currency) = (column("payer_account")?, column("currency")?);
    let nets = numbers(TABLE, batch, "net")?;
    for (row, net) in nets.into_iter().enumerate() {
        let get = |text: &Text| text.get(row).map(str::to_owned).ok_or_else(|| absent(TABLE));
        let document = Document {
            id: get(&id)?,
            kind: get(&kind)?,
            contract: get(&contract)?,
            period: get(&period)?,
            payer: get(&payer)?,
            payee: get(&payee)?,
            payer_account: get(&payer_account)?,
            currency: get(&currency)?,
            net,
            lines: Vec::new(),
        };
        if ids.intern(&document.id) as usize != found.len() {
            return Err(Error::UsageSchema(format!("document {:?} is there twice", document.id)));
        }
        found.push(document);
    }
    Ok(())
}

fn read_lines(batch: &RecordBatch, found: &mut [Document], ids: &Keys) -> Result<()> {
    let (document, item) = (texts(LINES, batch, "document_id")?, texts(LINES, batch, "item")?);
    let (versions, nets) = (numbers(LINES, batch, "version")?, numbers(LINES, batch, "net")?);
    let places = document.codes(batch.num_rows(), |id| id.and_then(|id| ids.get(id)).unwrap_or(u32::MAX));
    for (row, ((place, version), net)) in places.into_iter().zip(versions).zip(nets).enumerate() {
        let item = item.get(row).ok_or_else(|| absent(LINES))?.to_owned();
        let document = found.get_mut(place as usize).ok_or_else(|| absent(LINES))?;
        let version = i32::try_from(version / ONE).unwrap_or_default();
        document.lines.push(DocumentLine { item, version, net });
    }
    Ok(())
}

fn absent(table: &str) -> Error {
    Error::UsageSchema(format!("{table}: a name is null, or a line belongs to no document"))
}
