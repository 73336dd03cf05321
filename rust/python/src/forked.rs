//! Threads of a forked process: those of its parent are not there, and to wait for them would never end.

use std::process;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// The process that has the threads which all share by default: the one that loaded us.
static LOADED_BY: OnceLock<u32> = OnceLock::new();

/// The threads of a forked process, with its number: it may fork too.
static OWN: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// Remembers the process that loads us.
pub(crate) fn remember() {
    LOADED_BY.get_or_init(process::id);
}

/// The threads to work with in a forked process; none where those that all share are there, or if it gets no threads.
pub(crate) fn pool() -> Option<Arc<ThreadPool>> {
    let process = process::id();
    if LOADED_BY.get() == Some(&process) {
        return None;
    }
    let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
    if own.as_ref().is_none_or(|(of, _)| *of != process) {
        let pool = Arc::new(ThreadPoolBuilder::new().build().ok()?);
        // Those of the parent are left as they are: there is nobody to end them.
        std::mem::forget(own.replace((process, pool)));
    }
    own.as_ref().map(|(_, pool)| pool.clone())
}
