//! One row with what is known of it.

use super::Rows;
use crate::compile::Compiled;
use crate::condition::{Attributes, Source};
use crate::subscriber::{Held, NONE, Subscribers};

/// What conditions, look-ups and roles read.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub compiled: &'a Compiled,
    pub subscribers: &'a Subscribers,
    pub rows: &'a Rows,
    pub row: usize,
    pub held: Held,
    /// The plan that rates: the one held, or a flow's cost plan.
    pub plan: u32,
    /// The month that names the cycle of its time.
    pub month: i32,
    pub zone: u32,
    pub band: u32,
}

impl Record<'_> {
    /// The charges of its plan that rate it, one a component, appended to `chosen`.
    #[inline]
    pub fn choose(&self, service: u32, chosen: &mut Vec<u32>) {
        let compiled = self.compiled;
        let in_force = |charge: u32| {
            compiled.charges[charge as usize].version_at(self.rows.time.values[self.row], self.held.clock).is_some()
        };
        let guide = &compiled.plans[self.plan as usize].guide;
        guide.choose(service, self.zone.min(compiled.zones.len() as u32 + 1), self.band, self, in_force, chosen);
    }

    /// The same record in another band.
    #[inline]
    pub fn in_band(mut self, band: u32) -> Self {
        self.band = band;
        self
    }
}

impl Attributes for Record<'_> {
    fn text(&self, source: Source) -> Option<&str> {
        let subscribers = self.subscribers;
        match source {
            Source::Service => self.rows.service.get(self.row),
            Source::Zone => self.compiled.zones.name(self.zone),
            Source::Band => self.compiled.bands.name(self.band),
            Source::Plan => self.compiled.plan_names.name(self.plan),
            Source::Account => subscribers.accounts.names.name(self.held.account),
            Source::Subscription => subscribers.subscriptions.names.name(self.held.subscription),
            Source::Territory => self.rows.territory.get(self.row).or_else(|| {
                let territory = subscribers.accounts.territory[self.held.account as usize];
                if territory == NONE { None } else { subscribers.territories.name(territory) }
            }),
            Source::Currency => Some(self.compiled.plans[self.plan as usize].currency.as_str()),
            Source::Attribute(attribute) => self.rows.attributes[attribute].get(self.row),
        }
    }
}
