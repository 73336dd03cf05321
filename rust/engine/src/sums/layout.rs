//! The tables of sums.

use std::sync::LazyLock;

use arrow_schema::SchemaRef;

use crate::schema::{LINE_SUMS, SHARE_SUMS};

/// A table of sums: its schema, and the names of its `N` text columns.
#[derive(Debug)]
pub struct Layout<const N: usize> {
    pub(super) name: &'static str,
    pub(super) schema: &'static LazyLock<SchemaRef>,
    pub(super) texts: [&'static str; N],
    /// What sums are in order of: the places of all texts, and `N` for the version.
    pub(super) order: &'static [usize],
}

/// Sums of rated lines.
pub const LINES: Layout<10> = Layout {
    name: "line sums",
    schema: &LINE_SUMS,
    texts: ["period", "account", "seller", "subscription", "item", "plan", "zone", "band", "tax_category", "currency"],
    order: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, line::VERSION],
};

/// The same in the order of bills and of their lines.
pub const BILLED: Layout<10> = Layout {
    order: &[
        line::ACCOUNT,
        line::SELLER,
        line::CURRENCY,
        line::SUBSCRIPTION,
        line::ITEM,
        line::VERSION,
        line::ZONE,
        line::BAND,
        line::TAX_CATEGORY,
        line::PERIOD,
        line::PLAN,
    ],
    ..LINES
};

/// Places among the texts of a line sum.
pub mod line {
    pub const PERIOD: usize = 0;
    pub const ACCOUNT: usize = 1;
    pub const SELLER: usize = 2;
    pub const SUBSCRIPTION: usize = 3;
    pub const ITEM: usize = 4;
    pub const PLAN: usize = 5;
    pub const ZONE: usize = 6;
    pub const BAND: usize = 7;
    pub const TAX_CATEGORY: usize = 8;
    pub const CURRENCY: usize = 9;
    pub(super) const VERSION: usize = 10;
}

/// Sums of shares.
pub const SHARES: Layout<9> = Layout {
    name: "share sums",
    schema: &SHARE_SUMS,
    texts: [
        "period",
        "agreement",
        "flow",
        "payer",
        "payee",
        "payer_account",
        "payee_account",
        "subscription",
        "currency",
    ],
    order: &[0, 1, 2, 3, 4, 5, 6, 7, 8, share::VERSION],
};

/// Places among the texts of a share sum.
pub mod share {
    pub const PERIOD: usize = 0;
    pub const AGREEMENT: usize = 1;
    pub const FLOW: usize = 2;
    pub const PAYER: usize = 3;
    pub const PAYEE: usize = 4;
    pub const PAYER_ACCOUNT: usize = 5;
    pub const PAYEE_ACCOUNT: usize = 6;
    pub const SUBSCRIPTION: usize = 7;
    pub const CURRENCY: usize = 8;
    pub(super) const VERSION: usize = 9;
}
