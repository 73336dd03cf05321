//! Which rows of a lane are a partition's.

/// Places in a lane, in their order.
#[derive(Debug, Clone, Copy)]
pub enum Mine<'a> {
    /// The first so many: of a lane, all or none.
    First(usize),
    At(&'a [u16]),
}

impl Mine<'_> {
    /// How many there are.
    #[inline]
    pub const fn len(self) -> usize {
        match self {
            Self::First(len) => len,
            Self::At(places) => places.len(),
        }
    }

    /// One of them.
    #[inline]
    pub fn at(self, ordinal: usize) -> usize {
        match self {
            Self::First(_) => ordinal,
            Self::At(places) => places[ordinal].into(),
        }
    }
}
