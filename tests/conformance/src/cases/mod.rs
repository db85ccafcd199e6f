//! The cases, by clause of the contract of [`wakefd::Notifier`].

mod coalescing;
mod counter;
mod descriptors;
mod foreign_writers;
mod fork;
mod handlers;
mod multiplex;
mod no_lost_wakeups;
mod notify_fd;
mod one_loop;
mod semaphore;
mod siginfo;
mod signal_fork;
mod signal_handlers;
mod signal_masks;
pub(crate) mod signal_model;
mod signal_objects;
mod signal_readiness;
mod signal_storm;
mod timer;
mod timer_limits;
mod timer_model;
mod waiting;
mod waker;

// What the modules use.
use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use libc::{SIGCHLD, SIGHUP, SIGTERM, SIGUSR1, SIGUSR2};
use wakefd::{
    AutoNotifier, Backend, Clock, Counter, Mechanism, Mode, Notifier, Operation, Signal, Signals,
    Timer, Wait, Waker,
};

use crate::subject::{Object, Subject};
use crate::sys::alarms::{interrupted, progress, with_alarms};
use crate::sys::descriptors::*;
use crate::sys::memory::Shared;
use crate::sys::multiplexer::{Kind, Multiplexer, FOREVER};
use crate::sys::process::{fork, fork_to, Child, Ended};
use crate::sys::signals::*;
use crate::sys::thread::run_threads;
use crate::sys::{errno, time};
use crate::Constructor;

pub use timer_model::random_operations;

/// One test.
pub struct Case {
    /// Its name, which begins with the clause.
    pub name: &'static str,
    /// What it makes, which must be available for it to run.
    pub object: Object,
    /// Panics if the objects do not keep the clause.
    pub run: fn(Constructor),
}

/// The function of a case has its name, or is one that serves several objects:
/// `name = function<Type>`.
macro_rules! cases {
    ($($module:ident ($object:ident): $($name:ident $(= $function:ident<$subject:ident>)?)*;)*) => {
        /// Every case.
        pub static CASES: &[Case] = &[
            $($(Case {
                name: stringify!($name),
                object: Object::$object,
                run: cases!(@ $module $name $($function $subject)?),
            },)*)*
        ];
    };
    (@ $module:ident $name:ident) => { $module::$name };
    (@ $module:ident $name:ident $function:ident $subject:ident) => { $module::$function::<$subject> };
}

