//! Long work that whoever called for it may stop: now and then the engine asks, on the thread that called.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// Whether to stop.
pub type Ask = fn() -> bool;

/// How long work goes on until the caller is asked again: an answer may have to wait for other threads.
const OFTEN: Duration = Duration::from_millis(50);
/// Rows that are read in less time than that.
const ROWS: usize = 1 << 14;

thread_local! {
    /// Whom to ask, and when that was done last.
    static CALLER: Cell<Option<(Ask, Instant)>> = const { Cell::new(None) };
}

/// Does work during which the caller is asked whether to go on.
pub fn asking<T>(ask: Ask, work: impl FnOnce() -> T) -> T {
    /// Puts back whom to ask before, even if the work panics.
    struct Before(Option<(Ask, Instant)>);
    impl Drop for Before {
        fn drop(&mut self) {
            CALLER.set(self.0);
        }
    }
    let _before = Before(CALLER.replace(Some((ask, Instant::now()))));
    work()
}

/// Ends work with `Error::Interrupted` if the caller says so.
pub(crate) fn check() -> Result<()> {
    if let Some((ask, last)) = CALLER.get()
        && last.elapsed() >= OFTEN
    {
        if ask() {
            return Err(Error::Interrupted);
        }
        CALLER.set(Some((ask, Instant::now())));
    }
    Ok(())
}

/// Ends a loop over rows in the same way.
#[inline]
pub(crate) fn check_at(row: usize) -> Result<()> {
    if row.is_multiple_of(ROWS) { check() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_asked_now_and_then_while_their_work_goes_on() {
        assert!(check().is_ok());
        let long = || {
            std::thread::sleep(OFTEN);
            check()
        };
        assert!(asking(|| true, check).is_ok(), "short work is not asked for");
        assert!(matches!(asking(|| true, long), Err(Error::Interrupted)));
        assert!(asking(|| false, long).is_ok());
        assert!(matches!(asking(|| true, || asking(|| false, long).and_then(|()| long())), Err(Error::Interrupted)));
        assert!(long().is_ok(), "nobody asks after the end");
    }
}
