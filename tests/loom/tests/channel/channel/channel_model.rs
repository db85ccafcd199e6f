//! Senders and a receiver under loom. After a lost wake-up one of them sleeps, which loom
//! reports as a deadlock.

use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::sync::Arc;
use loom::thread;

use super::capacity::Capacity;
use super::error::{RecvError, SendError};
use super::shared::Shared;
use crate::descriptor::Descriptor;
use crate::mpsc::{queue, Consumer, Producer};
use crate::{Notifier, Wait};

fn channel(capacity: Option<usize>) -> (Arc<Shared>, Producer<u32>, Consumer<u32>) {
    let (producer, consumer) = queue();
    let shared = Arc::new(Shared::new(Descriptor::new(), capacity));
    (shared, producer, consumer)
}

/// Sleeps whenever nothing is there, until the senders are gone. Gives the sum.
fn receive(shared: &Shared, consumer: &Consumer<u32>) -> u32 {
    let mut sum = 0;
    loop {
        match shared.try_recv(consumer) {
            Ok(message) => sum += message,
            Err(RecvError::Empty) => {
                assert_eq!(shared.notifier().wait(None), Ok(Wait::Notified));
            }
            Err(RecvError::Disconnected) => return sum,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The sender is gone by the time that its message is seen, or is not.
#[test]
fn what_a_sender_leaves_is_received() {
    loom::model(|| {
        let (shared, producer, consumer) = channel(None);
        let other = Arc::clone(&shared);
        let sender = thread::spawn(move || {
            assert!(other.try_send(&producer, 1).is_ok());
            other.remove_sender();
        });
        assert_eq!(receive(&shared, &consumer), 1);
        assert!(shared.is_disconnected(&consumer));
        sender.join().unwrap();
    });
}

/// A receiver that takes one message each time that it is woken.
#[test]
fn what_a_receiver_leaves_stays_readable() {
    loom::model(|| {
        let (shared, producer, consumer) = channel(None);
        let other = Arc::clone(&shared);
        let sender = thread::spawn(move || {
            assert!(other.try_send(&producer, 1).is_ok());
            assert!(other.try_send(&producer, 2).is_ok());
        });
        let mut sum = 0;
        while sum < 3 {
            assert_eq!(shared.notifier().wait(None), Ok(Wait::Notified));
            sum += shared.try_recv(&consumer).unwrap_or(0);
        }
        sender.join().unwrap();
    });
}

#[test]
fn a_sender_waits_until_there_is_room() {
    loom::model(|| {
        let (shared, producer, consumer) = channel(Some(1));
        assert!(shared.try_send(&producer, 1).is_ok());
        let other = Arc::clone(&shared);
        let sender = thread::spawn(move || assert!(other.send(&producer, 2).is_ok()));
        assert_eq!(shared.try_recv(&consumer), Ok(1));
        sender.join().unwrap();
        assert_eq!(shared.try_recv(&consumer), Ok(2));
    });
}

#[test]
fn a_receiver_that_goes_lets_all_senders_go() {
    loom::model(|| {
        let (shared, producer, consumer) = channel(Some(1));
        assert!(shared.try_send(&producer, 1).is_ok());
        let senders = [2, 3].map(|number| {
            let (shared, producer) = (Arc::clone(&shared), producer.clone());
            thread::spawn(move || match shared.send(&producer, number) {
                Ok(()) => {}
                Err(SendError::Disconnected(message)) => assert_eq!(message, number),
                Err(error) => panic!("{error}"),
            })
        });
        shared.close(&consumer);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn a_capacity_that_closes_lets_all_go() {
    loom::model(|| {
        let shared = Arc::new((Capacity::new(0), AtomicBool::new(false)));
        let senders = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || assert!(!shared.0.acquire(|| shared.1.load(Relaxed))))
        });
        shared.1.store(true, Relaxed);
        shared.0.wake_all();
        for sender in senders {
            sender.join().unwrap();
        }
    });
}
