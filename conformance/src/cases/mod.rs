//! The cases, by clause of the contract of [`wakefd::Notifier`].

mod counter;
mod fill;
mod flags;
mod fork;
mod lost;
mod multiplex;
mod resources;
mod semaphore;
mod signals;
mod waiting;
mod waker;

use wakefd::{AutoNotifier, Notifier, Wait};

use crate::{Subject, Way};

/// One test.
pub struct Case {
    /// Its name, which begins with the clause.
    pub name: &'static str,
    /// What it makes, which must be here for it to run.
    pub subject: Subject,
    /// Panics if the notifiers do not keep the clause.
    pub run: fn(Way),
}

macro_rules! cases {
    ($($module:ident ($subject:ident): $($name:ident)*;)*) => {
        /// Every case.
        pub static CASES: &[Case] = &[
            $($(Case { name: stringify!($name), subject: Subject::$subject, run: $module::$name },)*)*
        ];
    };
}

cases! {
    fill (Notifier):
        clause_1_a_million_notifications_never_block_or_fail
        clause_1_nothing_is_too_full
        clause_2_any_number_of_notifications_is_cleared_at_once
        clause_2_clear_with_nothing_pending;
    lost (Notifier):
        clause_3_nothing_is_lost_between_threads
        clause_3_nothing_is_lost_between_processes
        clause_3_clear_reports_what_it_takes
        clause_3_a_token_passes_round_fifty_threads
        clause_3_first_use_by_many_threads;
    signals (Notifier):
        clause_4_errno_is_kept
        clause_4_signal_storm;
    flags (Notifier):
        clause_5_descriptors_are_non_blocking_and_close_on_exec;
    multiplex (Notifier):
        clause_6_level_triggered
        clause_6_edge_triggered
        clause_6_duplicated_and_registered_again
        clause_6_four_producers_poll
        clause_6_four_producers_select
        clause_6_four_producers_epoll_level
        clause_6_four_producers_epoll_edge;
    waiting (Notifier):
        clause_7_zero_does_not_wait
        clause_7_never_early
        clause_7_for_ever_until_notified
        clause_7_huge_time_outs
        clause_7_goes_on_after_signals
        clause_7_a_handler_ends_it_by_notifying
        clause_7_a_last_look_after_a_signal;
    fork (Notifier):
        clause_8_child_wakes_parent
        clause_8_parent_wakes_child
        clause_8_reinit_keeps_the_numbers;
    resources (Notifier):
        clause_9_drop_closes_each_descriptor_once
        clause_9_drop_never_wakes_or_kills
        errors_name_the_lack_of_descriptors
        errors_name_a_descriptor_closed_by_others;
    waker (Notifier):
        waker_coalesces
        waker_needs_no_system_call_while_pending_or_awake
        waker_loses_nothing_with_clear
        waker_loses_nothing_with_announced_sleep
        waker_prepared_wait
        waker_signal_storm
        waker_and_fork
        waker_tries_again_after_an_error;
    counter (Notifier):
        counter_agrees_with_a_model
        counter_at_its_limit
        counter_when_the_pipe_is_full
        counter_is_exact_between_threads
        counter_is_exact_between_processes
        counter_is_exact_at_the_limit_between_threads
        counter_is_exact_under_signals
        counter_and_fork
        counter_errors;
    semaphore (Semaphore):
        semaphore_agrees_with_a_model
        semaphore_at_its_limit
        semaphore_when_the_pipe_is_full
        semaphore_is_exact_between_threads
        semaphore_and_fork
        semaphore_on_the_right_rung;
}

fn make(way: Way) -> AutoNotifier {
    match way.notifier() {
        Ok(notifier) => notifier,
        Err(error) => panic!("no notifier: {error}"),
    }
}

pub(crate) fn is_pending(notifier: &dyn Notifier) -> bool {
    notifier.wait(Some(core::time::Duration::ZERO)) == Ok(Wait::Notified)
}
