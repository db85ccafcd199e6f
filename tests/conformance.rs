//! Runs the conformance suite: every case, on every mechanism and on the automatic
//! choice, on this kernel and under the profiles of others.
//!
//! It has a `main` of its own, as each run forks, and because a run that has to
//! be skipped is counted as such. Arguments that are not options are filters,
//! as for any test.

mod suite;

fn main() {
    suite::main(wakefd_conformance::runs().map(suite::Test::from));
}