cases! {
    coalescing (Notifier):
        clause_1_a_million_notifications_never_block_or_fail
        clause_1_nothing_is_too_full
        clause_2_any_number_of_notifications_is_cleared_at_once
        clause_2_clear_with_nothing_pending;
    no_lost_wakeups (Notifier):
        clause_3_nothing_is_lost_between_threads
        clause_3_nothing_is_lost_between_processes
        clause_3_clear_reports_what_it_takes
        clause_3_a_token_passes_round_fifty_threads
        clause_3_first_use_by_many_threads = first_use_by_many_threads<AutoNotifier>;
    no_lost_wakeups (Timer):
        timer_first_use_by_many_threads = first_use_by_many_threads<Timer>;
    handlers (Notifier):
        clause_4_errno_is_kept
        clause_4_signal_storm
        waker_signal_storm;
    descriptors (Notifier):
        clause_5_descriptors_are_non_blocking_and_close_on_exec = flags<AutoNotifier>
        clause_9_drop_closes_each_descriptor_once = drop_closes_each_once<AutoNotifier>
        errors_name_the_lack_of_descriptors = lack_is_named<AutoNotifier>
        errors_name_a_descriptor_closed_by_others
        counter_errors;
    descriptors (Timer):
        timer_descriptors_have_their_flags = flags<Timer>
        timer_drop_closes_each_descriptor_once = drop_closes_each_once<Timer>
        timer_errors_name_the_lack_of_descriptors = lack_is_named<Timer>
        timer_errors_name_a_descriptor_closed_by_others;
    descriptors (Signals):
        signal_descriptors_and_flags
        signal_lack_of_descriptors = lack_is_named<Signals>
        signal_descriptor_closed_by_others;
    multiplex (Notifier):
        clause_6_level_triggered = level_triggered<AutoNotifier>
        clause_6_edge_triggered = edge_triggered<AutoNotifier>
        clause_6_duplicated_and_registered_again
        clause_6_four_producers_poll
        clause_6_four_producers_select
        clause_6_four_producers_epoll_level
        clause_6_four_producers_epoll_edge;
    multiplex (Signals):
        signal_edge_triggered = edge_triggered<Signals>;
    waiting (Notifier):
        clause_7_zero_does_not_wait
        clause_7_never_early
        clause_7_for_ever_until_notified
        clause_7_huge_time_outs
        clause_7_with_a_limit_of_no_descriptors = no_descriptors<AutoNotifier>
        clause_7_goes_on_after_signals
        clause_7_a_handler_ends_it_by_notifying
        clause_7_a_last_look_after_a_signal;
    waiting (Timer):
        timer_with_a_limit_of_no_descriptors = no_descriptors<Timer>;
    waiting (Signals):
        signal_with_a_limit_of_no_descriptors = no_descriptors<Signals>;
    fork (Notifier):
        clause_8_child_wakes_parent
        clause_8_parent_wakes_child
        clause_8_reinit_keeps_the_numbers = reinit_keeps_the_numbers<AutoNotifier>
        clause_9_drop_never_wakes_or_kills;
    fork (Timer):
        timer_reinit_keeps_the_numbers = reinit_keeps_the_numbers<Timer>;
    foreign_writers (Notifier):
        hostile_reads_and_writes_never_block_notify
        hostile_flags_are_shared_until_reinit
        hostile_holder_after_drop_still_reports_in_epoll
        hostile_limit_of_one_page;
    notify_fd (Notifier):
        notify_fd_is_inherited
        notify_fd_is_sent_over_a_socket
        notify_fd_outlives_the_notifier
        notify_fd_needs_a_descriptor;
    waker (Notifier):
        waker_coalesces
        waker_clears_if_empty_what_others_notified
        waker_needs_no_system_call_while_pending_or_awake
        waker_loses_nothing_with_clear
        waker_loses_nothing_with_announced_sleep
        waker_loses_nothing_edge_triggered
        waker_loses_nothing_if_the_producer_has_a_fence
        waker_left_undrained_does_not_spin
        waker_of_a_full_descriptor_gives_another_edge
        waker_is_woken
        waker_prepared_wait
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
        counter_and_fork;
    semaphore (Semaphore):
        semaphore_agrees_with_a_model
        semaphore_at_its_limit
        semaphore_when_the_pipe_is_full
        semaphore_is_exact_between_threads
        semaphore_and_fork
        semaphore_on_the_right_mechanism;
    one_loop (Notifier):
        one_loop_for_everything;
    timer (Timer):
        timer_expires_once_and_never_early
        timer_counts_every_period
        timer_counts_every_period_between_threads
        timer_expires_at_once
        timer_armed_anew_or_disarmed_discards
        timer_earlier_than_those_before
        timer_huge_times
        timer_remaining
        timer_clocks
        timer_wait
        timer_wait_ended_by_another_thread
        timer_in_every_multiplexer
        timer_goes_on_after_signals;
    timer_model (Timer):
        timer_agrees_with_a_model;
    timer_limits (Timer):
        timer_fifty_at_once
        timer_and_fork
        timer_fork_while_others_hold_the_lock;
    siginfo (Signals):
        signal_number_sender_and_code
        signal_value_of_sigqueue
        signal_status_of_a_child
        signal_children_that_end_together
        signal_one_of_a_kind
        signal_every_kind
        signal_lowest_first
        signal_real_time
        signal_pointer_of_sigqueue
        signal_of_a_timer
        signal_of_a_descriptor
        signal_pending_before;
    signal_readiness (Signals):
        signal_level_triggered
        signal_time_outs
        signal_wakes_a_sleeper
        signal_wait_ended_by_another_thread;
    signal_masks (Signals):
        signal_drop_puts_back
        signal_refused
        signal_given_twice
        signal_children_that_are_ignored
        signal_older_thread
        signal_younger_threads
        signal_forgotten_at_the_end
        signal_more_pending_than_are_taken
        signal_blocked_after_it_was_made
        signal_in_a_process_that_has_threads;
    signal_handlers (Signals):
        signal_chain_and_errno
        signal_handler_above_ours
        signal_chained_handler_has_its_own_flags
        signal_chained_handler_has_its_own_mask;
    signal_handlers (SignalHandlers):
        signal_handler_that_replaces_ours
        signal_levels_of_handlers
        signal_left_handler_lets_it_act
        signal_left_handler_is_used_again
        signal_restored_beside_others;
    signal_objects (Signals):
        signal_two_objects
        signal_objects_that_take_at_different_times
        signal_add_and_remove
        signal_two_objects_dropped_in_any_order
        signal_one_mechanism_at_a_time
        signal_many_objects
        signal_first_use_by_many_threads;
    signal_fork (Signals):
        signal_child_with_its_own
        signal_child_leaves_the_parent_alone
        signal_before_exec
        signal_before_exec_passes_on
        signal_before_exec_keeps_what_is_blocked
        signal_fork_beside_a_maker
        signal_spawn_mask;
    signal_model (Signals):
        signal_agrees_with_a_model;
    signal_storm (Signals):
        signal_storm_of_threads
        signal_storm_of_processes
        signal_storm_and_descriptors;
}

/// The next signal, which must be pending.
fn next(signals: &Signals) -> Signal {
    signals.next().expect("next").expect("a signal")
}

/// Whether the signal tells this value. The signalfd before Linux 2.6.25 tells none, and then
/// there is none.
fn has_value(signals: &Signals, signal: &Signal, value: i32) -> bool {
    let may_lack = || {
        signals.mechanism() == Mechanism::SignalFd
            && Signals::at(Mechanism::SignalFd4, [0_i32; 0]).is_err()
    };
    signal.value() == Some(value) || signal.value().is_none() && may_lack()
}

/// The numbers of what is pending, in the order in which it comes; no more than this.
fn taken<const N: usize>(signals: &Signals) -> [i32; N] {
    let numbers = core::array::from_fn(|_| match signals.next() {
        Ok(Some(signal)) => signal.number(),
        Ok(None) => 0,
        Err(error) => panic!("next: {error}"),
    });
    assert_eq!(signals.next(), Ok(None), "after {numbers:?}");
    numbers
}

fn is_pending(notifier: &dyn Notifier) -> bool {
    notifier.wait(Some(Duration::ZERO)) == Ok(Wait::Notified)
}
