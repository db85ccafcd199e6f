//! Tests the channels on every mechanism and under every profile, as the conformance suite
//! runs its cases.

mod emulator;
mod suite;

extern crate alloc;

use alloc::sync::Arc;
use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::os::unix::io::AsRawFd;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use wakefd::{
    box_channel_at, channel_on, sync_channel_on, AutoNotifier, BoxReceiver, BoxSender, Error,
    Mechanism, PipeChannel, Receiver, RecvError, SendError, Sender,
};
use wakefd_conformance::{
    close, isolated, runs_of, Case, Constructor, Kind, Multiplexer, Object, Open, Outcome, FOREVER,
};

macro_rules! cases {
    ($($name:ident)*) => {
        static CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            object: Object::Notifier,
            run: $name,
        }),*];
    };
}

cases! {
    nothing_is_lost_and_the_order_is_kept
    nothing_is_lost_when_bounded
    one_write_wakes_for_many_messages
    readable_while_there_is_something
    drain_is_bounded
    the_last_sender_wakes
    a_gone_receiver_gives_messages_back
    a_message_whose_drop_panics_does_not_keep_senders
    a_message_whose_drop_panics_strands_no_other
    what_is_sent_to_a_receiver_that_goes_is_dropped
    messages_that_own_senders_do_not_keep_the_channel
    a_child_drops_a_bounded_receiver_at_any_time
    an_edge_triggered_set_does_not_stall
    iterators
    large_messages
    a_child_does_not_keep_the_receiver_awake
    any_capacity
    a_full_channel_says_so
    a_full_channel_blocks_until_there_is_room
    a_full_pipe_never_fails_a_send
    time_outs
    nothing_is_leaked
    a_closed_descriptor_is_named
    boxes_are_passed_and_nothing_is_leaked
    boxes_do_not_travel_to_a_child
    values_are_whole_between_threads
    values_are_whole_between_processes
    values_and_a_full_pipe
}

fn main() {
    suite::main(runs_of(CASES).map(suite::Test::from));
}

fn channel<T>(constructor: Constructor) -> (Sender<T>, Receiver<T>) {
    channel_on(constructor.notifier())
}

fn sync_channel<T>(constructor: Constructor, capacity: usize) -> (Sender<T>, Receiver<T>) {
    sync_channel_on(constructor.notifier(), capacity)
}

/// How often a race is tried that comes with two threads. An emulator takes a hundred times
/// as long to create them.
fn races() -> u32 {
    match emulator::is_emulated() {
        true => 100,
        false => 1_000,
    }
}

fn is_readable(fd: &impl AsRawFd) -> bool {
    Multiplexer::new(Kind::Poll, fd.as_raw_fd()).wait(0)
}

/// How a receiver waits.
#[derive(Clone, Copy, Debug)]
enum Loop {
    In(Kind),
    Recv,
    Spin,
}

const LOOPS: [Loop; 6] = [
    Loop::In(Kind::Poll),
    Loop::In(Kind::Select),
    Loop::In(Kind::EpollLevel),
    Loop::In(Kind::EpollEdge),
    Loop::Recv,
    Loop::Spin,
];

/// Receives until all senders are gone.
fn receive<T>(receiver: &Receiver<T>, how: Loop, mut each: impl FnMut(T)) {
    let set = match how {
        Loop::In(kind) => Some(Multiplexer::new(kind, receiver.as_raw_fd())),
        Loop::Recv | Loop::Spin => None,
    };
    while !receiver.is_disconnected() {
        if let Some(set) = &set {
            assert!(set.wait(FOREVER));
        }
        match how {
            // After an edge all must be taken.
            Loop::In(Kind::EpollEdge) => while receiver.try_recv().map(&mut each).is_ok() {},
            Loop::Recv => receiver.iter().for_each(&mut each),
            _ => receiver.drain().for_each(&mut each),
        }
    }
}

