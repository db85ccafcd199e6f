//! Executes one operation after the other, each after a mark that strace shows, so that
//! ci/syscalls.sh can list the system calls of each one.

use std::time::Duration;

use wakefd::{
    AutoNotifier, Backend, Clock, Counter, Error, Mechanism, Mode, Selection, Signals, Timer, Wait,
    Waker,
};

/// More notifications than a pipe of 64 KiB holds.
const TOO_MANY: usize = 70_000;

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["all"] => all(),
        ["pipe"] => pipe(),
        ["repeat", operation, mechanism, times] => repeat(operation, mechanism, times),
        _ => panic!("usage: wakefd-syscalls all | pipe | repeat OPERATION MECHANISM TIMES"),
    }
}

/// Every operation on every mechanism.
fn all() -> Result<(), Error> {
    group("auto");
    drop(operation("new, the first", AutoNotifier::new)?);
    drop(operation("new", AutoNotifier::new)?);
    for mechanism in Mechanism::FOR_NOTIFIERS {
        group(mechanism.as_str());
        let make = || AutoNotifier::at(mechanism);
        // The first use of eventfd2 was above.
        if mechanism != Mechanism::EventFd2 {
            drop(operation("at, the first", make)?);
        }
        methods(operation("at", make)?)?;
    }
    waker()?;
    for (text, mechanism) in [
        ("eventfd2 counter", Mechanism::EventFd2),
        ("pipe2 counter", Mechanism::Pipe2),
    ] {
        group(text);
        counter(Counter::at(mechanism, Mode::Sum)?)?;
    }
    for (text, mechanism) in [
        ("eventfd2 semaphore", Mechanism::EventFd2),
        ("pipe2 semaphore", Mechanism::Pipe2),
    ] {
        group(text);
        semaphore(Counter::at(mechanism, Mode::Semaphore)?)?;
    }
    for mechanism in Mechanism::FOR_TIMERS {
        timers(mechanism)?;
    }
    group("timer of a clock");
    drop(operation("Realtime", || {
        Timer::with_clock(Clock::Realtime)
    })?);
    drop(operation("Boottime", || {
        Timer::with_clock(Clock::Boottime)
    })?);
    for mechanism in Mechanism::FOR_SIGNALS {
        group(mechanism.as_str());
        signals(mechanism)?;
    }
    messages()?;
    Ok(())
}

/// On the mechanism of the thread, the calls of the thread that asks; strace follows no
/// other.
fn timers(mechanism: Mechanism) -> Result<(), Error> {
    const HOUR: Duration = Duration::from_secs(3600);
    let make = || Timer::at(mechanism);
    group(mechanism.as_str());
    // How libc makes the thread, and waits for its end, is not ours to say.
    let first = match mechanism {
        Mechanism::TimerThread => make()?,
        _ => operation("at, the first", make)?,
    };
    let timer = operation("at", make)?;
    operation("arm_after", || timer.arm_after(HOUR, None))?;
    let left = operation("remaining", || timer.remaining())?;
    assert!(left.is_some());
    operation("disarm", || timer.disarm())?;
    operation("take, not expired", || timer.take())?;
    operation("arm_at", || timer.arm_at(Duration::ZERO, Some(HOUR)))?;
    assert_eq!(timer.wait(None)?, Wait::Notified);
    let wait = operation("wait(0), expired", || timer.wait(Some(Duration::ZERO)))?;
    assert_eq!(wait, Wait::Notified);
    assert!(operation("take, expired", || timer.take())?.is_some());
    operation("reinit_after_fork", || timer.reinit_after_fork())?;
    operation("drop", || drop(timer));
    drop(first);
    Ok(())
}

fn signals(mechanism: Mechanism) -> Result<(), Error> {
    let make = || Signals::at(mechanism, [libc::SIGUSR1]);
    drop(operation("at, the first", make)?);
    let signals = operation("at", make)?;
    // SAFETY: touches no memory.
    let send = || unsafe { libc::kill(libc::getpid(), libc::SIGUSR1) };
    operation("a signal comes", send);
    let wait = operation("wait(None), pending", || signals.wait(None))?;
    assert_eq!(wait, Wait::Notified);
    let signal = operation("next, 1 pending", || signals.next())?;
    assert!(signal.is_some());
    assert_eq!(operation("next, none pending", || signals.next())?, None);
    operation("drop", || drop(signals));
    Ok(())
}

fn counter(counter: Counter) -> Result<(), Error> {
    operation("add(1)", || counter.add(1))?;
    operation("add(0)", || counter.add(0))?;
    operation("take, 1 addition", || counter.take())?;
    operation("take, nothing", || counter.take())?;
    for _ in 0..127 {
        counter.add(1)?;
    }
    operation("take, 127 additions", || counter.take())?;
    operation("add(2^40)", || counter.add(1 << 40))?;
    counter.take()?;
    for _ in 0..8192 {
        counter.add(1)?;
    }
    operation("add(1), 8192 additions", || counter.add(1))?;
    operation("then take", || counter.take())?;
    Ok(())
}

fn semaphore(semaphore: Counter) -> Result<(), Error> {
    operation("add(1)", || semaphore.add(1))?;
    operation("take, 1 there", || semaphore.take())?;
    operation("take, nothing", || semaphore.take())?;
    semaphore.add(2)?;
    operation("take, 2 at once there", || semaphore.take())?;
    Ok(())
}

