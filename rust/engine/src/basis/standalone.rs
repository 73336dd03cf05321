//! `standalone`: a bundle's revenue by the stand-alone selling prices of its components (models.md A.8).

use partita_money::{Dec, allocate};

use crate::document::Unit;
use crate::error::Result;

/// A raw amount of whole units by component, in the order of their prices, by largest remainder.
pub fn by_component(revenue: i128, prices: &[i128], unit: Unit) -> Result<Vec<i128>> {
    let prices = prices.iter().map(|&price| Dec::from_raw(price)).collect::<Result<Vec<_>, _>>()?;
    let parts = allocate(Dec::from_raw(revenue)?, &prices, unit.decimals)?;
    Ok(parts.into_iter().map(Dec::raw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::raw;

    #[test]
    fn a_bundle_of_70_by_20_30_and_40() {
        let prices = ["20", "30", "40"].map(raw);
        let unit = Unit::new(2).unwrap();
        assert_eq!(by_component(raw("70"), &prices, unit).unwrap(), ["15.56", "23.33", "31.11"].map(raw));
        assert_eq!(by_component(raw("-70"), &prices, unit).unwrap(), ["-15.56", "-23.33", "-31.11"].map(raw));
    }
}
