//! Agreements whose flows are fixed parts of a line: what most partners agree on, split without asking anything of the
//! record but who its account's owner is.

use crate::charge::{Divisor, Target, in_range, product, rounded};
use crate::column::ONE;
use crate::compile::{Agreement, AgreementVersion, Basis, Flow, Number, Role};
use crate::split::safe::Safe;

/// Who pays or is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Party(u32),
    AccountOwner,
    /// Of the plan that rates the line.
    Seller,
}

/// What a flow makes of its base.
#[derive(Debug, Clone)]
pub(super) enum Share {
    /// All of it.
    Whole,
    Percent(Percent),
    /// What the named parts leave.
    Remainder(Vec<usize>),
}

/// A rate as a fraction in lowest terms.
#[derive(Debug, Clone)]
pub(super) struct Percent {
    pub(super) rate: i128,
    pub(super) numerator: i64,
    /// The fraction's denominator times the target's unit.
    pub(super) divisor: Divisor,
    pub(super) unit: i64,
    pub(super) target: Target,
}

/// One flow of the parts.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its place among the flows of its agreement.
    pub flow: u32,
    /// Places among the parts; none: the line itself.
    pub(super) of: Vec<usize>,
    pub(super) minus: Vec<usize>,
    pub(super) share: Share,
    pub payer: Who,
    pub payee: Who,
    /// Whether it makes a share: somebody pays it, or a flow of the period needs it.
    pub is_shared: bool,
    pub is_paid: bool,
}

/// The parts of a line, flow by flow.
#[derive(Debug, Clone)]
pub struct Parts {
    pub parts: Vec<Part>,
    /// Places of those that are paid, in the order in which their flows are written.
    pub paid: Vec<usize>,
    pub(super) may_exceed: bool,
    /// Where no rounding can make the parts more than the whole, and no part has too many digits.
    safe: Safe,
    /// Up to this amount all parts are computed in 64 bits.
    pub narrow_to: i64,
    /// The most decimals of amounts of which no part is rounded.
    pub(super) exact_to: Option<u32>,
}

impl Parts {
    /// The parts of an agreement's version; none if its flows ask for more.
    pub fn new(agreement: &Agreement, version: &AgreementVersion) -> Option<Self> {
        if !version.territory.is_empty() {
            return None;
        }
        let mut places = vec![usize::MAX; version.flows.len()];
        let mut parts: Vec<Part> = Vec::new();
        for (flow, terms) in version.flows.iter().enumerate().filter(|(_, terms)| !terms.at_close) {
            parts.push(Part::new(flow as u32, terms, &places)?);
            places[flow] = parts.len() - 1;
        }
        let has_remainder = parts.iter().any(|part| matches!(part.share, Share::Remainder(_)));
        let mut own = Self::of(parts, has_remainder && !agreement.allow_over_shared);
        own.paid.sort_by_key(|&place| version.flows[own.parts[place].flow as usize].written);
        Some(own)
    }

    pub(super) fn of(parts: Vec<Part>, may_exceed: bool) -> Self {
        let safe = Safe::of(&parts, may_exceed);
        let (narrow_to, exact_to) = (Self::narrow_to(&parts), Self::exact_to(&parts));
        let paid = (0..parts.len()).filter(|&place| parts[place].is_paid).collect();
        Self { parts, paid, may_exceed, safe, narrow_to, exact_to }
    }

    /// Amounts that are sure to be split without a fault.
    pub fn safe(&self) -> Safe {
        self.safe
    }

    /// Each part of an amount that is not negative, in order; none if one has too many digits or the parts exceed it.
    #[inline]
    pub fn split(&self, amount: i128, into: &mut Vec<i128>) -> Option<()> {
        into.clear();
        let is_small = self.safe.reaches(amount);
        for part in &self.parts {
            let base = part.base(amount, into)?;
            let share = match &part.share {
                Share::Whole => base,
                Share::Percent(percent) => percent.of(base)?,
                Share::Remainder(named) => {
                    let mut rest = base;
                    for &place in named {
                        rest = rest.checked_sub(into[place])?;
                    }
                    let over = rest != 0 && (rest < 0) != (base < 0);
                    if over && self.may_exceed {
                        return None;
                    }
                    rest
                }
            };
            into.push(if is_small { share } else { in_range(share).ok()? });
        }
        Some(())
    }
}

