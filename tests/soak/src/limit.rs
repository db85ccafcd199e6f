//! As many notifiers as the limit of descriptors allows.

use std::time::Instant;

use wakefd::{AutoNotifier, Backend, Mechanism, Operation};

use crate::sys::{allow, open_above_two};

const NOTIFIERS: usize = 10_000;

pub fn run(rounds: u32) {
    for mechanism in Mechanism::FOR_NOTIFIERS {
        let Ok(first) = AutoNotifier::at(mechanism) else {
            println!("limit, {mechanism}: unavailable");
            continue;
        };
        let each = if first.backend() == Backend::EventFd {
            1
        } else {
            2
        };
        drop(first);
        let before = open_above_two();
        // Fewer where the hard limit says so.
        let allowed = allow((3 + before + NOTIFIERS * each) as u64) as usize;
        let most = (allowed - before - 3) / each;
        let begin = Instant::now();
        for _ in 0..rounds {
            let mut all = Vec::with_capacity(most);
            let error = loop {
                match AutoNotifier::at(mechanism) {
                    Ok(notifier) => all.push(notifier),
                    Err(error) => break error,
                }
            };
            assert_eq!(all.len(), most);
            assert_eq!(error.raw_os_error(), libc::EMFILE);
            assert_eq!(
                (error.operation(), error.mechanism()),
                (Operation::Create, mechanism)
            );
            for notifier in &all {
                assert_eq!(notifier.notify(), Ok(()));
            }
            for notifier in all {
                assert_eq!(notifier.clear(), Ok(true));
            }
            assert_eq!(open_above_two(), before, "a descriptor has leaked");
        }
        let time = begin.elapsed().as_secs_f64();
        println!("limit, {mechanism}: {most} alive, then EMFILE, all cleared and dropped, {rounds} times, {time:.1} s");
    }
}
