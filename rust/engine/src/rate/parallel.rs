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

/// Some work, and beside it more, if there is any.
pub fn beside<A: Send, B: Send>(
    more: Option<impl FnOnce() -> A + Send>,
    work: impl FnOnce() -> B + Send,
) -> (Option<A>, B) {
    match more {
        Some(more) => {
            let (made, done) = rayon::join(more, work);
            (Some(made), done)
        }
        None => (None, work()),
    }
}

/// Sorts items by a key that no two of them share.
pub fn sort_by_key<T: Send, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K + Sync) {
    if items.len() < FEW { items.sort_unstable_by_key(key) } else { items.par_sort_unstable_by_key(key) }
}
