//! Which flows wait for the close of the period, and what of the records they have to know.

use crate::compile::{Basis, Flow};

/// The earlier flows that a flow is computed from.
pub fn needs(flow: &Flow) -> impl Iterator<Item = usize> + '_ {
    let named: &[usize] = match &flow.basis {
        Basis::Remainder(flows) | Basis::GreaterOf { flows, .. } => flows,
        _ => &[],
    };
    flow.of.iter().chain(&flow.minus).chain(named).copied()
}

/// Which flows are computed when the period closes: by their basis, or because a flow that they need is.
pub fn at_close(flows: &[Flow]) -> Vec<bool> {
    let mut waits: Vec<bool> = Vec::with_capacity(flows.len());
    for flow in flows {
        let waiting = flow.basis.at_close() || needs(flow).any(|need| waits.get(need) == Some(&true));
        waits.push(waiting);
    }
    waits
}

/// Which flows nobody pays: those that say so, and those that a `greater_of` chooses from.
pub fn measured(flows: &[Flow]) -> Vec<bool> {
    let mut measured: Vec<bool> = flows.iter().map(|flow| !flow.payable).collect();
    for flow in flows {
        if let Basis::GreaterOf { flows, .. } = &flow.basis {
            flows.iter().for_each(|&chosen| mark(&mut measured, chosen));
        }
    }
    measured
}

/// What share sums must hold beyond the flows that are paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reads {
    /// Flows of the records, the sale among them, whose sums a flow of the period is computed from.
    pub flows: Vec<bool>,
    /// Those of them whose sums must name the subscription.
    pub by_subscription: Vec<bool>,
}

/// What the flows of the period read of those of the records.
pub fn reads(flows: &[Flow]) -> Reads {
    let waits = at_close(flows);
    let mut reads = Reads { flows: vec![false; flows.len()], by_subscription: vec![false; flows.len()] };
    for (flow, _) in flows.iter().zip(&waits).filter(|(_, waits)| **waits) {
        needs(flow).filter(|&need| waits.get(need) == Some(&false)).for_each(|need| mark(&mut reads.flows, need));
        if let Basis::GreaterOf { flows, per_subscription: true, .. } = &flow.basis {
            flows.iter().for_each(|&need| mark(&mut reads.by_subscription, need));
        }
    }
    reads
}

fn mark(flags: &mut [bool], place: usize) {
    if let Some(flag) = flags.get_mut(place) {
        *flag = true;
    }
}
