//! Calls every public function of wakefd with arguments that the optimiser cannot see. The
//! panic handler calls a function that does not exist, so the linker fails if a way to a panic
//! is left. The program also runs, to detect a call that was optimised away.
#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::hint::black_box;
use core::time::Duration;
use libc::{c_char, c_int};
use wakefd::{
    AutoNotifier, Backend, Clock, Counter, Error, EventFd, Mechanism, Mode, Notifier, NotifyFd,
    Operation, PipeChannel, Report, Selection, SelfPipe, Signal, Signals, Timer, Wait, Waker,
};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    extern "C" {
        fn wakefd_can_panic() -> !;
    }
    // SAFETY: never called, as it cannot be linked.
    unsafe { wakefd_can_panic() }
}

#[no_mangle]
pub extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    for mechanism in Mechanism::FOR_NOTIFIERS {
        at(black_box(mechanism));
    }
    for selection in [
        Selection::Auto,
        Selection::Kernel,
        Selection::EventFd,
        Selection::Pipe,
        Selection::default(),
    ] {
        automatic(AutoNotifier::with(black_box(selection)));
        report(&wakefd::probe_with(black_box(selection)));
        show(format_args!("{selection:?}"));
    }
    for mode in [Mode::Sum, Mode::Semaphore] {
        for mechanism in Mechanism::FOR_NOTIFIERS {
            counter(Counter::at(black_box(mechanism), black_box(mode)));
        }
        for selection in [Selection::Auto, Selection::EventFd, Selection::Pipe] {
            counter(Counter::with(black_box(selection), black_box(mode)));
        }
    }
    error(Error::new(
        black_box(Operation::Notify),
        black_box(Mechanism::Other),
        black_box(libc::EIO),
    ));
    counter(Counter::new());
    counter(Counter::semaphore());
    for mechanism in Mechanism::FOR_NOTIFIERS {
        pipe_channel(PipeChannel::<u8>::at(black_box(mechanism)));
    }
    pipe_channel(PipeChannel::<[u64; 512]>::new());
    for mechanism in Mechanism::FOR_TIMERS {
        timer(Timer::at(black_box(mechanism)));
    }
    timer(Timer::new());
    for clock in [Clock::Boottime, Clock::Realtime] {
        timer(Timer::with_clock(black_box(clock)));
        show(format_args!("{}", clock.now().as_secs()));
    }
    timer(Timer::at(black_box(Mechanism::Pipe)));
    for mechanism in Mechanism::FOR_SIGNALS {
        signals(Signals::at(
            black_box(mechanism),
            black_box([libc::SIGUSR1]),
        ));
    }
    signals(Signals::new(black_box([libc::SIGUSR1, libc::SIGUSR2])));
    signals(Signals::with(black_box(Backend::SignalFd), [libc::SIGUSR1]));
    signals(Signals::new(black_box(&[libc::SIGKILL])));
    automatic(AutoNotifier::new());
    automatic(EventFd::new().map(AutoNotifier::from));
    automatic(SelfPipe::new().map(AutoNotifier::from));
    report(&wakefd::probe());
    #[cfg(feature = "prove")]
    show(format_args!("{}", Mechanism::FOR_NOTIFIERS[black_box(0)]));
    0
}

/// Every type on this mechanism. Two of three refuse it, which gives errors to show.
fn at(mechanism: Mechanism) {
    show(format_args!(
        "{mechanism} {mechanism:?} {} {}",
        mechanism.as_str(),
        mechanism.backend().as_str()
    ));
    automatic(AutoNotifier::at(mechanism));
    match EventFd::at(mechanism) {
        Ok(eventfd) => {
            reinit(
                eventfd.reinit_after_fork(),
                eventfd.mechanism(),
                eventfd.as_raw_fd(),
            );
            show(format_args!("{eventfd:?}"));
            notify_fd(eventfd.to_notify_fd());
            concrete(&eventfd);
        }
        Err(err) => error(err),
    }
    match SelfPipe::at(mechanism) {
        Ok(pipe) => {
            reinit(pipe.reinit_after_fork(), pipe.mechanism(), pipe.as_raw_fd());
            show(format_args!("{pipe:?}"));
            notify_fd(pipe.to_notify_fd());
            concrete(&pipe);
        }
        Err(err) => error(err),
    }
}

