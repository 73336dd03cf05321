//! One value mostly, sometimes several: the plans of a subscription, its keys, the subscriptions of a key.

use std::ops::Deref;
use std::sync::Arc;

/// A slice, of which a copy allocates nothing and a single value lies in its place.
#[derive(Debug, Clone)]
pub enum Few<T> {
    One(T),
    Several(Arc<[T]>),
}

impl<T: Copy> From<&[T]> for Few<T> {
    fn from(values: &[T]) -> Self {
        match values {
            [one] => Self::One(*one),
            several => Self::Several(several.into()),
        }
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}
