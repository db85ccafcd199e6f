//! Senders and a receiver under loom. A wake-up that is lost leaves one of them asleep,
//! which loom reports as a deadlock.

use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::sync::Arc;
use loom::thread;

use super::error::{RecvError, SendError};
use super::gate::Gate;
use super::link::Link;
use crate::descriptor::Descriptor;
use crate::{Notifier, Wait};

/// Sleeps whenever nothing is there, until the senders are gone. Gives the sum.
fn receive(link: &Link<u32>) -> u32 {
    let mut sum = 0;
    loop {
        match link.try_recv() {
            Ok(message) => sum += message,
            Err(RecvError::Empty) => {
                assert_eq!(link.notifier().wait(None), Ok(Wait::Notified));
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
        let link = Arc::new(Link::new(Descriptor::new(), None));
        let other = Arc::clone(&link);
        let sender = thread::spawn(move || {
            assert!(other.try_send(1).is_ok());
            other.remove_sender();
        });
        assert_eq!(receive(&link), 1);
        assert!(link.is_disconnected());
        sender.join().unwrap();
    });
}

#[test]
fn a_sender_waits_until_there_is_room() {
    loom::model(|| {
        let link = Arc::new(Link::new(Descriptor::new(), Some(1)));
        assert!(link.try_send(1).is_ok());
        let other = Arc::clone(&link);
        let sender = thread::spawn(move || assert!(other.send(2).is_ok()));
        assert_eq!(link.try_recv(), Ok(1));
        sender.join().unwrap();
        assert_eq!(link.try_recv(), Ok(2));
    });
}

#[test]
fn a_receiver_that_goes_lets_all_senders_go() {
    loom::model(|| {
        let link = Arc::new(Link::new(Descriptor::new(), Some(1)));
        assert!(link.try_send(1).is_ok());
        let senders = [2, 3].map(|number| {
            let link = Arc::clone(&link);
            thread::spawn(move || match link.send(number) {
                Ok(()) => {}
                Err(SendError::Disconnected(message)) => assert_eq!(message, number),
                Err(error) => panic!("{error}"),
            })
        });
        link.close();
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn a_gate_that_opens_lets_all_go() {
    loom::model(|| {
        let shared = Arc::new((Gate::new(0), AtomicBool::new(false)));
        let senders = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.0.wait_for(|| shared.1.load(Relaxed).then(|| ())))
        });
        shared.1.store(true, Relaxed);
        shared.0.open();
        for sender in senders {
            sender.join().unwrap();
        }
    });
}