/// Four senders, each with its own numbers in order.
fn four_senders(sender: Sender<(usize, u32)>, receiver: &Receiver<(usize, u32)>, how: Loop) {
    const EACH: u32 = 3_000;
    let senders: Vec<_> = (0..4)
        .map(|index| {
            let sender = sender.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    sender.send((index, number)).expect("send");
                    // Now and then the receiver gets ahead, and sleeps.
                    if number % 256 == 0 {
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    drop(sender);
    let mut next = [0; 4];
    receive(receiver, how, |(index, number)| {
        assert_eq!(next[index], number);
        next[index] += 1;
    });
    assert_eq!(next, [EACH; 4]);
    senders
        .into_iter()
        .for_each(|sender| sender.join().expect("no panic"));
}

fn nothing_is_lost_and_the_order_is_kept(constructor: Constructor) {
    for how in LOOPS {
        let (sender, receiver) = channel(constructor);
        four_senders(sender, &receiver, how);
    }
}

fn nothing_is_lost_when_bounded(constructor: Constructor) {
    for (how, capacity) in LOOPS.into_iter().zip([1, 2, 100, 7, 3_000, 30]) {
        let (sender, receiver) = sync_channel(constructor, capacity);
        four_senders(sender, &receiver, how);
    }
}

fn one_write_wakes_for_many_messages(constructor: Constructor) {
    let (sender, receiver) = channel(constructor);
    for _ in 0..1_000 {
        sender.send(()).expect("send");
    }
    // What was written: an eventfd counts it, and a pipe holds it.
    let mut bytes = [0; 16];
    let read = rustix::io::read(&receiver, &mut bytes).expect("read");
    let writes = match read {
        8 => u64::from_ne_bytes(bytes[..8].try_into().expect("eight")),
        bytes => bytes as u64,
    };
    assert_eq!(writes, 1);
}

fn readable_while_there_is_something(constructor: Constructor) {
    let (sender, receiver) = channel(constructor);
    for _ in 0..3 {
        assert!(!is_readable(&receiver));
        assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
        sender.send(1).expect("send");
        assert!(is_readable(&receiver));
        sender.send(2).expect("send");
        assert_eq!(receiver.try_recv(), Ok(1));
        assert!(is_readable(&receiver));
        assert_eq!(receiver.try_recv(), Ok(2));
        // It does not know yet that it was the last.
        assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
    }
    assert!(!is_readable(&receiver));
}

fn drain_is_bounded(constructor: Constructor) {
    const BATCH: usize = Receiver::<usize>::BATCH;
    let (sender, receiver) = channel(constructor);
    (0..2 * BATCH + 1).for_each(|number| sender.send(number).expect("send"));
    let mut received = Vec::new();
    for count in [BATCH, BATCH, 1, 0] {
        assert_eq!(is_readable(&receiver), count > 0);
        let before = received.len();
        received.extend(receiver.drain());
        assert_eq!(received.len() - before, count);
    }
    assert!(received.into_iter().eq(0..2 * BATCH + 1));

    // Left in the middle.
    (0..10).for_each(|number| sender.send(number).expect("send"));
    assert!(receiver.drain().take(3).eq(0..3));
    assert!(is_readable(&receiver));
    assert!(receiver.drain().eq(3..10));
    assert!(!is_readable(&receiver));
}

fn the_last_sender_wakes(constructor: Constructor) {
    let (sender, receiver) = channel(constructor);
    let other = sender.clone();
    drop(sender);
    assert!(!is_readable(&receiver));
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        other.send("the last").expect("send");
    });
    assert_eq!(receiver.recv(), Ok("the last"));
    assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
    thread.join().expect("no panic");
    // Like the end of a file: it stays.
    for _ in 0..3 {
        assert!(is_readable(&receiver));
        assert!(receiver.is_disconnected());
        assert_eq!(receiver.try_recv(), Err(RecvError::Disconnected));
        assert_eq!(receiver.drain().next(), None);
    }
}

fn a_gone_receiver_gives_messages_back(constructor: Constructor) {
    for (sender, receiver) in [channel(constructor), sync_channel(constructor, 1)] {
        sender
            .send("lost with the receiver".to_owned())
            .expect("send");
        drop(receiver);
        let sent = sender.send("back".to_owned());
        assert_eq!(sent, Err(SendError::Disconnected("back".to_owned())));
        let sent = sender.clone().try_send("back".to_owned());
        assert_eq!(sent, Err(SendError::Disconnected("back".to_owned())));
    }
}

fn a_message_whose_drop_panics_does_not_keep_senders(constructor: Constructor) {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            // Quietly: a line for each of the runs says nothing.
            resume_unwind(Box::new(()));
        }
    }

    let (sender, receiver) = sync_channel(constructor, 1);
    sender.send(Some(Panics)).expect("room");
    let blocked = [sender.clone(), sender].map(|sender| thread::spawn(move || sender.send(None)));
    thread::sleep(Duration::from_millis(20));
    assert!(!blocked.iter().any(|thread| thread.is_finished()));
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(receiver)));
    assert!(dropped.is_err());
    for thread in blocked {
        let sent = thread.join().expect("no panic");
        assert!(matches!(sent, Err(SendError::Disconnected(None))));
    }
}

