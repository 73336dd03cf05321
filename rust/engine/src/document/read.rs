//! Documents read back from their tables, each with its lines, for posting.

use arrow_array::{BooleanArray, RecordBatch};

use crate::column::{ONE, Text};
use crate::error::{Error, Result};
use crate::keys::Keys;
use crate::output::{flags, numbers, texts};

const TABLE: &str = "documents";
const LINES: &str = "document lines";

/// A document as its tables tell it.
#[derive(Debug, Clone)]
pub struct Document<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub contract: &'a str,
    pub period: &'a str,
    pub payer: &'a str,
    pub payee: &'a str,
    pub payer_account: &'a str,
    pub currency: &'a str,
    /// Raw, a whole number of minor units.
    pub net: i128,
    pub lines: Vec<DocumentLine<'a>>,
}

/// A line of a document.
#[derive(Debug, Clone, Copy)]
pub struct DocumentLine<'a> {
    pub item: &'a str,
    pub version: i32,
    /// Raw, a whole number of minor units.
    pub net: i128,
    /// Whether the document's payee pays it.
    pub reversed: bool,
}

/// Columns of documents and of their lines, batch by batch: what documents are read from, and hold on to.
#[derive(Debug)]
pub struct Columns {
    heads: Vec<Heads>,
    lines: Vec<Lines>,
}

#[derive(Debug)]
struct Heads {
    /// `document_id`, kind, contract, period, payer, payee, `payer_account`, currency.
    texts: [Text; 8],
    nets: Vec<i128>,
}

#[derive(Debug)]
struct Lines {
    rows: usize,
    document: Text,
    item: Text,
    versions: Vec<i128>,
    nets: Vec<i128>,
    reversed: BooleanArray,
}

impl Columns {
    /// Reads the tables.
    pub fn read(documents: &[RecordBatch], lines: &[RecordBatch]) -> Result<Self> {
        let heads = documents.iter().map(Heads::read).collect::<Result<_>>()?;
        Ok(Self { heads, lines: lines.iter().map(Lines::read).collect::<Result<_>>()? })
    }

    /// The documents in their order, with their lines in theirs.
    pub fn documents(&self) -> Result<Vec<Document<'_>>> {
        let mut found = Vec::with_capacity(self.heads.iter().map(|heads| heads.nets.len()).sum());
        let mut ids = Keys::default();
        for heads in &self.heads {
            for row in 0..heads.nets.len() {
                let document = heads.document(row)?;
                if ids.intern(document.id) as usize != found.len() {
                    return Err(Error::UsageSchema(format!("document {:?} is there twice", document.id)));
                }
                found.push(document);
            }
        }
        for lines in &self.lines {
            lines.add_to(&mut found, &ids)?;
        }
        Ok(found)
    }
}

impl Heads {
    fn read(batch: &RecordBatch) -> Result<Self> {
        let column = |name: &str| texts(TABLE, batch, name);
        let texts = [
            column("document_id")?,
            column("kind")?,
            column("contract")?,
            column("period")?,
            column("payer")?,
            column("payee")?,
            column("payer_account")?,
            column("currency")?,
        ];
        Ok(Self { texts, nets: numbers(TABLE, batch, "net")? })
    }

    fn document(&self, row: usize) -> Result<Document<'_>> {
        let [id, kind, contract, period, payer, payee, payer_account, currency] = &self.texts;
        let get = |text: &'_ Text| -> Result<()> { text.get(row).map(|_| ()).ok_or_else(|| absent(TABLE)) };
        self.texts.iter().try_for_each(get)?;
        Ok(Document {
            id: id.get(row).unwrap_or_default(),
            kind: kind.get(row).unwrap_or_default(),
            contract: contract.get(row).unwrap_or_default(),
            period: period.get(row).unwrap_or_default(),
            payer: payer.get(row).unwrap_or_default(),
            payee: payee.get(row).unwrap_or_default(),
            payer_account: payer_account.get(row).unwrap_or_default(),
            currency: currency.get(row).unwrap_or_default(),
            net: self.nets[row],
            lines: Vec::new(),
        })
    }
}

impl Lines {
    fn read(batch: &RecordBatch) -> Result<Self> {
        Ok(Self {
            rows: batch.num_rows(),
            document: texts(LINES, batch, "document_id")?,
            item: texts(LINES, batch, "item")?,
            versions: numbers(LINES, batch, "version")?,
            nets: numbers(LINES, batch, "net")?,
            reversed: flags(LINES, batch, "reversed")?,
        })
    }

    fn add_to<'a>(&'a self, found: &mut [Document<'a>], ids: &Keys) -> Result<()> {
        let places = self.document.codes(self.rows, |id| id.and_then(|id| ids.get(id)).unwrap_or(u32::MAX));
        for (row, ((place, version), &net)) in places.into_iter().zip(&self.versions).zip(&self.nets).enumerate() {
            let item = self.item.get(row).ok_or_else(|| absent(LINES))?;
            let document = found.get_mut(place as usize).ok_or_else(|| absent(LINES))?;
            let version = i32::try_from(version / ONE).unwrap_or_default();
            document.lines.push(DocumentLine { item, version, net, reversed: self.reversed.value(row) });
        }
        Ok(())
    }
}

fn absent(table: &str) -> Error {
    Error::UsageSchema(format!("{table}: a name is null, or a line belongs to no document"))
}