fn automatic(made: Result<AutoNotifier, Error>) {
    match made {
        Ok(notifier) => {
            reinit(
                notifier.reinit_after_fork(),
                notifier.mechanism(),
                notifier.as_raw_fd(),
            );
            show(format_args!("{notifier:?}"));
            notify_fd(notifier.to_notify_fd());
            concrete(&notifier);
            waker(&Waker::new(notifier));
        }
        Err(err) => error(err),
    }
}

fn notify_fd(made: Result<NotifyFd, Error>) {
    match made {
        Ok(notify_fd) => {
            notify_fd.notify().unwrap_or_else(error);
            show(format_args!("{notify_fd:?} {}", notify_fd.as_raw_fd()));
        }
        Err(err) => error(err),
    }
}

fn waker(waker: &Waker<AutoNotifier>) {
    concrete(waker);
    show(format_args!("{waker:?} {:?}", waker.notifier()));
    for result in [
        waker.wake(),
        waker.wake_published(),
        waker.reinit_after_fork(),
    ] {
        result.unwrap_or_else(error);
    }
    let mut awake = waker.awake();
    show(format_args!("{awake:?}"));
    for readable in [true, false] {
        waker.wake().unwrap_or_else(error);
        if let Some(prepared) = awake.prepare_wait() {
            show(format_args!("{prepared:?}"));
            if let Err(err) = prepared.finish(black_box(readable)) {
                error(err);
            }
        }
        show(format_args!("{}", awake.is_woken()));
        if let Some(prepared) = awake.prepare_wait() {
            if let Err(err) = prepared.finish_edge_triggered(black_box(readable)) {
                error(err);
            }
        }
    }
    drop(awake);
    if let Err(err) = waker.clear_edge_triggered() {
        error(err);
    }
    waker.wake().unwrap_or_else(error);
    for is_empty in [true, false] {
        match waker.clear_if_empty(|| black_box(is_empty)) {
            Ok(cleared) => show(format_args!("{cleared}")),
            Err(err) => error(err),
        }
    }
    let mut awake = waker.awake();
    if let Some(prepared) = awake.prepare_wait() {
        waited(prepared.wait(black_box(Some(Duration::ZERO))));
    }
}

fn counter(made: Result<Counter, Error>) {
    let counter = match made {
        Ok(counter) => counter,
        Err(err) => return error(err),
    };
    show(format_args!("{counter:?} {:?}", counter.mode()));
    for n in [0, 1, 1 << 40, Counter::LIMIT, u64::MAX] {
        counter.add(black_box(n)).unwrap_or_else(error);
        waited(counter.wait(black_box(Some(Duration::ZERO))));
        match counter.take() {
            Ok(taken) => show(format_args!("{taken:?}")),
            Err(err) => error(err),
        }
    }
    show(format_args!("{}", counter.backend()));
    reinit(
        counter.reinit_after_fork(),
        counter.mechanism(),
        counter.as_raw_fd(),
    );
}

fn pipe_channel<T: bytemuck::NoUninit + bytemuck::AnyBitPattern>(
    made: Result<PipeChannel<T>, Error>,
) {
    let channel = match made {
        Ok(channel) => channel,
        Err(err) => return error(err),
    };
    channel.send(black_box(T::zeroed())).unwrap_or_else(error);
    waited(channel.wait(black_box(Some(Duration::ZERO))));
    for _ in 0..2 {
        match channel.try_recv() {
            Ok(value) => show(format_args!("{}", value.is_some())),
            Err(err) => error(err),
        }
    }
    reinit(
        channel.reinit_after_fork(),
        channel.mechanism(),
        channel.as_raw_fd(),
    );
}

fn timer(made: Result<Timer, Error>) {
    let timer = match made {
        Ok(timer) => timer,
        Err(err) => return error(err),
    };
    show(format_args!("{timer:?} {}", timer.backend()));
    for time in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        for period in [None, Some(time)] {
            let (time, period) = (black_box(time), black_box(period));
            timer.arm_after(time, period).unwrap_or_else(error);
            waited(timer.wait(black_box(Some(Duration::from_nanos(1)))));
            taken(&timer);
            timer.arm_at(time, period).unwrap_or_else(error);
            waited(timer.wait(black_box(Some(Duration::ZERO))));
            taken(&timer);
        }
    }
    match timer.remaining() {
        Ok(Some(left)) => show(format_args!("{}", left.time.as_secs())),
        Ok(None) => {}
        Err(failed) => error(failed),
    }
    timer.disarm().unwrap_or_else(error);
    let [now, same] = [Timer::now(), timer.clock().now()].map(|time| time.as_secs());
    show(format_args!("{now} {same}"));
    reinit(
        timer.reinit_after_fork(),
        timer.mechanism(),
        timer.as_raw_fd(),
    );
}

