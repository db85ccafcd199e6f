//! What must come of a call that fails.

use core::fmt;

use libc::{EAGAIN, EINTR};
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
    except: &'static [i32],
    /// What these come to; `None` if they are not to be tried.
    instead: Option<Effect>,
}

impl Expected {
    /// Whatever the errno, it is an error.
    pub const ERROR: Expected = Expected::always(Effect::Error);

    /// EINTR leads to `poll` again, for as long as it comes: what gives it for ever is
    /// not to be tried. `tests/interrupted.rs` gives it some times.
    pub const ERROR_BUT_EINTR: Expected = Expected::ERROR.untried(&[EINTR]);

    /// EAGAIN is what a full descriptor gives, which is as readable as it can be, and
    /// an empty one, which has nothing to give.
    pub const OR_FULL_OR_EMPTY: Expected = Expected::ERROR.but(&[EAGAIN], Effect::Success);

    /// Always the same.
    #[must_use]
    pub const fn always(effect: Effect) -> Self {
        Expected {
            effect,
            except: &[],
            instead: None,
        }
    }

    /// These errnos have this effect instead.
    #[must_use]
    pub const fn but(self, errnos: &'static [i32], effect: Effect) -> Self {
        Expected {
            except: errnos,
            instead: Some(effect),
            ..self
        }
    }

    /// These errnos are not to be tried.
    pub(super) const fn untried(self, errnos: &'static [i32]) -> Self {
        Expected {
            except: errnos,
            instead: None,
            ..self
        }
    }

    /// These errnos lead to the next mechanism of the fallback chain.
    pub(super) const fn falls_back(errnos: &'static [i32], next: Mechanism) -> Self {
        Expected::ERROR.but(errnos, Effect::On(next))
    }

    pub(super) fn of(&self, errno: i32) -> Option<Effect> {
        match self.except.contains(&errno) {
            true => self.instead,
            false => Some(self.effect),
        }
    }
}
