//! Asking for memory before it is needed, so that a loop over scattered places does not wait for each.

/// Asks for an item of a slice, which is perhaps not there; only speed depends on it.
#[inline(always)]
#[allow(clippy::inline_always, reason = "one instruction")]
pub fn prefetch<T>(items: &[T], at: usize) {
    let first = items.as_ptr().wrapping_add(at).cast::<i8>();
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch has no effect but on the cache, whatever the address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(first);
        // One that is no longer than it is aligned lies in one line.
        if size_of::<T>() > 32 && size_of::<T>() > align_of::<T>() {
            _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(size_of::<T>() - 1));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = first;
}
