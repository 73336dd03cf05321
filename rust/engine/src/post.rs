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

use crate::document;
use crate::engine::Engine;
use crate::error::Result;
use entries::Entries;

/// What documents come to in the books.
#[derive(Debug, Clone)]
pub struct Posted {
    pub entries: RecordBatch,
    pub positions: RecordBatch,
    pub notices: RecordBatch,
}

impl Engine {
    /// The entries of bills and statements, in their order; the positions of their parties, and what should be noticed.
    ///
    /// Debits equal credits for each document, book and currency, and the net positions of a currency sum to 0: anything
    /// else is an internal error.
    pub fn post(&self, documents: &[RecordBatch], lines: &[RecordBatch]) -> Result<Posted> {
        let documents = document::read(documents, lines)?;
        let mut entries = Entries::default();
        for document in &documents {
            self.post_document(document, &mut entries)?;
        }
        Ok(Posted {
            entries: entries.finish()?,
            positions: positions::positions(&documents)?,
            notices: notices::notices(&self.compiled, &documents)?,
        })
    }

    /// The positions of the parties of documents, without entries: for a whole period, when entries were made in parts.
    pub fn positions(&self, documents: &[RecordBatch]) -> Result<Posted> {
        let documents = document::read(documents, &[])?;
        Ok(Posted {
            entries: Entries::default().finish()?,
            positions: positions::positions(&documents)?,
            notices: notices::notices(&self.compiled, &documents)?,
        })
    }
}
