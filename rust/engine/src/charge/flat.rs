//! `flat`: a fee per record, or per period. Does not read the quantity.

use super::{NULL, Priced, Slot, Target};
use crate::reject::Code;

/// A fee.
#[derive(Debug, Clone)]
pub struct Flat {
    pub fee: Slot,
}

impl Flat {
    #[inline]
    pub(super) fn price(&self, values: &[i128], target: Target) -> Result<Priced, Code> {
        Ok(Priced { amount: target.of_raw(values[self.fee])?, billed: NULL })
    }
}
