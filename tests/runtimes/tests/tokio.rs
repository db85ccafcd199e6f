//! tokio: `AsyncFd`, on one thread and on several.
#![allow(unsafe_code)] // `AsyncFd::register` is unsafe: the number must stay open.

use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, Runtime};
use wakefd::{AutoNotifier, RecvError, Waker};
use wakefd_runtimes::{Ledger, Loop, Source, each_mechanism, loop_suite, watched};

/// For the runtime that is entered.
fn watch<T: AsRawFd + AsFd>(source: T) -> AsyncFd<T> {
    // SAFETY: whatever has `AsFd` keeps its descriptor open as long as it lives, and
    // those of wakefd keep its number.
    unsafe { AsyncFd::register_with_interest(source, Interest::READABLE) }.unwrap()
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The descriptor is dropped before the runtime, which knows it.
struct Tokio {
    descriptor: AsyncFd<Source>,
    runtime: Runtime,
}

impl Tokio {
    fn on(runtime: Runtime, source: Source) -> Self {
        let context = runtime.enter();
        let descriptor = watch(source);
        drop(context);
        Tokio {
            descriptor,
            runtime,
        }
    }
}

macro_rules! tokio_loop {
    ($name:ident, $runtime:ident) => {
        struct $name(Tokio);

        impl Loop for $name {
            fn watch(source: Source) -> Self {
                $name(Tokio::on($runtime(), source))
            }

            fn readable(&mut self, timeout: Option<Duration>) -> bool {
                let Tokio {
                    descriptor,
                    runtime,
                } = &self.0;
                runtime.block_on(async {
                    let readable = async { descriptor.readable().await.unwrap().clear_ready() };
                    match timeout {
                        None => readable.await,
                        Some(timeout) => {
                            return tokio::time::timeout(timeout, readable).await.is_ok();
                        }
                    }
                    true
                })
            }

            fn unwatch(self) -> Source {
                self.0.descriptor.into_inner()
            }
        }
    };
}

tokio_loop!(OnOneThread, current_thread);
tokio_loop!(OnSeveralThreads, multi_thread);
loop_suite!(current: OnOneThread);
loop_suite!(multi: OnSeveralThreads);

/// The task moves between the workers, the reactor is on one of them, and the
/// producers are threads.
#[test]
fn a_spawned_task_loses_nothing() {
    watched(|| {
        let runtime = multi_thread();
        for mechanism in each_mechanism() {
            let waker = Arc::new(Waker::new(AutoNotifier::at(mechanism).unwrap()));
            let ledger = Arc::new(Ledger::default());
            let consumer = runtime.spawn({
                let (waker, ledger) = (Arc::clone(&waker), Arc::clone(&ledger));
                async move {
                    let descriptor = watch(Arc::clone(&waker));
                    loop {
                        let mut ready = descriptor.readable().await.unwrap();
                        let all_seen = ledger.clear_then_look(|| waker.clear());
                        // Also in this order: tokio forgets only the readiness that
                        // it had when this future was ready.
                        ready.clear_ready();
                        if all_seen {
                            break;
                        }
                        tokio::task::yield_now().await;
                    }
                }
            });
            let producers = ledger.produce(move || waker.wake().unwrap());
            runtime.block_on(consumer).unwrap();
            for producer in producers {
                producer.join().unwrap();
            }
        }
    });
}

/// `try_io` reads until there is nothing: the second read says so.
#[test]
fn try_io_ends_with_would_block() {
    watched(|| {
        for mechanism in each_mechanism() {
            let clear = |notifier: &AutoNotifier| match notifier.clear()? {
                true => Ok(()),
                false => Err(std::io::ErrorKind::WouldBlock.into()),
            };
            current_thread().block_on(async {
                let notifier = AutoNotifier::at(mechanism).unwrap();
                let descriptor = watch(notifier);
                for _ in 0..3 {
                    descriptor.get_ref().notify().unwrap();
                    let mut ready = descriptor.readable().await.unwrap();
                    assert!(ready.try_io(|fd| clear(fd.get_ref())).unwrap().is_ok());
                    let mut ready = descriptor.readable().await.unwrap();
                    assert!(ready.try_io(|fd| clear(fd.get_ref())).is_err());
                }
            });
        }
    });
}

/// A receiver is not `Sync`; a task owns it, and asks by `readable_mut`.
#[test]
fn a_receiver_in_a_task() {
    watched(|| {
        const EACH: u32 = 5000;
        let runtime = multi_thread();
        for mechanism in each_mechanism() {
            let (sender, receiver) =
                wakefd::channel_on::<u32>(AutoNotifier::at(mechanism).unwrap());
            let sum = runtime.spawn(async move {
                let mut descriptor = watch(receiver);
                let mut sum = 0_u64;
                loop {
                    let mut ready = descriptor.readable_mut().await.unwrap();
                    // Forgotten first: what is left then is reported again.
                    ready.clear_ready();
                    loop {
                        match ready.get_inner().try_recv() {
                            Ok(number) => sum += u64::from(number),
                            Err(RecvError::Empty) => break,
                            Err(RecvError::Disconnected) => return sum,
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
            });
            for _ in 0..3 {
                let sender = sender.clone();
                runtime.spawn(async move {
                    for number in 1..=EACH {
                        sender.send(number).unwrap();
                        if number % 100 == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                });
            }
            drop(sender);
            let each = u64::from(EACH) * u64::from(EACH + 1) / 2;
            assert_eq!(runtime.block_on(sum).unwrap(), 3 * each);
        }
    });
}
