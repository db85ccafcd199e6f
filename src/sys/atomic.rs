//! The atomics under the name by which the modules of this crate import them, so that the
//! models in `tests/loom/` can substitute others.

pub(crate) use core::sync::atomic::*;

/// A fence between a read-modify-write and a load of `SeqCst` order, in the models alone:
/// loom takes that order for acquire and release.
#[inline]
pub(crate) fn fence_of_models() {}