fn a_message_whose_drop_panics_strands_no_other(constructor: Constructor) {
    struct Message(Option<Counted>);
    impl Drop for Message {
        fn drop(&mut self) {
            if self.0.is_none() {
                resume_unwind(Box::new(()));
            }
        }
    }

    let alive = Arc::new(AtomicUsize::new(0));
    let messages = || (0..100).map(|n| Message((n != 50).then(|| Counted::new(&alive))));
    for (sender, receiver) in [channel(constructor), sync_channel(constructor, 100)] {
        messages().for_each(|message| assert!(sender.send(message).is_ok()));
        assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    }
    let (sender, receiver) = boxes(constructor);
    messages().for_each(|message| assert!(sender.send(Box::new(message)).is_ok()));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(receiver))).is_err());
    assert_eq!(alive.load(Ordering::Relaxed), 0);
}

/// Sends on a thread of its own while the receiver is dropped on this one, and waits, for
/// as long as both senders live, until no message is alive.
fn send_and_drop<S: Clone + Send + Sync>(
    alive: &AtomicUsize,
    (sender, receiver): (S, impl Sized),
    send: impl Fn(&S) + Sync,
) {
    // The sender that lives on.
    let _kept = sender.clone();
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        let sending = scope.spawn(|| {
            ready.wait();
            (0..3).for_each(|_| send(&sender));
        });
        ready.wait();
        drop(receiver);
        sending.join().expect("no panic");
    });
    assert_eq!(
        alive.load(Ordering::Relaxed),
        0,
        "kept by a channel without receiver"
    );
}

fn what_is_sent_to_a_receiver_that_goes_is_dropped(constructor: Constructor) {
    let alive = Arc::new(AtomicUsize::new(0));
    let send = |sender: &Sender<_>| drop(sender.send(Counted::new(&alive)));
    for _ in 0..races() {
        send_and_drop(&alive, channel(constructor), send);
        send_and_drop(&alive, sync_channel(constructor, 1), send);
        send_and_drop(&alive, boxes(constructor), |sender: &BoxSender<_>| {
            drop(sender.send(Box::new(Counted::new(&alive))));
        });
    }
}

/// A request with the sender for its answer, sent into the channel of the answers.
fn messages_that_own_senders_do_not_keep_the_channel(constructor: Constructor) {
    struct Request {
        _answer: Sender<Request>,
    }

    let before = Open::now();
    for _ in 0..races() {
        for (sender, receiver) in [channel(constructor), sync_channel(constructor, 4)] {
            let ready = &Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(move || {
                    let request = || Request {
                        _answer: sender.clone(),
                    };
                    ready.wait();
                    let _ = (0..1_000).try_for_each(|_| sender.try_send(request()));
                });
                ready.wait();
                drop(receiver);
            });
        }
    }
    let left = Open::now().since(before).count();
    assert_eq!(left, 0, "descriptors of channels without ends");
}

