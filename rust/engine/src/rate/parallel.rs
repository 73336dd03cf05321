//! Work on several items by all threads, and on few by the one at hand: a service that rates a single record should not
//! wait for another thread to wake up.

use rayon::prelude::*;

/// Rows from which other threads are worth waking.
pub const FEW: usize = 2_048;

/// What becomes of each item, in order; `few` items stay on this thread. Each is much work: one that is left is taken by
/// whichever thread has none.
pub fn map<I, T, R>(items: I, few: bool, work: impl Fn(T) -> R + Sync + Send) -> Vec<R>
where
    I: IntoIterator<Item = T> + IntoParallelIterator<Item = T, Iter: IndexedParallelIterator>,
    T: Send,
    R: Send,
{
    if few { items.into_iter().map(work).collect() } else { items.into_par_iter().with_max_len(1).map(work).collect() }
}

/// Three works at once, or one after the other where that is `few`.
pub fn at_once<A: Send, B: Send, C: Send>(
    few: bool,
    one: impl FnOnce() -> A + Send,
    two: impl FnOnce() -> B + Send,
    three: impl FnOnce() -> C + Send,
) -> (A, B, C) {
    if few {
        return (one(), two(), three());
    }
    let (one, (two, three)) = rayon::join(one, || rayon::join(two, three));
    (one, two, three)
}

/// Sorts items by a key that no two of them share.
pub fn sort_by_key<T: Send, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K + Sync) {
    if items.len() < FEW { items.sort_unstable_by_key(key) } else { items.par_sort_unstable_by_key(key) }
}
