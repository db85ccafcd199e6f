//! Counts the numbers that were published and seen.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};

use wakefd::Error;

/// How many producers there are.
const PRODUCERS: usize = 3;

/// How many numbers each of them publishes.
const NUMBERS: u32 = 2000;

/// Producers publish the numbers from one to [`NUMBERS`], each its own. The first
/// waits after every number until it has been seen, the second after every two,
/// the third after every three: so one wake-up that is lost stops its producer
/// for ever, and the consumer that waits for it.
#[derive(Default)]
pub struct Ledger {
    published: [AtomicU32; PRODUCERS],
    seen: Mutex<[u32; PRODUCERS]>,
    looked: Condvar,
}

impl Ledger {
    /// Starts the producers, which call `wake` after each number.
    pub fn produce(
        self: &Arc<Self>,
        wake: impl Fn() + Clone + Send + 'static,
    ) -> Vec<JoinHandle<()>> {
        (0..PRODUCERS)
            .map(|producer| {
                let (ledger, wake) = (Arc::clone(self), wake.clone());
                thread::spawn(move || {
                    for number in 1..=NUMBERS {
                        ledger.published[producer].store(number, Ordering::Release);
                        wake();
                        let waits = (number as usize).is_multiple_of(producer + 1);
                        if waits || number == NUMBERS {
                            ledger.wait_until_seen(producer, number);
                        }
                    }
                })
            })
            .collect()
    }

    fn wait_until_seen(&self, producer: usize, number: u32) {
        let seen = self.seen.lock().expect("no panic");
        let seen = self
            .looked
            .wait_while(seen, |seen| seen[producer] < number)
            .expect("no panic");
        assert_eq!(seen[producer], number, "seen before it was published");
    }

    /// What a consumer does when its descriptor is readable: in this order. True when
    /// it has seen every number of every producer.
    pub fn clear_then_look(&self, clear: impl FnOnce() -> Result<bool, Error>) -> bool {
        clear().expect("clear");
        self.look()
    }

    /// For a consumer that has cleared.
    fn look(&self) -> bool {
        let mut seen = self.seen.lock().expect("no panic");
        for (seen, published) in seen.iter_mut().zip(&self.published) {
            let published = published.load(Ordering::Acquire);
            assert!(*seen <= published, "{seen} was seen, and then {published}");
            *seen = published;
        }
        self.looked.notify_all();
        seen.iter().all(|&seen| seen == NUMBERS)
    }
}