/// In the child there is one thread, and what the others of the parent were doing stays as
/// it was.
fn a_child_drops_a_bounded_receiver_at_any_time(constructor: Constructor) {
    let (sender, receiver) = sync_channel(constructor, 1);
    let receiver = Cell::new(Some(receiver));
    thread::scope(|scope| {
        for _ in 0..3 {
            let sender = sender.clone();
            scope.spawn(move || while sender.send([7_u8; 100]).is_ok() {});
        }
        for _ in 0..150 {
            let outcome = isolated(|| {
                drop(receiver.take());
                Outcome::Passed
            });
            // If it fails, the senders come to their end all the same.
            let taken = receiver.take().expect("the parent's");
            assert_eq!(outcome, Outcome::Passed);
            assert!(taken.iter().take(20).eq([[7; 100]; 20]));
            receiver.set(Some(taken));
        }
        drop(receiver.take());
    });
}

fn an_edge_triggered_set_does_not_stall(constructor: Constructor) {
    const COUNT: usize = 10 * Receiver::<usize>::BATCH;
    let (sender, receiver) = channel(constructor);
    let set = Multiplexer::new(Kind::EpollEdge, receiver.as_raw_fd());
    let thread = thread::spawn(move || {
        (0..COUNT).for_each(|number| sender.send(number).expect("send"));
        // The last sender stays: nothing else comes.
        sender
    });
    let mut received = Vec::new();
    while received.len() < COUNT {
        assert!(set.wait(FOREVER));
        received.extend(receiver.try_iter());
    }
    assert!(received.into_iter().eq(0..COUNT));
    drop(thread.join().expect("no panic"));
    assert!(set.wait(FOREVER));
    assert_eq!(receiver.try_iter().next(), None);
    assert!(receiver.is_disconnected());
}

fn iterators(constructor: Constructor) {
    let (sender, receiver) = channel(constructor);
    (0..2_000).for_each(|number| sender.send(number).expect("send"));
    assert!(receiver.try_iter().eq(0..2_000));
    assert!(!is_readable(&receiver));
    assert_eq!(receiver.try_iter().next(), None);

    (0..10).for_each(|number| sender.send(number).expect("send"));
    let mut taken = Vec::new();
    for number in &receiver {
        taken.push(number);
        if number == 4 {
            break;
        }
    }
    drop(sender);
    taken.extend(receiver);
    assert!(taken.into_iter().eq(0..10));
}

/// By value; larger than what a block of the queue takes.
fn large_messages(constructor: Constructor) {
    const SIZE: usize = 20 << 10;
    for (sender, receiver) in [
        channel::<[u8; SIZE]>(constructor),
        sync_channel(constructor, 2),
    ] {
        let thread = thread::spawn(move || {
            for number in 0..20 {
                assert!(sender.send([number; SIZE]).is_ok());
            }
        });
        let mut next = 0;
        for message in &receiver {
            assert!(message.iter().all(|&byte| byte == next));
            next += 1;
        }
        assert_eq!(next, 20);
        thread.join().expect("no panic");
    }
}

/// A child has the descriptor and senders of its own. What it does there wakes the
/// parent for nothing, once.
fn a_child_does_not_keep_the_receiver_awake(constructor: Constructor) {
    let (sender, receiver) = channel(constructor);
    let sender = Cell::new(Some(sender));
    for sends in [true, false] {
        let outcome = isolated(|| {
            // Of the child's memory. Then it is dropped, as the last one there.
            let sender = sender.take().expect("a sender");
            if sends {
                assert_eq!(sender.send(1), Ok(()));
            }
            Outcome::Passed
        });
        assert_eq!(outcome, Outcome::Passed);
        assert!(is_readable(&receiver));
        assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
        assert!(!is_readable(&receiver));
    }
    let sender = sender.take().expect("the parent's");
    assert_eq!(sender.send(2), Ok(()));
    assert_eq!(receiver.recv(), Ok(2));
    assert!(!receiver.is_disconnected());
}

