//! Runs the conformance suite: every case, on every rung and on the automatic
//! choice, on this kernel and under the profiles of others.
//!
//! It has a `main` of its own, as each run forks, and because a run that has to
//! be skipped is counted as such. Arguments that are not options are filters,
//! as for any test.

mod suite;

use wakefd_conformance::{runs, Run, Way};

fn main() {
    let runs = runs().map(|run| suite::Test {
        name: run.to_string(),
        run: Box::new(move || run.execute()),
        may_be_absent: may_be_absent(&run),
    });
    suite::main(runs);
}

/// Why this run may find no notifier. Every kernel that std runs on has all
/// rungs, so anything else is a failure.
fn may_be_absent(run: &Run) -> Option<&'static str> {
    use wakefd::Rung::EventFd;
    const YOUNG: bool = cfg!(any(
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "loongarch64",
    ));
    if cfg!(not(all(feature = "eventfd", feature = "pipe"))) {
        Some("not in this build")
    } else if YOUNG && run.way == Way::At(EventFd) {
        Some("this architecture never had the call")
    } else {
        None
    }
}
