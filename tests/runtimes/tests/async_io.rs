//! async-io, the reactor of smol: `Async`.

use std::sync::Arc;
use std::time::Duration;

use async_executor::Executor;
use async_io::{Async, Timer, block_on};
use futures_lite::future;
use wakefd::{AutoNotifier, Counter, Mode, Waker};
use wakefd_runtimes::{Ledger, Loop, Source, each_mechanism, loop_suite, watched};

struct Smol(Async<Source>);

impl Loop for Smol {
    fn watch(source: Source) -> Self {
        Smol(Async::new(source).unwrap())
    }

    fn readable(&mut self, timeout: Option<Duration>) -> bool {
        let readable = async {
            self.0.readable().await.unwrap();
            true
        };
        let timed_out = async {
            match timeout {
                None => future::pending().await,
                Some(timeout) => Timer::after(timeout).await,
            };
            false
        };
        block_on(future::or(readable, timed_out))
    }

    fn unwatch(self) -> Source {
        self.0.into_inner().unwrap()
    }
}

loop_suite!(reactor: Smol);

/// The task may be polled by another thread each time.
#[test]
fn a_task_of_an_executor_loses_nothing() {
    watched(|| {
        for mechanism in each_mechanism() {
            let executor = Arc::new(Executor::new());
            let waker = Arc::new(Waker::new(AutoNotifier::at(mechanism).unwrap()));
            let ledger = Arc::new(Ledger::default());
            let consumer = executor.spawn({
                let (waker, ledger) = (Arc::clone(&waker), Arc::clone(&ledger));
                async move {
                    let descriptor = Async::new(Arc::clone(&waker)).unwrap();
                    loop {
                        descriptor.readable().await.unwrap();
                        if ledger.clear_then_look(|| waker.clear()) {
                            break;
                        }
                    }
                }
            });
            let (stop, stopped) = stop_signal();
            let helper = std::thread::spawn({
                let executor = Arc::clone(&executor);
                move || block_on(executor.run(stopped))
            });
            let producers = ledger.produce(move || waker.wake().unwrap());
            block_on(executor.run(consumer));
            for producer in producers {
                producer.join().unwrap();
            }
            stop();
            helper.join().unwrap();
        }
    });
}

/// A future that is ready when the function has been called. It is a counter, whose
/// descriptor the reactor watches.
fn stop_signal() -> (impl FnOnce(), impl Future<Output = ()> + Send) {
    let counter = Arc::new(Counter::new().unwrap());
    let stop = Arc::clone(&counter);
    let stopped = async move {
        Async::new(counter).unwrap().readable().await.unwrap();
    };
    (move || stop.add(1).unwrap(), stopped)
}

/// `read_with` calls until it does not say that it would block.
#[test]
fn a_counter_through_read_with() {
    watched(|| {
        for mechanism in each_mechanism() {
            let counter = Arc::new(Counter::at(mechanism, Mode::Sum).unwrap());
            let descriptor = Async::new(Arc::clone(&counter)).unwrap();
            let adders: Vec<_> = (0..3)
                .map(|_| {
                    let counter = Arc::clone(&counter);
                    std::thread::spawn(move || (0..1000).for_each(|_| counter.add(3).unwrap()))
                })
                .collect();
            let mut sum = 0;
            while sum < 9000 {
                sum += block_on(descriptor.read_with(|counter| {
                    let taken = counter.take()?.ok_or(std::io::ErrorKind::WouldBlock)?;
                    Ok(taken.get())
                }))
                .unwrap();
            }
            assert_eq!(sum, 9000);
            for adder in adders {
                adder.join().unwrap();
            }
            assert_eq!(counter.take(), Ok(None));
        }
    });
}