/// A large one costs nothing before it is used.
fn any_capacity(constructor: Constructor) {
    let (sender, receiver) = sync_channel(constructor, usize::MAX);
    assert_eq!(sender.try_send(7), Ok(()));
    assert_eq!(receiver.recv(), Ok(7));
    assert_eq!(sender.send(8), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(8));
    assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
}

fn a_full_channel_says_so(constructor: Constructor) {
    for capacity in [0, 1, 5] {
        let (sender, receiver) = sync_channel(constructor, capacity);
        let room = capacity.max(1);
        (0..room).for_each(|number| sender.try_send(number).expect("room"));
        assert_eq!(sender.try_send(room), Err(SendError::Full(room)));
        assert_eq!(receiver.try_recv(), Ok(0));
        assert_eq!(sender.try_send(room), Ok(()));
        assert!(receiver.drain().eq(1..=room));
    }
}

fn a_full_channel_blocks_until_there_is_room(constructor: Constructor) {
    let (sender, receiver) = sync_channel(constructor, 1);
    sender.send(0).expect("room");
    let blocked: Vec<_> = (1..=3)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(number))
        })
        .collect();
    thread::sleep(Duration::from_millis(20));
    assert!(!blocked.iter().any(|thread| thread.is_finished()));
    // Room for one, and then none to be had any more.
    assert_eq!(receiver.recv(), Ok(0));
    let sent = receiver.recv().expect("of one of the three");
    drop(receiver);
    let mut disconnected = 0;
    for (number, thread) in (1..).zip(blocked) {
        match thread.join().expect("no panic") {
            Ok(()) => {}
            Err(error) => {
                assert_eq!(error, SendError::Disconnected(number));
                assert_ne!(number, sent);
                disconnected += 1;
            }
        }
    }
    assert!(disconnected >= 1);
}

fn a_full_pipe_never_fails_a_send(constructor: Constructor) {
    let notifier = constructor.notifier();
    (0..70_000).for_each(|_| notifier.notify().expect("notify"));
    let (sender, receiver) = channel_on(notifier);
    for number in 0..3 {
        assert_eq!(sender.send(number), Ok(()));
        assert_eq!(receiver.recv(), Ok(number));
    }
    assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
    assert!(!is_readable(&receiver));
}

fn time_outs(constructor: Constructor) {
    let (sender, receiver) = channel(constructor);
    let begin = Instant::now();
    let timeout = Duration::from_millis(15);
    assert_eq!(receiver.recv_timeout(timeout), Err(RecvError::Empty));
    assert!(begin.elapsed() >= timeout);
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(RecvError::Empty));
    sender.send(7).expect("send");
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Ok(7));
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(5));
        sender.send(8)
    });
    assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(8));
    assert_eq!(thread.join().expect("no panic"), Ok(()));
    assert_eq!(
        receiver.recv_timeout(Duration::MAX),
        Err(RecvError::Disconnected)
    );
}

/// Counts those that are alive.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Counted(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn nothing_is_leaked(constructor: Constructor) {
    let alive = Arc::new(AtomicUsize::new(0));
    for receiver_first in [true, false] {
        for (sender, receiver) in [channel(constructor), sync_channel(constructor, 100)] {
            (0..100).for_each(|_| sender.send(Counted::new(&alive)).expect("send"));
            assert_eq!(receiver.drain().take(10).count(), 10);
            assert_eq!(alive.load(Ordering::Relaxed), 90);
            if receiver_first {
                drop(receiver);
                assert_eq!(alive.load(Ordering::Relaxed), 0);
                assert!(sender.send(Counted::new(&alive)).is_err());
            } else {
                drop(sender);
                assert_eq!(receiver.iter().count(), 90);
            }
        }
        assert_eq!(alive.load(Ordering::Relaxed), 0);
    }
}

