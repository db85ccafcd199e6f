//! How the test tries a row of the table, and the checks that follow.

use core::cell::Cell;
use std::os::unix::io::RawFd;

use wakefd::Mechanism;
use wakefd_conformance::{isolated, Kind, Multiplexer, Open, Outcome};

use super::supervised::{failed, with_fault, Fault};

/// What an operation said: whether there was a wake-up or a message, or an errno.
pub(crate) type Said = Result<bool, i32>;

/// A kind of object.
pub(crate) trait Object: Sized + Send + 'static {
    /// As tests/api/api.txt has it.
    const NAME: &'static str;
    const MECHANISMS: &'static [Mechanism];
    /// Whether its operations allocate.
    const ALLOCATES: bool = false;

    fn new() -> Result<Self, i32>;
    fn at(mechanism: Mechanism) -> Result<Self, i32>;
    /// What the process needs before.
    fn begin(_: Mechanism) {}
    /// Makes it readable, or panics.
    fn trigger(&mut self);
    fn consume(&mut self) -> Said;
    fn fd(&self) -> RawFd;
    /// `reinit_after_fork`, where there is one.
    fn renew(&mut self) -> Said {
        Ok(false)
    }
    /// Takes all that is pending.
    fn settle(&mut self) {
        (0..10_000).any(|_| self.consume() == Ok(false));
    }
    /// Whether an error can be another one than that of the call, as libc makes a thread.
    fn libc_decides(_: Mechanism) -> bool {
        false
    }
}

fn is_readable(object: &impl Object) -> bool {
    Multiplexer::new(Kind::Poll, object.fd()).wait(0)
}

/// The next wake-up arrives, and the one after it.
fn works(object: &mut impl Object) {
    object.settle();
    for _ in 0..2 {
        assert_eq!(object.consume(), Ok(false));
        object.trigger();
        assert!(is_readable(object), "the next wake-up does not arrive");
        assert_eq!(
            object.consume(),
            Ok(true),
            "the next wake-up does not arrive"
        );
        assert_eq!(object.consume(), Ok(false));
        assert!(!is_readable(object), "readable for nothing");
    }
}

/// A row: what is done, and what it owes.
pub(crate) struct Row<S> {
    names: String,
    mechanisms: Cell<&'static [Mechanism]>,
    run: Run<S>,
    when: Cell<&'static str>,
    prepare: Cell<fn(&mut S)>,
    /// A wake-up that was there before, or that the operation has sent, is told or is there
    /// afterwards.
    keeps: Cell<bool>,
    /// An error may leave the object half made anew; to make it anew again mends that.
    renews: Cell<bool>,
    /// Makes no system call.
    quiet: Cell<bool>,
    /// It is of no use afterwards, but for this.
    ends: Cell<Option<fn(&mut S)>>,
}

enum Run<S> {
    Use(fn(&mut S) -> Said),
    Take(fn(S)),
    Make(fn(Mechanism) -> Result<S, i32>, Before),
}

#[derive(PartialEq)]
enum Before {
    /// The process has made none yet.
    First,
    /// It has.
    Again,
}

impl<S: Object> Row<S> {
    /// In this situation.
    pub(crate) fn when(&self, situation: &'static str, prepare: fn(&mut S)) -> &Self {
        self.when.set(situation);
        self.prepare.set(prepare);
        self
    }

    /// When a wake-up is pending, which may not get lost.
    pub(crate) fn pending(&self) -> &Self {
        self.when("one pending", S::trigger).keeps()
    }

    pub(crate) fn keeps(&self) -> &Self {
        self.keeps.set(true);
        self
    }

    pub(crate) fn renews(&self) -> &Self {
        self.when.set("one pending");
        self.prepare.set(S::trigger);
        self.renews.set(true);
        self
    }

    pub(crate) fn quiet(&self) -> &Self {
        self.quiet.set(true);
        self
    }

    pub(crate) fn only_on(&self, mechanisms: &'static [Mechanism]) -> &Self {
        self.mechanisms.set(mechanisms);
        self
    }

    pub(crate) fn ends(&self, then: fn(&mut S)) -> &Self {
        self.ends.set(Some(then));
        self
    }

    /// An error is that of the call. The first of its mechanism may also have found that it
    /// is not what it should be.
    fn check(&self, said: &Said, mechanism: Mechanism, fault: Fault) {
        if let Err(errno) = *said {
            let verifies = matches!(self.run, Run::Make(_, Before::First)) && errno == libc::ENOSYS;
            let is_known = errno == fault.errno || verifies || S::libc_decides(mechanism);
            assert!(failed().is_some() && is_known, "errno {errno}");
        }
    }

    fn use_it(&self, run: fn(&mut S) -> Said, mut object: S, mechanism: Mechanism, fault: Fault) {
        let said = with_fault(fault, || run(&mut object)).expect("a filter");
        self.check(&said, mechanism, fault);
        if let Some(end) = self.ends.get() {
            end(&mut object);
            return core::mem::forget(object);
        }
        if self.keeps.get() && said != Ok(true) {
            assert_eq!(object.consume(), Ok(true), "the wake-up of before is lost");
        }
        if self.renews.get() && said.is_err() {
            assert_eq!(object.renew(), Ok(false));
        }
        works(&mut object);
    }