/// The same on every mechanism, so one will do.
fn messages() -> Result<(), Error> {
    group("channel");
    let (sender, receiver) = wakefd::channel()?;
    let send = || sender.send(1).expect("the receiver is there");
    // The first allocates.
    send();
    let _ = receiver.drain().count();
    operation("send, receiver asleep", send);
    operation("send, receiver busy", send);
    let first = operation("try_recv, 2 there", || receiver.try_recv());
    assert_eq!(first, Ok(1));
    assert_eq!(operation("drain, 1 there", || receiver.drain().count()), 1);
    assert_eq!(operation("drain, nothing", || receiver.drain().count()), 0);
    Ok(())
}

/// The same on every mechanism, so one will do.
fn waker() -> Result<(), Error> {
    group("waker");
    let waker = Waker::new(AutoNotifier::new()?);
    operation("wake", || waker.wake())?;
    operation("wake, pending", || waker.wake())?;
    assert!(operation("clear", || waker.clear())?);

    let mut awake = operation("awake", || waker.awake());
    operation("wake, awake", || waker.wake())?;
    let prepared = operation("prepare_wait, pending", || awake.prepare_wait().is_some());
    assert!(!prepared);
    let prepared = operation("prepare_wait", || awake.prepare_wait());
    let prepared = prepared.expect("nothing is pending");
    assert!(!operation("finish, not woken", || prepared.finish(false))?);
    let prepared = awake.prepare_wait().expect("nothing is pending");
    operation("wake, asleep", || waker.wake())?;
    assert!(operation("finish, woken", || prepared.finish(true))?);
    Ok(())
}

fn methods(notifier: AutoNotifier) -> Result<(), Error> {
    operation("notify", || notifier.notify())?;
    let wait = operation("wait(None), pending", || notifier.wait(None))?;
    assert_eq!(wait, Wait::Notified);
    let wait = operation("wait(0), pending", || notifier.wait(Some(Duration::ZERO)))?;
    assert_eq!(wait, Wait::Notified);
    assert!(operation("clear, 1 pending", || notifier.clear())?);
    assert!(!operation("clear, none pending", || notifier.clear())?);
    let wait = operation("wait(0), none pending", || {
        notifier.wait(Some(Duration::ZERO))
    })?;
    assert_eq!(wait, Wait::TimedOut);
    sleeps(&notifier)?;

    for (times, text) in [
        (5, "clear, 5 pending"),
        (1023, "clear, 1023 pending"),
        (1024, "clear, 1024 pending"),
        (TOO_MANY, "clear, 70000 pending"),
    ] {
        if times == TOO_MANY && notifier.backend() == Backend::EventFd {
            break; // as before; only a pipe becomes full
        }
        for _ in 0..times {
            notifier.notify()?;
        }
        if times == TOO_MANY {
            operation("notify, 70000 pending", || notifier.notify())?;
        }
        assert!(operation(text, || notifier.clear())?);
    }

    operation("reinit_after_fork", || notifier.reinit_after_fork())?;
    operation("drop", || drop(notifier));
    Ok(())
}

fn sleeps(notifier: &AutoNotifier) -> Result<(), Error> {
    let wait = operation("wait(5 ms), none pending", || {
        notifier.wait(Some(Duration::from_millis(5)))
    })?;
    assert_eq!(wait, Wait::TimedOut);
    Ok(())
}

/// A whole life under `Selection::Pipe`, and its report.
fn pipe() -> Result<(), Error> {
    let notifier = AutoNotifier::with(Selection::Pipe)?;
    notifier.notify()?;
    assert!(notifier.clear()?);
    notifier.reinit_after_fork()?;
    println!("{}", wakefd::probe_with(Selection::Pipe));
    Ok(())
}

/// For a count of instructions.
/// Does it so many times, for ci/instructions.sh to count.
fn repeat(operation: &str, mechanism: &str, times: &str) -> Result<(), Error> {
    let mechanism = Mechanism::FOR_NOTIFIERS
        .into_iter()
        .find(|known| known.as_str() == mechanism);
    let notifier = AutoNotifier::at(mechanism.expect("a mechanism"))?;
    let times: u32 = times.parse().expect("a number");
    let repeated =
        |operation: &dyn Fn() -> Result<(), Error>| (0..times).try_for_each(|_| operation());
    match operation {
        "notify" => repeated(&|| notifier.notify()),
        "clear" => repeated(&|| notifier.clear().map(drop)),
        "wake" => {
            let waker = Waker::new(notifier);
            waker.wake()?;
            repeated(&|| waker.wake())
        }
        "send" | "send-and-receive" => {
            let (sender, receiver) = wakefd::channel_on(notifier);
            sender.send(0).expect("a receiver");
            repeated(&|| {
                sender.send(1).expect("a receiver");
                if operation == "send-and-receive" {
                    assert!(receiver.try_recv().is_ok());
                }
                Ok(())
            })
        }
        _ => panic!("no such operation"),
    }
}

fn group(name: &'static str) {
    mark("group");
    mark(name);
}

/// Does it between two marks.
fn operation<T>(name: &'static str, run: impl FnOnce() -> T) -> T {
    mark(name);
    let result = run();
    mark("end");
    result
}

/// A call that fails without any other effect.
fn mark(text: &'static str) {
    // SAFETY: pointer and length are those of a live slice.
    unsafe { libc::write(-1, text.as_ptr().cast(), text.len()) };
}
