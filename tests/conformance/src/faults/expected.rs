//! The expected result of a call that fails.

use core::fmt;

use libc::{EAGAIN, EINTR, EINVAL};
use wakefd::Mechanism;

/// What comes of a call that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Success, as is documented.
    Success,
    /// It was made, on this mechanism.
    On(Mechanism),
    /// An error with this errno, and all is as it was.
    Error,
    /// An error with ENOTSUP, and all is as it was.
    Unsupported,
    /// An error, and what the counter held is gone.
    Lost,
    /// An error, and the object is of no use until `reinit_after_fork` succeeds.
    Dead,
    /// An error, and the new descriptor is in its place without close-on-exec.
    Unflagged,
    /// It ends: with success, where the call is not made at all because the libc can
    /// do without, else with an error.
    Ends,
    /// Nobody is woken: who looks next finds out.
    Unwoken,
    /// What a drop could not put back or give back stays as it is.
    Left,
    /// So many descriptors could not be closed.
    Leaks(u8),
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Effect::Success => "ok",
            Effect::On(mechanism) => mechanism.as_str(),
            Effect::Error => "error",
            Effect::Unsupported => "unsupported",
            Effect::Lost => "lost",
            Effect::Dead => "dead",
            Effect::Unflagged => "unflagged",
            Effect::Unwoken => "unwoken",
            Effect::Left => "left",
            Effect::Ends => "ends",
            Effect::Leaks(count) => return write!(f, "leaks {count}"),
        })
    }
}

/// The effects of a row, by errno.
#[derive(Clone, Copy)]
pub struct Expected {
    effect: Effect,
    untried: &'static [i32],
    except: &'static [i32],
    /// What the exceptions come to.
    instead: Effect,
}

impl Expected {
    /// Whatever the errno, it is an error.
    pub const ERROR: Expected = Expected::always(Effect::Error);

    /// For `poll` in a wait. EINTR leads to `poll` again, for as long as it comes: what gives
    /// it for ever is not to be tried (`tests/interrupted.rs` gives it some times). EINVAL is
    /// what Linux says under a limit of no descriptors, and leads to `select`.
    pub const WAIT: Expected = Expected::ERROR
        .untried(&[EINTR])
        .but(&[EINVAL], Effect::Success);

    /// EAGAIN is what a full descriptor gives, which is as readable as it can be, and
    /// an empty one, which has nothing to give.
    pub const OR_FULL_OR_EMPTY: Expected = Expected::ERROR.but(&[EAGAIN], Effect::Success);

    /// Always the same.
    #[must_use]
    pub const fn always(effect: Effect) -> Self {
        Expected {
            effect,
            untried: &[],
            except: &[],
            instead: effect,
        }
    }

    /// These errnos have this effect instead.
    #[must_use]
    pub const fn but(self, errnos: &'static [i32], effect: Effect) -> Self {
        Expected {
            except: errnos,
            instead: effect,
            ..self
        }
    }

    /// These errnos are not to be tried.
    #[must_use]
    pub const fn untried(self, errnos: &'static [i32]) -> Self {
        Expected {
            untried: errnos,
            ..self
        }
    }

    /// These errnos lead to the next mechanism of the fallback chain.
    pub(super) const fn falls_back(errnos: &'static [i32], next: Mechanism) -> Self {
        Expected::ERROR.but(errnos, Effect::On(next))
    }

    pub(super) fn of(&self, errno: i32) -> Option<Effect> {
        if self.untried.contains(&errno) {
            return None;
        }
        Some(match self.except.contains(&errno) {
            true => self.instead,
            false => self.effect,
        })
    }
}
