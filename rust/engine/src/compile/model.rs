//! Charge models, compiled: their numbers become values to look up or to read.

use super::number::Values;
use super::{Compiler, Version};
use crate::catalog;
use crate::charge::{Block, Dynamic, Flat, Graduated, Model, Package, Percentage, Step, Tier, Unit};

impl Compiler<'_> {
    pub(super) fn version(&mut self, path: &str, terms: &catalog::Model, rounds: bool) -> Version {
        let mut values = Values::default();
        let mut column = None;
        let model = match terms {
            catalog::Model::Flat(terms) => Model::Flat(Flat { fee: values.add(self.number(path, &terms.fee)) }),
            catalog::Model::Unit(terms) => Model::Unit(self.unit(path, terms, &mut values)),
            catalog::Model::Graduated(terms) => Model::Graduated(self.graduated(path, terms, rounds, &mut values)),
            catalog::Model::Package(terms) => Model::Package(Package {
                size: self.decimal(path, &terms.size),
                price: values.add(self.number(path, &terms.price)),
                free: self.decimal(path, &terms.free),
            }),
            catalog::Model::Percentage(terms) => Model::Percentage(self.percentage(path, terms, &mut values)),
            catalog::Model::Dynamic(terms) => {
                column = Some(self.attributes.intern(&terms.column) as usize);
                Model::Dynamic(Dynamic {
                    times_quantity: terms.times_quantity,
                    factor: values.add(self.number(path, &terms.factor)),
                })
            }
        };
        let charge_at_zero = matches!(terms, catalog::Model::Graduated(terms) if terms.charge_at_zero);
        Version { model, values, column, charge_at_zero }
    }

    pub(super) fn unit(&mut self, path: &str, terms: &catalog::Unit, values: &mut Values) -> Unit {
        let connect_fee = values.add(self.number(path, &terms.connect_fee));
        let mut start = 0;
        let mut steps = Vec::new();
        for step in &terms.steps {
            let up_to = step.up_to.as_ref().map(|text| self.decimal(path, text));
            steps.push(Step {
                start,
                up_to,
                price: values.add(self.number(path, &step.price)),
                per: self.decimal(path, &step.per),
                block: self.block(path, &step.minimum, step.increment.as_deref()),
            });
            start = up_to.unwrap_or(start);
        }
        Unit { connect_fee, connect_at_zero: terms.connect_at_zero, steps }
    }

    fn block(&mut self, path: &str, minimum: &str, increment: Option<&str>) -> Block {
        Block { minimum: self.decimal(path, minimum), increment: increment.map(|text| self.decimal(path, text)) }
    }

    fn graduated(&mut self, path: &str, terms: &catalog::Graduated, rounds: bool, values: &mut Values) -> Graduated {
        let connect_fee = values.add(self.number(path, &terms.connect_fee));
        let mut start = 0;
        let mut tiers = Vec::new();
        for tier in &terms.tiers {
            let up_to = tier.up_to.as_ref().map(|text| self.decimal(path, text));
            let (price, flat) = (self.number(path, &tier.price), self.number(path, &tier.flat));
            tiers.push(Tier { start, up_to, price: values.add(price), flat: values.add(flat) });
            start = up_to.unwrap_or(start);
        }
        Graduated {
            tiers,
            per: self.decimal(path, &terms.per),
            connect_fee,
            connect_at_zero: terms.connect_at_zero,
            block: self.block(path, &terms.minimum, terms.increment.as_deref()),
            rounds,
        }
    }

    fn percentage(&mut self, path: &str, terms: &catalog::Percentage, values: &mut Values) -> Percentage {
        let mut bound = |compiler: &mut Self, number: &Option<catalog::Number>| {
            number.as_ref().map(|number| values.add(compiler.number(path, number)))
        };
        let (min, max) = (bound(self, &terms.min), bound(self, &terms.max));
        Percentage {
            rate: values.add(self.number(path, &terms.rate)),
            fixed: values.add(self.number(path, &terms.fixed)),
            min,
            max,
            free_records: i128::from(terms.free_records) * crate::column::ONE,
            free_amount: self.decimal(path, &terms.free_amount),
        }
    }
}
