//! Names that were added to others, in pieces that copies share.

use std::sync::Arc;

use crate::few::Few;
use crate::trie::{Trie, hash_of};

/// Names that came after those of a base.
#[derive(Debug, Clone, Default)]
pub struct Added {
    /// By hash of a name: the codes of all with that hash.
    codes: Trie<u64, Few<u32>>,
    pieces: Vec<Arc<Vec<Arc<str>>>>,
    pub len: usize,
}

/// Names in a piece.
const PIECE: usize = 256;

impl Added {
    /// A name by its place among these.
    pub fn name(&self, at: usize) -> Option<&str> {
        self.pieces.get(at / PIECE)?.get(at % PIECE).map(|name| &**name)
    }

    /// The code of a name, where codes count from `first`.
    pub fn code(&self, name: &str, first: usize) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let own = |code: u32| self.name((code as usize).checked_sub(first)?);
        self.codes.get(&hash_of(name))?.iter().copied().find(|&code| own(code) == Some(name))
    }

    /// One more name, with its code.
    pub fn push(&mut self, name: &str, code: u32) {
        let hash = hash_of(name);
        let others = self.codes.get(&hash).map(|codes| codes.to_vec()).unwrap_or_default();
        self.codes.insert(hash, [others, vec![code]].concat().as_slice().into());
        if self.len.is_multiple_of(PIECE) {
            self.pieces.push(Arc::default());
        }
        if let Some(last) = self.pieces.last_mut() {
            Arc::make_mut(last).push(name.into());
        }
        self.len += 1;
    }

    /// All of them, in order.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().flat_map(|piece| piece.iter().map(|name| &**name))
    }
}