impl Part {
    fn new(flow: u32, terms: &Flow, places: &[usize]) -> Option<Self> {
        let always = terms.from == i64::MIN && terms.until == i64::MAX && terms.condition.tests.is_empty();
        let known = |flows: &[usize]| flows.iter().map(|&flow| places.get(flow).copied()).collect::<Option<Vec<_>>>();
        let share = match &terms.basis {
            Basis::Sale => Share::Whole,
            Basis::Whole => Percent::share(ONE, terms.target)?,
            Basis::Percent { rate: Number::Literal(rate), complement } => {
                Percent::share(if *complement { ONE - rate } else { *rate }, terms.target)?
            }
            Basis::Remainder(named) => Share::Remainder(known(named)?),
            _ => return None,
        };
        always.then_some(Self {
            flow,
            of: known(&terms.of)?,
            minus: known(&terms.minus)?,
            share,
            payer: who(terms.payer)?,
            payee: who(terms.payee)?,
            is_shared: terms.is_paid() || terms.is_measured,
            is_paid: terms.is_paid(),
        })
    }

    #[inline]
    fn base(&self, amount: i128, parts: &[i128]) -> Option<i128> {
        if self.of.is_empty() {
            return Some(amount);
        }
        let sum = |places: &[usize]| places.iter().try_fold(0_i128, |sum, &place| sum.checked_add(parts[place]));
        if self.minus.is_empty() { sum(&self.of) } else { sum(&self.of)?.checked_sub(sum(&self.minus)?) }
    }
}

impl Percent {
    pub(super) fn share(rate: i128, target: Target) -> Option<Share> {
        if rate == ONE && target == Target::STORED {
            return Some(Share::Whole);
        }
        if rate < 0 {
            return None;
        }
        let common = divisor_of(rate, ONE);
        let (numerator, unit) = (i64::try_from(rate / common).ok()?, i64::try_from(target.unit).ok()?);
        let divisor = Divisor::new(i64::try_from(ONE / common * target.unit).ok()?, target.mode)?;
        Some(Share::Percent(Self { rate, numerator, divisor, unit, target }))
    }

    /// The rate times a base, rounded once.
    #[inline]
    pub(super) fn of(&self, base: i128) -> Option<i128> {
        let narrow = i64::try_from(base).ok().filter(|base| *base >= 0);
        if let Some(product) = narrow.and_then(|base| base.checked_mul(self.numerator)) {
            return Some(i128::from(self.divisor.rounded(product)) * i128::from(self.unit));
        }
        match base.checked_mul(self.rate) {
            Some(product) => rounded(product, ONE, self.target).ok(),
            None => product(base, self.rate, self.target).ok(),
        }
    }
}

/// A part that is paid, for tests.
#[cfg(test)]
pub(super) fn part(of: &[usize], minus: &[usize], share: Share) -> Part {
    let (payer, payee) = (Who::Party(0), Who::Party(1));
    Part { flow: 0, of: of.to_vec(), minus: minus.to_vec(), share, payer, payee, is_shared: true, is_paid: true }
}

fn who(role: Role) -> Option<Who> {
    match role {
        Role::Party(party) => Some(Who::Party(party)),
        Role::AccountOwner => Some(Who::AccountOwner),
        Role::Seller => Some(Who::Seller),
        _ => None,
    }
}

/// The greatest common divisor, 1 if both are 0.
pub(super) fn divisor_of(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

/// Whether a part is on the whole line, and on nothing else.
pub(super) fn is_whole_line(parts: &[Part], part: &Part) -> bool {
    let whole = |base: &Part| matches!(base.share, Share::Whole) && is_whole_line(parts, base);
    part.minus.is_empty() && (part.of.is_empty() || matches!(part.of.as_slice(), [base] if whole(&parts[*base])))
}

#[cfg(test)]
mod tests {
    use partita_money::Rounding;

    use super::*;

    #[test]
    fn rates_in_lowest_terms() {
        for (rate, base, expected) in [
            (ONE * 3 / 10, 1_000_000_000_005, 300_000_000_002),
            (ONE * 8 / 100, 20_763_017_640_600, 1_661_041_411_248),
            (333_333_333_333, 3 * ONE, 999_999_999_999),
            (ONE / 2, 10_i128.pow(30) + 1, 5 * 10_i128.pow(29)),
            (ONE / 2, 10_i128.pow(30) + 3, 5 * 10_i128.pow(29) + 2),
        ] {
            let Some(Share::Percent(percent)) = Percent::share(rate, Target::STORED) else { panic!("a percentage") };
            assert_eq!(percent.of(base), Some(expected), "{rate} of {base}");
        }
        let cents = Target::new(2, Rounding::HalfUp);
        let Some(Share::Percent(percent)) = Percent::share(ONE / 8, cents) else { panic!("a percentage") };
        assert_eq!(percent.of(ONE), Some(ONE * 13 / 100));
    }
}
