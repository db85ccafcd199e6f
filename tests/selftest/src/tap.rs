//! The report, in the Test Anything Protocol: `ok`/`not ok` lines, then the
//! plan. A reader that finds no plan knows that the run was cut short.

use core::fmt::Display;
use libc::c_int;

pub struct Tap {
    count: u32,
    failed: u32,
}

impl Tap {
    pub fn new() -> Tap {
        Tap {
            count: 0,
            failed: 0,
        }
    }

    pub fn pass(&mut self, name: impl Display) {
        self.count += 1;
        line!("ok {} - {}", self.count, name);
    }

    /// Not run, and why: counted apart by the reader.
    pub fn skip(&mut self, name: impl Display, why: impl Display) {
        self.count += 1;
        line!("ok {} - {} # SKIP {}", self.count, name, why);
    }

    pub fn fail(&mut self, name: impl Display, why: impl Display) {
        self.count += 1;
        self.failed += 1;
        line!("not ok {} - {}", self.count, name);
        comment!("{}", why);
    }

    /// Prints the plan and returns the exit status: a run of no case fails too.
    pub fn finish(self) -> c_int {
        line!("1..{}", self.count);
        c_int::from(self.failed != 0 || self.count == 0)
    }
}
