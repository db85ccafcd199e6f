//! What an object keeps in memory: in itself, on the heap, and in the kernel. No object is
//! dropped, because the kernel would give its memory to the next ones at some later time.

use std::mem::{forget, size_of};

use wakefd::{AutoNotifier, Counter, Mechanism, Selection, Timer, Waker};

use crate::growth::raise_limit;
use crate::report::{Table, header};
use crate::sys::usage::heap;

/// So many that the kernel's whole pages are divided finely.
const COUNT: usize = 1_000;

pub(crate) fn table() -> Table {
    raise_limit();
    let notifier = |selection| AutoNotifier::with(selection).unwrap();
    let mut rows = Vec::new();
    let mut add = |who: &str, [own, heap]: [usize; 2], kernel: String| {
        rows.push(vec![
            who.to_owned(),
            own.to_string(),
            heap.to_string(),
            kernel,
        ]);
    };
    for (backend, selection) in [("eventfd", Selection::EventFd), ("pipe", Selection::Pipe)] {
        add(
            &format!("AutoNotifier, {backend}"),
            in_process(|| notifier(selection)),
            in_kernel(|| notifier(selection)),
        );
    }
    let timer = |mechanism| Timer::at(mechanism).unwrap();
    add(
        "Timer, timerfd",
        in_process(|| timer(Mechanism::TimerFdFlags)),
        in_kernel(|| timer(Mechanism::TimerFdFlags)),
    );
    let others = || "as its notifier".to_owned();
    let create = || notifier(Selection::EventFd);
    add(
        "Timer, thread",
        in_process(|| timer(Mechanism::TimerThread)),
        others(),
    );
    add("Waker", in_process(|| Waker::new(create())), others());
    add("Counter", in_process(|| Counter::new().unwrap()), others());
    let channel = || wakefd::channel_on::<usize>(create());
    add("channel", in_process(channel), others());
    add(
        "channel, after a message",
        in_process(|| {
            let ends = channel();
            ends.0.send(1).unwrap();
            assert_eq!(ends.1.recv(), Ok(1));
            ends
        }),
        others(),
    );
    add(
        "std::sync::mpsc::channel",
        in_process(std::sync::mpsc::channel::<usize>),
        "0".to_owned(),
    );
    add(
        "crossbeam_channel::unbounded",
        in_process(crossbeam_channel::unbounded::<usize>),
        "0".to_owned(),
    );
    Table {
        title: "memory".to_owned(),
        text: "bytes of one object, among a thousand".to_owned(),
        header: header(&["what", "itself", "heap", "kernel"]),
        rows,
    }
}

/// The bytes of one object, and what it has allocated.
fn in_process<T>(create: impl Fn() -> T) -> [usize; 2] {
    const COUNT: usize = 100;
    let mut all = Vec::with_capacity(COUNT);
    all.push(create()); // And what only the first one needs.
    let before = heap();
    all.extend((1..COUNT).map(|_| create()));
    let heap = heap().saturating_sub(before) / (COUNT - 1);
    forget(all);
    [size_of::<T>(), heap]
}

/// The bytes of the kernel's objects behind one object.
fn in_kernel<T>(create: impl Fn() -> T) -> String {
    let many = || (0..COUNT).for_each(|_| forget(create()));
    many(); // Uses what the kernel had left.
    let before = slabs();
    many();
    (slabs().saturating_sub(before) / COUNT).to_string()
}

/// What the kernel has allocated for its own objects, in the whole machine.
fn slabs() -> usize {
    let info = std::fs::read_to_string("/proc/meminfo").expect("/proc is mounted");
    let line = info.lines().find_map(|line| line.strip_prefix("Slab:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.expect("a number of kB") * 1024
}
