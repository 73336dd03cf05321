//! `package`: started packages beyond what is free, each at a price.

use super::block::ceiling;
use super::exact::{in_range, times};
use super::{Count, Input, Priced, Slot, Target};
use crate::reject::Code;

/// ceil((q − free) / size) × price, never below 0, over what its scope counts.
#[derive(Debug, Clone)]
pub struct Package {
    pub size: i128,
    pub price: Slot,
    pub free: i128,
}

impl Package {
    pub(super) fn price(
        &self,
        values: &[i128],
        input: &Input,
        count: &mut Count,
        target: Target,
    ) -> Result<Priced, Code> {
        let before = count.quantity;
        let after = before.checked_add(input.quantity).ok_or(Code::Overflow)?;
        let packages = self.packages(after) - self.packages(before);
        let amount = times(values[self.price], packages, target)?;
        count.quantity = in_range(after)?;
        Ok(Priced { amount, billed: input.quantity })
    }

    fn packages(&self, units: i128) -> i128 {
        match units - self.free {
            beyond if beyond > 0 => ceiling(beyond, self.size),
            _ => 0,
        }
    }
}
