//! A simple executor, which sleeps in a notifier and has no reactor.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};
use std::thread;

use wakefd::{AutoNotifier, Notifier, Wait, Waker};
use wakefd_runtimes::{Ledger, each_mechanism, watched};

/// Runs a future on this thread. A shared notifier is the task's waker.
fn run<N: Notifier + Wake + 'static, T>(notifier: &Arc<N>, future: impl Future<Output = T>) -> T {
    let waker = std::task::Waker::from(Arc::clone(notifier));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        // First clear, then look.
        notifier.clear().expect("clear");
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
    }
}

/// The same for a loop that says when it is awake: while a task runs, waking it is
/// no system call.
fn run_awake<T>(waker: &Arc<Waker<AutoNotifier>>, future: impl Future<Output = T>) -> T {
    let task = std::task::Waker::from(Arc::clone(waker));
    let mut context = Context::from_waker(&task);
    let mut future = pin!(future);
    let mut awake = waker.awake();
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        if let Some(prepared) = awake.prepare_wait() {
            assert_eq!(prepared.wait(None), Ok(Wait::Notified));
        }
    }
}

/// Where the task leaves its waker, and where others find it.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<std::task::Waker>>>);

impl Slot {
    fn wake(&self) {
        if let Some(waker) = &*self.0.lock().unwrap() {
            waker.wake_by_ref();
        }
    }
}

/// Ready when everything has been seen. What it looks at is published before its
/// waker is called.
struct Account {
    ledger: Arc<Ledger>,
    slot: Slot,
}

impl Future for Account {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // First the waker, then the look, as for every future.
        *self.slot.0.lock().unwrap() = Some(context.waker().clone());
        // The executor has cleared.
        match self.ledger.clear_then_look(|| Ok(true)) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// Runs an [`Account`] to its end.
fn nothing_is_lost(run: impl FnOnce(Account)) {
    let ledger = Arc::new(Ledger::default());
    let slot = Slot::default();
    let producers = ledger.produce({
        let slot = slot.clone();
        move || slot.wake()
    });
    run(Account { ledger, slot });
    for producer in producers {
        producer.join().unwrap();
    }
}

fn notifiers() -> impl Iterator<Item = AutoNotifier> {
    each_mechanism().map(|mechanism| AutoNotifier::at(mechanism).unwrap())
}

#[test]
fn a_bare_notifier_loses_nothing() {
    watched(|| {
        for notifier in notifiers().map(Arc::new) {
            nothing_is_lost(|account| run(&notifier, account));
        }
    });
}

#[test]
fn a_coalescing_waker_loses_nothing() {
    watched(|| {
        for waker in notifiers().map(Waker::new).map(Arc::new) {
            nothing_is_lost(|account| run(&waker, account));
        }
    });
}

#[test]
fn an_executor_that_says_when_it_is_awake_loses_nothing() {
    watched(|| {
        for waker in notifiers().map(Waker::new).map(Arc::new) {
            nothing_is_lost(|account| run_awake(&waker, account));
        }
    });
}

/// A task that wakes itself while it is polled is polled again.
#[test]
fn a_task_that_wakes_itself() {
    async fn yields(times: u32) -> u32 {
        for _ in 0..times {
            let mut yielded = false;
            std::future::poll_fn(|context| {
                if std::mem::replace(&mut yielded, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        times
    }
    watched(|| {
        for notifier in notifiers().map(Arc::new) {
            assert_eq!(run(&notifier, yields(100)), 100);
        }
        for waker in notifiers().map(Waker::new).map(Arc::new) {
            assert_eq!(run(&waker, yields(100)), 100);
            assert_eq!(run_awake(&waker, yields(100)), 100);
            assert_eq!(waker.clear(), Ok(false), "nothing is left behind");
        }
    });
}

/// The task's waker may outlive the executor and the task.
#[test]
fn a_waker_that_outlives_the_task() {
    watched(|| {
        for notifier in notifiers().map(Arc::new) {
            let mut kept = None;
            run(
                &notifier,
                std::future::poll_fn(|context| {
                    kept = Some(context.waker().clone());
                    Poll::Ready(())
                }),
            );
            let number = notifier.as_raw_fd();
            drop(notifier);
            let kept = kept.unwrap();
            thread::spawn(move || {
                kept.wake_by_ref();
                // It still owns the descriptor, which is still under its number.
                assert!(std::path::Path::new(&format!("/proc/self/fd/{number}")).exists());
            })
            .join()
            .unwrap();
        }
    });
}
