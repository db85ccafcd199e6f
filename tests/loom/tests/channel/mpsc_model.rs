//! The queue under loom.

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::Relaxed;
use loom::sync::Arc;
use loom::thread;

use crate::mpsc::{queue, slots, Consumer};

/// Of which two make a block, so that few messages take several; counted while they live.
struct Message {
    number: u32,
    alive: Arc<AtomicU32>,
    _size: [u8; 8000],
}

const _: () = assert!(slots::<Message>() == 2);

/// Every number is published before its message is sent, without any ordering of its own.
#[derive(Default)]
struct World {
    alive: Arc<AtomicU32>,
    published: Arc<AtomicU32>,
}

impl World {
    fn message(&self, number: u32) -> Message {
        self.published.fetch_or(1 << number, Relaxed);
        self.alive.fetch_add(1, Relaxed);
        Message {
            number,
            alive: Arc::clone(&self.alive),
            _size: [0; 8000],
        }
    }

    fn receive(&self, consumer: &Consumer<Message>) -> Option<u32> {
        let number = consumer.pop()?.number;
        assert_ne!(self.published.load(Relaxed) & 1 << number, 0);
        Some(number)
    }
}

impl Clone for World {
    fn clone(&self) -> Self {
        World {
            alive: Arc::clone(&self.alive),
            published: Arc::clone(&self.published),
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Relaxed);
    }
}

/// Runs a model with room on the stacks for several messages, and for a panic that says what
/// is wrong.
fn model(run: fn()) {
    loom::model(move || spawn(run).join().unwrap());
}

fn spawn(run: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    const WORDS: usize = 64 * 1024;
    thread::Builder::new().stack_size(WORDS).spawn(run).unwrap()
}

/// Messages come once, and those of one producer in their order, beside those of another
/// and beside a consumer that comes too early.
#[test]
fn two_producers_and_a_consumer() {
    model(|| {
        let world = World::default();
        let (producer, consumer) = queue();
        let threads = [[0, 1].as_slice(), &[2, 3]].map(|numbers| {
            let (world, producer) = (world.clone(), producer.clone());
            spawn(move || {
                for &number in numbers {
                    assert!(producer.push(world.message(number)).is_ok());
                }
            })
        });
        let mut received = real_std::vec::Vec::new();
        received.extend((0..3).filter_map(|_| world.receive(&consumer)));
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        received.extend(core::iter::from_fn(|| world.receive(&consumer)));
        for pair in [[0, 1], [2, 3]] {
            let those = received.iter().filter(|number| pair.contains(number));
            assert!(those.eq(&pair), "{received:?}");
        }
        assert!(consumer.is_empty());
        assert_eq!(world.alive.load(Relaxed), 0);
    });
}

/// While the consumer goes, each message comes back or is dropped, though the producer
/// stays.
#[test]
fn no_message_stays_in_a_queue_without_consumer() {
    model(|| {
        let world = World::default();
        let (producer, consumer) = queue();
        let kept = producer.clone();
        assert!(producer.push(world.message(0)).is_ok());
        let sent = world.clone();
        let thread = spawn(move || {
            for number in 1..4 {
                if let Err(message) = producer.push(sent.message(number)) {
                    assert_eq!(message.number, number);
                }
            }
        });
        drop(consumer);
        thread.join().unwrap();
        assert_eq!(world.alive.load(Relaxed), 0);
        assert!(kept.is_closed());
    });
}

/// What was pushed is there at once, whatever another producer is doing.
#[test]
fn nothing_hides_behind_a_producer_that_has_not_finished() {
    model(|| {
        let world = World::default();
        let (producer, consumer) = queue();
        let other = (world.clone(), producer.clone());
        let thread = spawn(move || {
            assert!(other.1.push(other.0.message(0)).is_ok());
        });
        assert!(producer.push(world.message(1)).is_ok());
        let first = world.receive(&consumer).expect("one was pushed");
        let second = world.receive(&consumer);
        assert!(first == 1 || second == Some(1));
        thread.join().unwrap();
        let last = world.receive(&consumer);
        assert_eq!(second.is_some(), last.is_none());
    });
}
