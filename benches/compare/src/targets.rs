//! What the project wants, and whether this run shows it.

use crate::cases::{
    BUSY, CHANNEL, CHANNEL_PIPE, CREATE, FOUR_PRODUCERS, ONE_CORE, ONE_PRODUCER, PENDING, SLEEPING,
    WAKEFD, WAKEFD_PIPE,
};
use crate::report::Results;

pub(crate) struct Target {
    pub(crate) text: String,
    /// `None` if this run has not measured it.
    pub(crate) measured: Option<f64>,
    bound: Bound,
}

enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.measured.map(|measured| match self.bound {
            Bound::AtMost(most) => measured <= most,
            Bound::AtLeast(least) => measured >= least,
        })
    }

    pub(crate) fn verdict(&self) -> &'static str {
        match self.is_met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "not measured",
        }
    }
}

pub(crate) fn all(results: &Results) -> Vec<Target> {
    let mut targets = Vec::new();
    let mut target = |text: String, measured, bound| {
        targets.push(Target {
            text,
            measured,
            bound,
        });
    };

    target(
        format!("{PENDING}: at most 1.05 x polling's time (as fast, and 5 % for noise)"),
        results.ratio(PENDING, WAKEFD, "polling"),
        Bound::AtMost(1.05),
    );
    target(
        format!("{PENDING}: at most 1.2 x an atomic swap's time"),
        results.ratio(PENDING, WAKEFD, "atomic-swap"),
        Bound::AtMost(1.2),
    );
    target(
        format!("{PENDING}: at least 100 x as fast as mio"),
        results.ratio(PENDING, "mio", WAKEFD),
        Bound::AtLeast(100.0),
    );
    target(
        format!("{BUSY}: no system call"),
        results.system_calls(BUSY, WAKEFD),
        Bound::AtMost(0.0),
    );
    for case in [SLEEPING, ONE_CORE] {
        target(
            format!("{case}: at most 1.05 x the hand-written loop's time"),
            results.ratio(case, WAKEFD, "hand-written"),
            Bound::AtMost(1.05),
        );
    }
    for case in [ONE_PRODUCER, FOUR_PRODUCERS] {
        target(
            format!(
                "{case}: at least 0.9 x the messages of crossbeam-channel, which has no descriptor"
            ),
            results.ratio(case, "crossbeam-channel", CHANNEL),
            Bound::AtLeast(0.9),
        );
        target(
            format!("{case}: at least 15 x the messages of calloop's channel"),
            results.ratio(case, "calloop-channel", CHANNEL),
            Bound::AtLeast(15.0),
        );
    }
    for case in [ONE_PRODUCER, FOUR_PRODUCERS] {
        target(
            format!("{case}: the channel within 3 % of a waker and crossbeam's SegQueue"),
            results.ratio(case, PARTS, CHANNEL),
            Bound::AtLeast(0.97),
        );
    }
    for case in cases() {
        let best = results.best_peer(case);
        let who = best.map_or("no peer", |(peer, _)| peer);
        target(
            format!("{case}: no peer ahead by more than 3 % (the best: {who})"),
            best.map(|(_, ratio)| ratio),
            Bound::AtLeast(0.97),
        );
    }
    for (case, pipe, eventfd) in PIPE_AGAINST_EVENTFD {
        target(
            format!("{case}: on a pipe at most 1.3 x the time on an eventfd"),
            results.ratio(case, pipe, eventfd),
            Bound::AtMost(1.3),
        );
    }
    targets
}

/// The channel's parts, put together by hand.
const PARTS: &str = "wakefd-eventfd+queue";

/// The cases in which peers take part.
fn cases() -> [&'static str; 7] {
    [
        PENDING,
        BUSY,
        SLEEPING,
        ONE_CORE,
        ONE_PRODUCER,
        FOUR_PRODUCERS,
        CREATE,
    ]
}

/// Where the waker is used on either backend.
pub(crate) const PIPE_AGAINST_EVENTFD: [(&str, &str, &str); 6] = [
    (PENDING, WAKEFD_PIPE, WAKEFD),
    (BUSY, WAKEFD_PIPE, WAKEFD),
    (SLEEPING, WAKEFD_PIPE, WAKEFD),
    (ONE_CORE, WAKEFD_PIPE, WAKEFD),
    (ONE_PRODUCER, CHANNEL_PIPE, CHANNEL),
    (FOUR_PRODUCERS, CHANNEL_PIPE, CHANNEL),
];
