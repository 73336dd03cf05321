//! post: documents to balanced entries in both parties' books, to positions, and to notices.
//!
//! The payer's book has an expense and a payable, the payee's a receivable and a revenue. Receivables and payables are
//! posted by document, expenses and revenues by line, each in the direction in which it is owed: a line of a consolidated
//! statement that runs the other way is the other party's expense. With `net` recognition the payer's revenue is
//! lessened instead of an expense being made.

mod components;
mod entries;
mod legs;
mod notices;
mod positions;
#[cfg(test)]
mod tests;

use arrow_array::RecordBatch;
use rayon::prelude::*;

use crate::document::{Columns, Document};
use crate::engine::Engine;
use crate::error::Result;
use entries::Entries;

/// Documents whose entries are made together; each lot is a batch of its own.
const LOT: usize = 4_096;

/// What documents come to in the books.
#[derive(Debug, Clone)]
pub struct Posted {
    /// At least one batch.
    pub entries: Vec<RecordBatch>,
    pub positions: RecordBatch,
    pub notices: RecordBatch,
}

impl Engine {
    /// The entries of bills and statements, in their order; the positions of their parties, and what should be noticed.
    ///
    /// Debits equal credits for each document, book and currency, and the net positions of a currency sum to 0: anything
    /// else is an internal error.
    pub fn post(&self, documents: &[RecordBatch], lines: &[RecordBatch]) -> Result<Posted> {
        Ok(Posted { entries: self.entries(documents, lines)?, ..self.positions(documents)? })
    }

    /// The entries of some documents, without positions, which are those of all documents together.
    pub fn entries(&self, documents: &[RecordBatch], lines: &[RecordBatch]) -> Result<Vec<RecordBatch>> {
        let columns = Columns::read(documents, lines)?;
        let documents = columns.documents()?;
        let lots = documents.par_chunks(LOT).map(|lot| self.entries_of(lot)).collect::<Result<Vec<_>>>()?;
        Ok(if lots.is_empty() { vec![self.entries_of(&[])?] } else { lots })
    }

    /// The positions of the parties of documents, without entries: for a whole period, when entries were made in parts.
    pub fn positions(&self, documents: &[RecordBatch]) -> Result<Posted> {
        let columns = Columns::read(documents, &[])?;
        let documents = columns.documents()?;
        Ok(Posted {
            entries: vec![self.entries_of(&[])?],
            positions: positions::positions(&documents)?,
            notices: notices::notices(&self.compiled, &documents)?,
        })
    }

    fn entries_of(&self, documents: &[Document]) -> Result<RecordBatch> {
        let mut entries = Entries::with_room_for(documents);
        documents.iter().try_for_each(|document| self.post_document(document, &mut entries))?;
        entries.finish()
    }
}
