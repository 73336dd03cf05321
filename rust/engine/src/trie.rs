//! A map of which a changed copy costs as much as has changed, and not as much as it holds.
//!
//! An engine never changes, yet a service moves on to a new one whenever its subscribers change. Old and new share the
//! nodes of these maps: a change copies the leaf that it falls in and the few branches above it. Hashes choose leaves
//! and nothing else: no result depends on them.

use std::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::sync::Arc;

use crate::folded::Folded;

/// Children of a branch.
const WIDTH: usize = 16;
const BITS: u32 = 4;
/// Entries of a leaf until it becomes a branch. Entries are copied faster than pointers to further nodes, whose counts
/// lie all over memory.
const FULL: usize = 32;
/// Entries that a copied leaf has room for.
const ROOM: usize = 4;
/// Entries whose hashes are alike this far stay in one leaf.
const DEEPEST: u32 = u64::BITS - BITS;

/// A map that is cheap to copy.
#[derive(Debug, Clone)]
pub struct Trie<K, V>(Option<Arc<Node<K, V>>>);

#[derive(Debug, Clone)]
enum Node<K, V> {
    Leaf(Vec<(K, V)>),
    /// By the next bits of the hash.
    Branch(Vec<Option<Arc<Self>>>),
}

impl<K, V> Default for Trie<K, V> {
    fn default() -> Self {
        Self(None)
    }
}

/// A hash that is the same everywhere.
pub fn hash_of(key: &(impl Hash + ?Sized)) -> u64 {
    BuildHasherDefault::<Folded>::default().hash_one(key)
}

fn child_of(hash: u64, shift: u32) -> usize {
    (hash >> shift) as usize % WIDTH
}

impl<K: Hash + Eq, V> Trie<K, V> {
    /// What a key leads to.
    pub fn get(&self, key: &K) -> Option<&V> {
        let mut node = self.0.as_ref()?;
        let hash = hash_of(key);
        let mut shift = 0;
        loop {
            match &**node {
                Node::Leaf(entries) => {
                    return entries.iter().find(|(own, _)| own == key).map(|(_, value)| value);
                }
                Node::Branch(children) => node = children.get(child_of(hash, shift))?.as_ref()?,
            }
            shift += BITS;
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Trie<K, V> {
    /// Lets a key lead to a value; copies that share this map do not see it.
    pub fn insert(&mut self, key: K, value: V) {
        let hash = hash_of(&key);
        Node::insert(&mut self.0, (hash, 0), key, value);
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Node<K, V> {
    fn insert(place: &mut Option<Arc<Self>>, (hash, shift): (u64, u32), key: K, value: V) {
        let node = place.get_or_insert_with(|| Arc::new(Self::Leaf(Vec::new())));
        if let (Self::Leaf(entries), true) = (&**node, Arc::strong_count(node) > 1) {
            // A copy with room for what comes, which a plain one would have to move for.
            let mut copy = Vec::with_capacity(entries.len() + ROOM);
            copy.extend_from_slice(entries);
            *node = Arc::new(Self::Leaf(copy));
        }
        let node = Arc::make_mut(node);
        match node {
            Self::Branch(children) => {
                if let Some(child) = children.get_mut(child_of(hash, shift)) {
                    Self::insert(child, (hash, shift + BITS), key, value);
                }
            }
            Self::Leaf(entries) => {
                if let Some((_, own)) = entries.iter_mut().find(|(own, _)| *own == key) {
                    *own = value;
                    return;
                }
                entries.push((key, value));
                if entries.len() > FULL && shift < DEEPEST {
                    let entries = std::mem::take(entries);
                    *node = Self::Branch(vec![None; WIDTH]);
                    for (key, value) in entries {
                        Self::insert(place, (hash_of(&key), shift), key, value);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_go_their_own_ways() {
        let mut copies = vec![Trie::<u32, u32>::default()];
        for step in 0..20_u32 {
            let mut next = copies[step as usize].clone();
            for key in (step..20_000).step_by(20) {
                next.insert(key, step);
                next.insert(key / 2, step + 100);
            }
            copies.push(next);
        }
        let mut expected = std::collections::BTreeMap::new();
        for (step, copy) in (0_u32..).zip(&copies) {
            assert!((0..20_000).all(|key| copy.get(&key) == expected.get(&key)));
            for key in (step..20_000).step_by(20) {
                expected.insert(key, step);
                expected.insert(key / 2, step + 100);
            }
        }
    }
}
