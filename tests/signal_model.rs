//! Runs a hundred thousand random operations on signals on each mechanism and compares them
//! with a model: the long form of the suite's case `signal_agrees_with_a_model`.
#![cfg(feature = "signal")]

use wakefd::Mechanism;
use wakefd_conformance::{signals_agree_with_a_model, Constructor, Outcome};

fn agrees(mechanism: Mechanism) {
    for seed in 2..12 {
        let outcome = signals_agree_with_a_model(Constructor::At(mechanism), 10_000, seed);
        println!("{mechanism}, seed {seed}: {outcome:?}");
        assert!(matches!(
            outcome,
            Outcome::Passed | Outcome::Absent(libc::ENOSYS)
        ));
    }
}

#[test]
fn a_hundred_thousand_random_operations() {
    Mechanism::FOR_SIGNALS.into_iter().for_each(agrees);
}
