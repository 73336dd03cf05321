//! Shares of lines, a column a vector.

/// Shares in order of their rows, and within a line of the flows as they are written; a column a vector.
#[derive(Debug, Default)]
pub struct Shares {
    /// The draft that was shared.
    pub line: Vec<u32>,
    pub agreement: Vec<u32>,
    pub version: Vec<u32>,
    pub flow: Vec<u32>,
    pub payer: Vec<u32>,
    pub payee: Vec<u32>,
    pub amount: Vec<i128>,
    /// Paid, rather than only measured for a flow of the period.
    pub paid: Vec<bool>,
    /// Paid to the owner of the account as such, and so into the account.
    pub to_owner: Vec<bool>,
}

impl Shares {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.line.len()
    }

    /// Adds the shares of other lines, whose numbers begin at `first`.
    pub fn append(&mut self, other: Self, first: u32) {
        self.line.extend(other.line.into_iter().map(|line| line + first));
        self.agreement.extend(other.agreement);
        self.version.extend(other.version);
        self.flow.extend(other.flow);
        self.payer.extend(other.payer);
        self.payee.extend(other.payee);
        self.amount.extend(other.amount);
        self.paid.extend(other.paid);
        self.to_owner.extend(other.to_owner);
    }

    /// Puts the shares from one on in another order.
    pub(super) fn arrange(&mut self, from: usize, order: impl Fn(u32) -> usize) {
        let mut places: Vec<usize> = (from..self.len()).collect();
        places.sort_by_key(|&place| order(self.flow[place]));
        arranged(&mut self.line, from, &places);
        arranged(&mut self.agreement, from, &places);
        arranged(&mut self.version, from, &places);
        arranged(&mut self.flow, from, &places);
        arranged(&mut self.payer, from, &places);
        arranged(&mut self.payee, from, &places);
        arranged(&mut self.amount, from, &places);
        arranged(&mut self.paid, from, &places);
        arranged(&mut self.to_owner, from, &places);
    }

    /// Takes back the shares from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.line.truncate(len);
        self.agreement.truncate(len);
        self.version.truncate(len);
        self.flow.truncate(len);
        self.payer.truncate(len);
        self.payee.truncate(len);
        self.amount.truncate(len);
        self.paid.truncate(len);
        self.to_owner.truncate(len);
    }
}

/// What stands in a column from one place on, by these places.
fn arranged<T: Copy>(column: &mut [T], from: usize, places: &[usize]) {
    let sorted: Vec<T> = places.iter().map(|&place| column[place]).collect();
    column[from..].copy_from_slice(&sorted);
}
