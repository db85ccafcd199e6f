//! Rounds of every contestant in turn.
//!
//! Not criterion: it measures one benchmark to its end before it begins the next,
//! so that a disturbance that lasts a second falls on one contestant alone. Here
//! each has a short round (A B C A B C ...), a ratio is taken within a turn, where
//! both have met the same machine, and the median of these ratios counts.

use std::time::Duration;

use crate::cases::{Case, Run};

/// How long it goes on.
pub(crate) struct Settings {
    pub(crate) rounds: usize,
    /// How long one round is to last.
    pub(crate) round: Duration,
    /// Or how many messages it has.
    pub(crate) messages: u64,
    /// How often a point of a curve is measured.
    pub(crate) repeats: usize,
    /// Whether peers' calls and instructions are counted too.
    pub(crate) all_counts: bool,
}

impl Settings {
    pub(crate) const FULL: Settings = Settings {
        rounds: 61,
        round: Duration::from_millis(10),
        messages: 200_000,
        repeats: 5,
        all_counts: true,
    };
    pub(crate) const QUICK: Settings = Settings {
        rounds: 11,
        round: Duration::from_millis(2),
        messages: 50_000,
        repeats: 1,
        all_counts: false,
    };

    /// Whether a contestant's calls and instructions are counted.
    pub(crate) fn counts(&self, who: &str) -> bool {
        self.all_counts || who.starts_with("wakefd")
    }
}

/// A case and what it gave.
pub(crate) struct Measured {
    pub(crate) case: Case,
    /// For each contestant, the nanoseconds that an operation took in each turn.
    rounds: Vec<Vec<f64>>,
}

pub(crate) fn measure(case: Case, settings: &Settings) -> Measured {
    let operations: Vec<u64> = case
        .contestants
        .iter()
        .map(|&(_, run)| {
            // Warms up too.
            let fitting = operations(run, settings.round);
            if case.messages {
                settings.messages
            } else {
                fitting
            }
        })
        .collect();
    let mut rounds = vec![vec![f64::NAN; settings.rounds]; case.contestants.len()];
    for turn in 0..settings.rounds {
        for place in 0..case.contestants.len() {
            // Everybody comes first at some time.
            let who = (turn + place) % case.contestants.len();
            let (_, run) = case.contestants[who];
            rounds[who][turn] = nanoseconds(run, operations[who]);
        }
    }
    Measured { case, rounds }
}

fn nanoseconds(run: Run, operations: u64) -> f64 {
    run(operations).as_secs_f64() * 1e9 / operations as f64
}

/// How many operations last about as long as `round`.
fn operations(run: Run, round: Duration) -> u64 {
    let mut operations = 16;
    loop {
        let took = run(operations);
        if took * 4 >= round {
            let fits = operations as f64 * round.as_secs_f64() / took.as_secs_f64();
            return (fits as u64).max(1);
        }
        operations *= 4;
    }
}

impl Measured {
    fn rounds(&self, who: &str) -> Option<&[f64]> {
        let names = &self.case.contestants;
        let place = names.iter().position(|&(name, _)| name == who)?;
        Some(&self.rounds[place])
    }

    /// The median of the nanoseconds.
    pub(crate) fn value(&self, who: &str) -> Option<f64> {
        Some(quantile(self.rounds(who)?.to_vec(), 0.5))
    }

    /// The quartiles of the nanoseconds: half of the rounds lie between.
    pub(crate) fn spread(&self, who: &str) -> Option<(f64, f64)> {
        let rounds = self.rounds(who)?;
        Some((
            quantile(rounds.to_vec(), 0.25),
            quantile(rounds.to_vec(), 0.75),
        ))
    }

    /// How many times as long as `other` one takes: the median over the turns.
    pub(crate) fn ratio(&self, who: &str, other: &str) -> Option<f64> {
        let pairs = self.rounds(who)?.iter().zip(self.rounds(other)?);
        Some(quantile(pairs.map(|(one, two)| one / two).collect(), 0.5))
    }

    /// The contestants, the fastest first.
    pub(crate) fn ranking(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .case
            .contestants
            .iter()
            .map(|&(name, _)| name)
            .collect();
        names.sort_by(|one, two| self.value(one).partial_cmp(&self.value(two)).unwrap());
        names
    }
}

fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * part).round() as usize]
}
