//! The combinations of case, constructor and profile that run.

use core::fmt;

use crate::isolate::{isolated, Outcome};
use crate::profile::Available;
use crate::subject::Object;
use crate::sys::seccomp;
use crate::{Case, Constructor, Profile, CASES, PROFILES};

/// One case, with one constructor, under one profile.
#[derive(Clone, Copy)]
pub struct Run {
    /// What the kernel answers.
    pub profile: &'static Profile,
    /// How the objects are made.
    pub constructor: Constructor,
    /// What is tested.
    pub case: &'static Case,
}

/// Every run of the suite: see [`runs_of`].
pub fn runs() -> impl Iterator<Item = Run> {
    runs_of(CASES)
}

/// Every run of these cases: every mechanism of the case's object and the automatic
/// choice on the kernel as it is, then the automatic choice under every other
/// profile.
pub fn runs_of(cases: &'static [Case]) -> impl Iterator<Item = Run> {
    let native = Object::ALL.into_iter().flat_map(move |object| {
        let mechanisms = object.mechanisms().iter().copied();
        let constructors = mechanisms.map(Constructor::At).chain([Constructor::Auto]);
        constructors.flat_map(move |constructor| {
            let own = cases.iter().filter(move |case| case.object == object);
            own.map(move |case| (&Profile::NATIVE, constructor, case))
        })
    });
    let elsewhere = PROFILES.iter().flat_map(move |profile| {
        let own = cases.iter().filter(|case| profile.is_for(case.object));
        own.map(move |case| (profile, Constructor::Auto, case))
    });
    native
        .chain(elsewhere)
        .map(|(profile, constructor, case)| Run {
            profile,
            constructor,
            case,
        })
}

impl Run {
    /// Whether it is among those that stand for all where there is little time: each on the
    /// kernel as it is, and under every other profile an eighth of the cases, another one
    /// under each.
    #[must_use]
    pub fn is_in_sample(&self) -> bool {
        let case = CASES.iter().position(|case| core::ptr::eq(case, self.case));
        let profile = PROFILES
            .iter()
            .position(|profile| core::ptr::eq(profile, self.profile));
        match (case, profile) {
            (Some(case), Some(profile)) => case % 8 == profile % 8,
            _ => true,
        }
    }

    /// Runs it in a child process.
    #[must_use]
    pub fn execute(&self) -> Outcome {
        if let (false, Err(errno)) = (self.profile.is_native(), seccomp::available()) {
            return Outcome::Skipped(errno);
        }
        let object = self.case.object;
        let available = Available::to(object);
        isolated(|| {
            self.profile.enter();
            match (self.constructor, object.try_out(self.constructor)) {
                // For an old kernel it is no failure that it lacks the mechanism.
                (Constructor::At(_), Err(error)) => return Outcome::Absent(error.raw_os_error()),
                (Constructor::At(mechanism), Ok(made)) => assert_eq!(made, mechanism),
                (Constructor::Auto, made) => {
                    if let Err(errno) = self.profile.check(object, available, made) {
                        return Outcome::Absent(errno);
                    }
                }
            }
            (self.case.run)(self.constructor);
            Outcome::Passed
        })
    }
}

/// `profile/constructor/case`.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run {
            profile,
            constructor,
            case,
        } = self;
        write!(f, "{}/{constructor}/{}", profile.name, case.name)
    }
}
