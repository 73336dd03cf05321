//! What can be rated in lanes: charges in whole units, whose lines are shared in fixed parts if at all.

use super::{Agreement, Charge, Counted, Plan};
use crate::catalog::Kind;
use crate::charge::Whole;
use crate::condition::Source;
use crate::split::{Parts, Safe};

/// A version of a charge, as lanes rate it.
#[derive(Debug)]
pub struct LaneCharge {
    pub charge: u32,
    pub version: u32,
    pub plan: u32,
    pub whole: Whole,
    pub counted: Option<Counted>,
    /// The agreements that share its lines, as far as plan and charge tell.
    pub agreements: Vec<u32>,
    /// Whether services alone tell which of them do.
    pub by_service: bool,
}

/// All of them.
#[derive(Debug)]
pub struct Lanes {
    pub charges: Vec<LaneCharge>,
    /// By charge: its first version among them, or `NO_LANE`.
    first: Vec<u32>,
    /// Whether all charges that count may be rated in them.
    pub take_all_that_counts: bool,
    /// By agreement and version.
    parts: Vec<Vec<Option<Parts>>>,
}

/// Of a charge that is rated record by record.
pub const NO_LANE: u32 = u32::MAX;

impl Lanes {
    pub(super) fn new(plans: &[Plan], charges: &[Charge], agreements: &[Agreement]) -> Self {
        let versions = |agreement: &Agreement| {
            agreement.versions.iter().map(|version| Parts::new(agreement, version)).collect::<Vec<_>>()
        };
        let parts: Vec<_> = agreements.iter().map(versions).collect();
        let first = Vec::with_capacity(charges.len());
        let mut lanes = Self { charges: Vec::new(), first, take_all_that_counts: true, parts };
        for (place, charge) in charges.iter().enumerate() {
            let found = lanes.versions(place, charge, plans, agreements);
            let counts = charge.kind == Kind::Usage && charge.counted.is_some();
            lanes.take_all_that_counts &= found.is_some() || !counts;
            lanes.first.push(if found.is_some() { lanes.charges.len() as u32 } else { NO_LANE });
            lanes.charges.extend(found.into_iter().flatten());
        }
        lanes
    }

    fn versions(
        &self,
        place: usize,
        charge: &Charge,
        plans: &[Plan],
        agreements: &[Agreement],
    ) -> Option<Vec<LaneCharge>> {
        let plan = &plans[charge.plan as usize];
        // Who sells, if not the plan's party, is the subscription's to say, and may be unknown.
        if charge.kind != Kind::Usage || charge.across_split || plan.seller.is_none() {
            return None;
        }
        let shared = |agreement: &&(usize, &Agreement)| agreement.1.shares_charge[place];
        let numbered: Vec<_> = agreements.iter().enumerate().collect();
        let sharing: Vec<_> = numbered.iter().filter(shared).collect();
        let in_parts = |(place, agreement): &&(usize, &Agreement)| {
            let fits = agreement.currency.as_ref().is_none_or(|currency| *currency == plan.currency);
            fits && self.parts[*place].iter().all(Option::is_some)
        };
        if !sharing.iter().all(in_parts) {
            return None;
        }
        let by_service = |agreement: &Agreement| {
            let tests = &agreement.condition.tests;
            tests.iter().all(|(source, _)| *source == Source::Service) && agreement.versions.len() == 1
        };
        let by_service = sharing.iter().all(|(_, agreement)| by_service(agreement));
        let lane = |(number, version): (usize, &super::Version)| {
            let plain = version.values.lookups.is_empty() && version.column.is_none();
            let whole = Whole::new(&version.model, &version.values.literals, charge.target).filter(|_| plain)?;
            Some(LaneCharge {
                charge: place as u32,
                version: number as u32,
                plan: charge.plan,
                whole,
                counted: charge.counted,
                agreements: sharing.iter().map(|(place, _)| *place as u32).collect(),
                by_service,
            })
        };
        charge.versions.iter().enumerate().map(lane).collect()
    }

    /// A version of a charge among them, or `NO_LANE`.
    #[inline]
    pub fn of(&self, charge: u32, version: usize) -> u32 {
        match self.first[charge as usize] {
            NO_LANE => NO_LANE,
            first => first + version as u32,
        }
    }

    /// Amounts that are sure to be split without a fault under these agreements.
    #[inline]
    pub fn safe(&self, agreements: &[(u32, u32)]) -> Safe {
        let each = agreements.iter().map(|&agreement| self.parts(agreement).map_or(Safe::NONE, Parts::safe));
        each.fold(Safe::ALL, Safe::and)
    }

    /// The parts of an agreement that a lane's charge is shared under.
    #[inline]
    pub fn parts(&self, (agreement, version): (u32, u32)) -> Option<&Parts> {
        self.parts[agreement as usize][version as usize].as_ref()
    }
}