fn taken(timer: &Timer) {
    match timer.take() {
        Ok(taken) => show(format_args!("{taken:?}")),
        Err(err) => error(err),
    }
}

fn signals(made: Result<Signals, Error>) {
    let signals = match made {
        Ok(signals) => signals,
        Err(err) => return error(err),
    };
    show(format_args!("{signals:?} {}", signals.backend()));
    // SAFETY: touches no memory.
    unsafe { libc::kill(libc::getpid(), libc::SIGUSR1) };
    waited(signals.wait(black_box(Some(Duration::ZERO))));
    for _ in 0..2 {
        match signals.next() {
            Ok(Some(came)) => signal(&came),
            Ok(None) => show(format_args!("no signal")),
            Err(err) => error(err),
        }
    }
    reinit(
        signals.reinit_after_fork(),
        signals.mechanism(),
        signals.as_raw_fd(),
    );
    // What a child does before exec; it takes nothing from what is dropped here.
    signals.add(black_box(libc::SIGHUP)).unwrap_or_else(error);
    signals
        .remove(black_box(libc::SIGHUP))
        .unwrap_or_else(error);
    let mask = Signals::spawn_mask();
    black_box(&mask);
    mask.map(drop).unwrap_or_else(error);
    Signals::before_exec().unwrap_or_else(error);
}

fn signal(signal: &Signal) {
    show(format_args!(
        "{signal:?} {} {:?}",
        signal.number(),
        signal.code()
    ));
    show(format_args!("{:?} {:?}", signal.pid(), signal.uid()));
    show(format_args!("{:?} {:?}", signal.status(), signal.value()));
    show(format_args!("{:?} {:?}", signal.value_ptr(), signal.fd()));
    show(format_args!(
        "{:?} {:?}",
        signal.timer_id(),
        signal.overrun()
    ));
    show(format_args!("{:?}", signal.band()));
}

fn reinit(result: Result<(), Error>, mechanism: Mechanism, fd: wakefd::RawFd) {
    if let Err(err) = result {
        error(err);
    }
    show(format_args!("{mechanism} {fd}"));
}

/// All methods of the trait: of the type itself, and behind a pointer.
fn concrete(notifier: &impl Notifier) {
    methods(notifier);
    let dynamic: &dyn Notifier = black_box(notifier);
    methods(dynamic);
}

fn methods<N: Notifier + ?Sized>(notifier: &N) {
    for timeout in [Duration::ZERO, Duration::from_nanos(1)] {
        waited(notifier.wait(black_box(Some(timeout))));
    }
    if let Err(err) = notifier.notify() {
        error(err);
    }
    for timeout in [None, Some(Duration::MAX)] {
        waited(notifier.wait(black_box(timeout)));
    }
    for _ in 0..2 {
        match notifier.clear() {
            Ok(cleared) => show(format_args!("{cleared}")),
            Err(err) => error(err),
        }
    }
    let backend = notifier.backend();
    show(format_args!(
        "{backend} {backend:?} {}",
        notifier.as_raw_fd()
    ));
}

fn waited(result: Result<Wait, Error>) {
    match result {
        Ok(wait) => show(format_args!("{wait:?}")),
        Err(err) => error(err),
    }
}

fn error(err: Error) {
    let (operation, errno) = (err.operation(), err.raw_os_error());
    show(format_args!(
        "{err} {err:?} {operation} {operation:?} {errno} {} {}",
        err.mechanism(),
        err.is_would_block()
    ));
}

fn report(report: &Report) {
    show(format_args!("{report} {report:?} {}", report.reason()));
    show(format_args!("{} {}", report.kernel(), report.machine()));
    show(format_args!("{} {:?}", report.libc(), report.libc()));
    for (mechanism, outcome) in report.outcomes() {
        show(format_args!("{mechanism} {outcome} {outcome:?}"));
    }
    match report.choice() {
        Ok(mechanism) => show(format_args!("{mechanism}")),
        Err(err) => error(err),
    }
}

/// Text to standard output. What comes after a failed write is lost.
struct Out;

impl Write for Out {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: pointer and length are those of a live slice.
        let written = unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
        if written < 0 {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

fn show(text: fmt::Arguments<'_>) {
    let _ = Out.write_fmt(text);
    let _ = Out.write_str("\n");
}
