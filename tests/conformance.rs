//! Runs the conformance suite: every case, on every mechanism and on the automatic choice, on
//! this kernel and under the profiles of other kernels.
//!
//! The program has its own `main`, because each run forks, and so that skipped runs are
//! counted as skipped. Arguments that are not options are filters, as for any test.

mod suite;

use wakefd::Mechanism;
use wakefd_conformance::{runs, Outcome};

fn main() {
    if std::env::args().any(|argument| argument == "--guarantees") {
        return guarantees();
    }
    suite::main(runs().map(suite::Test::from));
}

/// What signals guarantee by handlers and by a signalfd, and the case that asserts both.
#[rustfmt::skip]
const GUARANTEES: [[&str; 4]; 14] = [
    ["several objects watch a signal", "each sees it", "the first to ask takes it", "signal_two_objects"],
    ["a standard signal comes again before it is taken", "counts once; the first sender is told", "counts once; the first sender is told", "signal_one_of_a_kind"],
    ["a real-time signal comes again", "counts once", "each one queues", "signal_real_time"],
    ["order of what is pending", "lowest number first", "the kernel's: lowest number first, what is sent to the thread before what is sent to the process", "signal_lowest_first"],
    ["no watched signal is lost beside others", "yes", "yes, except that stop signals and SIGCONT discard each other", "signal_every_kind"],
    ["mask of the thread that makes the object", "unblocks its signals", "blocks its signals", "signal_drop_puts_back"],
    ["threads that existed before", "any of them may run the handler", "take the signal away unless they block it", "signal_in_a_process_that_has_threads"],
    ["a thread blocks the signal after the object was made", "nothing comes, without an error, if all threads do", "as it must be", "signal_blocked_after_it_was_made"],
    ["the handler that was there before", "is called after ours", "is not called", "signal_chain_and_errno"],
    ["a handler that is installed later", "is called; ours too if it calls ours", "is not called", "signal_handler_above_ours"],
    ["signals that came before the object, blocked", "come", "come", "signal_pending_before"],
    ["signals are added and removed later", "under the same descriptor", "under the same descriptor", "signal_add_and_remove"],
    ["drop", "discards what is pending, restores actions and mask", "discards what is pending, restores the mask", "signal_forgotten_at_the_end"],
    ["a spawned program", "needs `spawn_mask` if signals were blocked before", "inherits the blocked mask without `spawn_mask`", "signal_spawn_mask"],
];

/// Runs the cases and prints the table of `docs/signals.md`.
fn guarantees() {
    println!("| | handlers (default) | signalfd (by name) | test |\n| --- | --- | --- | --- |");
    for [what, by_handler, by_signalfd, name] in GUARANTEES {
        let told = |mechanism: Mechanism, told: &str| {
            let run = runs().find(|run| run.to_string() == format!("native/{mechanism}/{name}"));
            match run.expect("a case").execute() {
                Outcome::Passed => told.to_owned(),
                outcome => format!("{outcome:?}"),
            }
        };
        let by_handler = told(Mechanism::SignalHandler, by_handler);
        let by_signalfd = told(Mechanism::SignalFd4, by_signalfd);
        println!("| {what} | {by_handler} | {by_signalfd} | `{name}` |");
    }
}