fn a_closed_descriptor_is_named(constructor: Constructor) {
    let before = Open::now();
    let (sender, receiver) = channel(constructor);
    Open::now().since(before).for_each(close);
    match sender.send(1) {
        Err(SendError::NotWoken(error)) => assert_eq!(error.raw_os_error(), libc::EBADF),
        other => panic!("{other:?}"),
    }
    // The message is there.
    assert_eq!(receiver.try_recv(), Ok(1));
    core::mem::forget((sender, receiver));
}

/// The pipe's mechanism where an eventfd was asked for: the pipe is the channel here.
fn pipe_mechanism(constructor: Constructor) -> Mechanism {
    match constructor {
        Constructor::At(Mechanism::EventFd2) => Mechanism::Pipe2,
        Constructor::At(Mechanism::EventFd) => Mechanism::Pipe,
        Constructor::At(mechanism) => mechanism,
        Constructor::Auto => Mechanism::Pipe,
    }
}

fn boxes<T: Send>(constructor: Constructor) -> (BoxSender<T>, BoxReceiver<T>) {
    let made: Result<_, Error> = match constructor {
        Constructor::Auto => wakefd::box_channel(),
        constructor => box_channel_at(pipe_mechanism(constructor)),
    };
    made.expect("a channel")
}

fn boxes_are_passed_and_nothing_is_leaked(constructor: Constructor) {
    let alive = Arc::new(AtomicUsize::new(0));
    let counted = || Box::new(Counted::new(&alive));
    for receiver_first in [true, false] {
        let (sender, receiver) = boxes(constructor);
        // Until it is full.
        let sent = (0..).take_while(|_| sender.send(counted()).is_ok()).count();
        assert!(sent > 500, "{sent}");
        assert_eq!(alive.load(Ordering::Relaxed), sent);
        assert!(matches!(sender.send(counted()), Err(SendError::Full(_))));
        assert!(is_readable(&receiver));
        for _ in 0..10 {
            assert!(receiver.try_recv().is_ok());
        }
        assert_eq!(alive.load(Ordering::Relaxed), sent - 10);
        if receiver_first {
            drop(receiver);
            assert_eq!(alive.load(Ordering::Relaxed), 0);
            assert!(matches!(
                sender.send(counted()),
                Err(SendError::Disconnected(_))
            ));
        } else {
            drop(sender);
            assert!(receiver.try_recv().is_ok());
        }
    }
    assert_eq!(alive.load(Ordering::Relaxed), 0);

    let (sender, receiver) = boxes(constructor);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let sender = sender.clone();
            thread::spawn(move || {
                for number in 0..5_000_u32 {
                    let mut message = Box::new(number);
                    while let Err(SendError::Full(back)) = sender.send(message) {
                        message = back;
                        thread::yield_now();
                    }
                }
            })
        })
        .collect();
    drop(sender);
    let sum = Cell::new(0_u64);
    let end = loop {
        match receiver.recv() {
            Ok(number) => sum.set(sum.get() + u64::from(*number)),
            Err(error) => break error,
        }
    };
    assert_eq!(end, RecvError::Disconnected);
    assert_eq!(sum.get(), 4 * (0..5_000).sum::<u64>());
    threads
        .into_iter()
        .for_each(|thread| thread.join().expect("no panic"));

    let (sender, receiver) = boxes::<u8>(constructor);
    let short = Duration::from_millis(5);
    assert_eq!(receiver.recv_timeout(short), Err(RecvError::Empty));
    drop(sender);
    assert_eq!(receiver.recv_timeout(short), Err(RecvError::Disconnected));
}

fn boxes_do_not_travel_to_a_child(constructor: Constructor) {
    let (sender, receiver) = boxes(constructor);
    sender.send(Box::new(1)).expect("send");
    let outcome = isolated(|| {
        match sender.send(Box::new(2)) {
            Err(SendError::NotSent(message, error)) => {
                assert_eq!((*message, error.raw_os_error()), (2, libc::EXDEV));
            }
            other => panic!("{other:?}"),
        }
        match receiver.try_recv() {
            Err(RecvError::Failed(error)) => assert_eq!(error.raw_os_error(), libc::EXDEV),
            other => panic!("{other:?}"),
        }
        Outcome::Passed
    });
    assert_eq!(outcome, Outcome::Passed);
    // The child has taken nothing.
    assert_eq!(receiver.try_recv(), Ok(Box::new(1)));
    assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
}

