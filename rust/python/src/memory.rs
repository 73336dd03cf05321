//! The allocator of the extension, and how long it keeps what was freed.

use libmimalloc_sys::{mi_option_set, mi_option_t};

/// Columns come and go by the megabyte; an allocator that keeps their pages saves the faults on fresh ones.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 2 and 3.
const PURGE_DELAY: mi_option_t = 15;

/// Milliseconds for which freed pages are kept: results are freed between one call and the next, and a batch job makes
/// the next soon.
const KEPT: std::ffi::c_long = 3_000;

/// Keeps freed pages for a while.
pub(crate) fn keep_pages() {
    // SAFETY: options may be set at any time, from any thread; this one is a number.
    unsafe { mi_option_set(PURGE_DELAY, KEPT) };
}
