//! Lines of a lane that are shared alike, for they have one mark. They are split by column, and what they come to is
//! added at once, but for what belongs to single accounts or subscriptions.

use super::sums::ShareKey;
use crate::rate::lane::Lane;
use crate::split::{Part, Who};
use crate::subscriber::{NONE, Subscribers};

/// The shared lines among some of a lane, by mark: their places, in order of arrival.
pub fn alike(lane: &Lane, mine: &[u16]) -> Vec<Vec<u16>> {
    let mut all = vec![Vec::new(); lane.marks.len()];
    if lane.sets.len() > 1 {
        for &place in mine {
            all[lane.mark[usize::from(place)] as usize].push(place);
        }
    }
    all.retain(|places: &Vec<u16>| places.first().is_some_and(|&first| !lane.sharing(usize::from(first)).is_empty()));
    all
}

/// What the shares of a part have in common where each account or subscription has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stem {
    /// Without payer, payee, accounts and subscription, as far as they differ.
    key: ShareKey,
    pays: bool,
    is_paid: bool,
    by_subscription: bool,
}

impl Stem {
    /// What the shares of a part have in common with one of them; none if that is everything.
    pub fn of(part: &Part, share: ShareKey) -> Option<Self> {
        let (pays, is_paid) = (part.payer == Who::AccountOwner, part.payee == Who::AccountOwner);
        let by_subscription = share.8 != NONE;
        let mut key = share;
        if pays {
            (key.4, key.6) = (NONE, NONE);
        }
        if is_paid {
            (key.5, key.7) = (NONE, NONE);
        }
        key.8 = NONE;
        (pays || is_paid || by_subscription).then_some(Self { key, pays, is_paid, by_subscription })
    }

    /// What a line of the lane has by itself: its account and, where that matters, its subscription.
    #[inline]
    pub fn own(&self, lane: &Lane, at: usize) -> (u32, u32) {
        (lane.account[at], if self.by_subscription { lane.subscription[at] } else { NONE })
    }

    /// Who has a sum of its own: the account, or where they differ by it the subscription.
    #[inline]
    pub fn owner(&self, lane: &Lane, at: usize) -> u32 {
        if self.by_subscription { lane.subscription[at] } else { lane.account[at] }
    }

    /// What the share of an account and subscription is added to.
    pub fn share(&self, subscribers: &Subscribers, (account, subscription): (u32, u32)) -> ShareKey {
        let mut key = self.key;
        let owner = subscribers.accounts.owner[account as usize];
        if self.pays {
            (key.4, key.6) = (owner, account);
        }
        if self.is_paid {
            (key.5, key.7) = (owner, account);
        }
        key.8 = subscription;
        key
    }
}
