//! One plan as one subscription holds it: what conditions and look-ups of its fees can ask.

use crate::charge::{Count, Input, Target};
use crate::clock::{Cycles, TimeZone};
use crate::compile::{Charge, Compiled, Scratch, Version};
use crate::condition::{Attributes, Source};
use crate::engine::Engine;
use crate::reject::Code;
use crate::subscriber::{Holding, NONE, Subscribers};

/// One plan as one subscription holds it.
#[derive(Clone, Copy)]
pub struct Holder<'a> {
    pub compiled: &'a Compiled,
    pub subscribers: &'a Subscribers,
    pub subscription: u32,
    pub account: u32,
    pub plan: u32,
    pub clock: &'a TimeZone,
    pub clock_code: u32,
    pub cycles: &'a Cycles,
    pub holdings: &'a [Holding],
    pub billed_until: i64,
}

impl Attributes for Holder<'_> {
    fn text(&self, source: Source) -> Option<&str> {
        let (subscribers, account) = (self.subscribers, self.account);
        match source {
            Source::Plan => self.compiled.plan_names.name(self.plan),
            Source::Account => subscribers.accounts.names.name(account),
            Source::Subscription => subscribers.subscriptions.names.name(self.subscription),
            Source::Territory => {
                let territory = subscribers.accounts.territory.get(account as usize).copied().unwrap_or(NONE);
                subscribers.territories.name(territory)
            }
            Source::Currency => self.compiled.plans.get(self.plan as usize).map(|plan| plan.currency.as_str()),
            Source::Service | Source::Zone | Source::Band | Source::Attribute(_) => None,
        }
    }
}

impl<'a> Holder<'a> {
    /// A plan of a subscription with these holdings.
    pub fn new(engine: &'a Engine, subscription: u32, plan: u32, holdings: &'a [Holding]) -> Option<Self> {
        let (compiled, subscribers) = (engine.compiled.as_ref(), engine.subscribers.as_ref());
        let account = *subscribers.subscriptions.account.get(subscription as usize)?;
        let cycles = subscribers.cycles.get(*subscribers.accounts.cycle.get(account as usize)? as usize)?;
        let clock_code = *subscribers.accounts.clock.get(account as usize)?;
        let clock = compiled.clocks.get(clock_code as usize)?;
        let billed_until = *subscribers.subscriptions.billed_until.get(subscription as usize)?;
        Some(Self {
            compiled,
            subscribers,
            subscription,
            account,
            plan,
            clock,
            clock_code,
            cycles,
            holdings,
            billed_until,
        })
    }

    /// Days of the cycle of a month.
    pub fn days(&self, month: i32) -> i32 {
        let (start, end) = self.cycles.range(month);
        self.clock.day(end) - self.clock.day(start)
    }

    /// A charge's fee for a whole period.
    pub fn fee(&self, charge: &Charge, version: usize, target: Target) -> std::result::Result<i128, Code> {
        let version = charge.versions.get(version).ok_or(Code::NoPrice)?;
        let input = Input::of(crate::column::ONE);
        self.values(version, |values| Ok(version.model.price(values, &input, &mut Count::default(), target)?.amount))
    }

    /// A charge version's numbers, looked up by what is known of a subscription.
    pub fn values<T>(
        &self,
        version: &Version,
        then: impl FnOnce(&[i128]) -> std::result::Result<T, Code>,
    ) -> std::result::Result<T, Code> {
        let mut scratch = Scratch::default();
        then(version.values.resolve(&self.compiled.tables, self, &mut scratch).ok_or(Code::NoPrice)?)
    }
}