    fn attempt(&self, mechanism: Mechanism, fault: Fault) -> Result<(), i32> {
        let before;
        S::begin(mechanism);
        match self.run {
            Run::Use(run) => {
                let mut object = S::at(mechanism)?;
                (self.prepare.get())(&mut object);
                before = Open::now();
                self.use_it(run, object, mechanism, fault);
            }
            Run::Take(take) => {
                let object = S::at(mechanism)?;
                before = Open::now();
                with_fault(fault, || take(object)).expect("a filter");
                S::at(mechanism).map(|mut object| works(&mut object))?;
            }
            Run::Make(make, ref first) => {
                if *first == Before::Again {
                    drop(make(mechanism)?);
                }
                before = Open::now();
                let made = with_fault(fault, || make(mechanism)).expect("a filter");
                match made {
                    Ok(mut object) => works(&mut object),
                    // This architecture has no such call.
                    Err(errno) if failed().is_none() => return Err(errno),
                    Err(errno) => self.check(&Err(errno), mechanism, fault),
                }
                make(mechanism).map(|mut object| works(&mut object))?;
            }
        }
        let since = Open::now().since(before).count();
        // The filter has one.
        let leaked = since - 1;
        let may_leak = usize::from(failed() == Some(libc::SYS_close))
            + usize::from(self.names.ends_with("into_raw_fd"));
        assert!(leaked <= may_leak, "{leaked} descriptors leaked");
        Ok(())
    }
}

/// A row, whatever its object is.
pub(crate) trait Tried {
    fn names(&self) -> &str;
    fn situation(&self) -> String;
    fn mechanisms(&self) -> &'static [Mechanism];
    /// Each call in each position, on this mechanism.
    fn try_all(&self, mechanism: Mechanism) -> Outcome;
}

/// What a run in a process of its own gives when there is no call in that position.
const OVER: Outcome = Outcome::Absent(127);
/// One errno of each kind: a sandbox refuses, the descriptor is broken, there is nothing, a
/// signal came, an argument is wrong. tests/faults.rs gives all errnos to each kind of call.
const KINDS: [i32; 5] = [
    libc::EPERM,
    libc::EIO,
    libc::EAGAIN,
    libc::EINTR,
    libc::EINVAL,
];
/// Positions in which all of them are tried. In later ones, those of loops, they take turns.
const ALL_KINDS: usize = 12;

impl<S: Object> Tried for Row<S> {
    fn names(&self) -> &str {
        &self.names
    }

    fn situation(&self) -> String {
        let first = match self.run {
            Run::Make(_, Before::First) => "the first",
            Run::Make(_, Before::Again) => "not the first",
            Run::Use(_) | Run::Take(_) => self.when.get(),
        };
        match (self.names.as_str(), first) {
            (names, "") => names.to_owned(),
            ("", situation) => situation.to_owned(),
            (names, situation) => format!("{names}, {situation}"),
        }
    }

    fn mechanisms(&self) -> &'static [Mechanism] {
        self.mechanisms.get()
    }

    fn try_all(&self, mechanism: Mechanism) -> Outcome {
        for position in 0.. {
            let turn = match position < ALL_KINDS {
                true => &KINDS[..],
                false => &KINDS[position % KINDS.len()..][..1],
            };
            for &errno in turn {
                let fault = Fault {
                    position,
                    errno,
                    allocates: S::ALLOCATES,
                };
                let outcome = isolated(|| match self.attempt(mechanism, fault) {
                    Err(errno) => Outcome::Absent(errno),
                    Ok(()) if failed().is_none() => OVER,
                    Ok(()) => Outcome::Passed,
                });
                match outcome {
                    Outcome::Passed => {}
                    OVER if self.quiet.get() == (position == 0) => return Outcome::Passed,
                    OVER if position == 0 => {
                        eprintln!("makes no system call, and does not say so");
                        return Outcome::Failed;
                    }
                    Outcome::Absent(_) if outcome != OVER => return outcome,
                    outcome => {
                        eprintln!("call {position}, errno {errno}");
                        return outcome;
                    }
                }
                if self.quiet.get() {
                    eprintln!("makes a system call, and says that it does not");
                    return Outcome::Failed;
                }
            }
        }
        Outcome::Failed
    }
}

/// All rows. They are made once and live as long as the program.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) rows: Vec<&'static dyn Tried>,
}

impl Table {
    fn add<S: Object>(
        &mut self,
        names: &str,
        mechanisms: &'static [Mechanism],
        run: Run<S>,
    ) -> &'static Row<S> {
        let row: &'static Row<S> = Box::leak(Box::new(Row {
            names: names.replace("N::", &format!("{}::", S::NAME)),
            mechanisms: Cell::new(mechanisms),
            run,
            when: Cell::new(""),
            prepare: Cell::new(|_| {}),
            keeps: Cell::new(false),
            renews: Cell::new(false),
            quiet: Cell::new(false),
            ends: Cell::new(None),
        }));
        self.rows.push(row);
        row
    }

    /// What is done with one. The names are those of tests/api/api.txt; `N` is the object's type.
    pub(crate) fn row<S: Object>(
        &mut self,
        names: &str,
        run: fn(&mut S) -> Said,
    ) -> &'static Row<S> {
        self.add(names, S::MECHANISMS, Run::Use(run))
    }

    /// What one is given away to.
    pub(crate) fn takes<S: Object>(&mut self, names: &str, take: fn(S)) -> &'static Row<S> {
        self.add(names, S::MECHANISMS, Run::Take(take))
    }

    /// Its end.
    pub(crate) fn drops<S: Object>(&mut self, what: &'static str) {
        self.takes::<S>("", drop).when.set(what);
    }

    pub(crate) fn constructor<S: Object>(
        &mut self,
        name: &str,
        mechanisms: &'static [Mechanism],
        make: fn(Mechanism) -> Result<S, i32>,
    ) {
        self.add(name, mechanisms, Run::Make(make, Before::First));
        self.add(name, mechanisms, Run::Make(make, Before::Again));
    }

    /// `new` and `at`.
    pub(crate) fn makes<S: Object>(&mut self) {
        self.constructor("N::new", &S::MECHANISMS[..1], |_| S::new());
        self.constructor("N::at", S::MECHANISMS, S::at);
    }
}