/// A value that is wrong if it comes in parts; no power of two long.
type Value = [u8; 27];

fn pipe<T: bytemuck::NoUninit + bytemuck::AnyBitPattern>(
    constructor: Constructor,
) -> PipeChannel<T> {
    let made = match constructor {
        Constructor::Auto => PipeChannel::new(),
        constructor => PipeChannel::at(pipe_mechanism(constructor)),
    };
    made.expect("a pipe")
}

fn send_values(channel: &PipeChannel<Value>, from: u8) {
    for number in 0..2_000_u32 {
        let value = [from.wrapping_add(number as u8); 27];
        while let Err(error) = channel.send(value) {
            assert!(error.is_would_block(), "{error}");
            thread::yield_now();
        }
    }
}

fn receive_values(channel: &PipeChannel<Value>, count: u32) {
    for _ in 0..count {
        let value = loop {
            if let Some(value) = channel.try_recv().expect("try_recv") {
                break value;
            }
            assert!(channel.wait(None).is_ok());
        };
        assert_eq!(value, [value[0]; 27]);
    }
}

fn values_are_whole_between_threads(constructor: Constructor) {
    let channel = pipe(constructor);
    thread::scope(|scope| {
        (0..4).for_each(|from| {
            _ = scope.spawn({
                let c = &channel;
                move || send_values(c, from)
            })
        });
        (0..2).for_each(|_| _ = scope.spawn(|| receive_values(&channel, 4_000)));
    });
    assert_eq!(channel.try_recv(), Ok(None));
    assert!(!is_readable(&channel));
}

fn values_are_whole_between_processes(constructor: Constructor) {
    let channel = pipe(constructor);
    thread::scope(|scope| {
        // Each of these waits for a process of its own.
        for from in 0..3 {
            let channel = &channel;
            scope.spawn(move || {
                let sender = isolated(|| {
                    send_values(channel, from);
                    Outcome::Passed
                });
                assert_eq!(sender, Outcome::Passed);
            });
        }
        receive_values(&channel, 6_000);
    });
    assert_eq!(channel.try_recv(), Ok(None));
    // A child's own.
    channel.send([1; 27]).expect("send");
    let child = isolated(|| {
        channel.reinit_after_fork().expect("reinit_after_fork");
        assert_eq!(channel.try_recv(), Ok(None));
        Outcome::Passed
    });
    assert_eq!(child, Outcome::Passed);
    assert_eq!(channel.try_recv(), Ok(Some([1; 27])));
}

fn values_and_a_full_pipe(constructor: Constructor) {
    let channel = pipe::<u64>(constructor);
    let full = |number| channel.send(number).map_err(|error| error.is_would_block());
    let sent = (0..).take_while(|&number| full(number) == Ok(())).count() as u64;
    assert!(sent >= 512, "{sent}");
    assert_eq!(full(sent), Err(true));
    assert!((0..sent).all(|number| channel.try_recv() == Ok(Some(number))));
    assert_eq!(channel.try_recv(), Ok(None));

    let large = pipe::<[u8; 4096]>(constructor);
    let sent = (0..)
        .take_while(|&n: &u8| large.send([n; 4096]).is_ok())
        .count();
    assert!(sent >= 1);
    assert!((0..sent).all(|n| large.try_recv() == Ok(Some([n as u8; 4096]))));
}

#[allow(dead_code)]
fn _a_receiver_moves_but_is_not_shared(receiver: Receiver<u8>, notifier: AutoNotifier) {
    fn is_send(_: impl Send) {}
    fn is_sync(_: impl Send + Sync) {}
    is_send(receiver);
    is_sync(channel_on::<Cell<u8>>(notifier).0);
}
