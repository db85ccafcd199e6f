//! Runs the example `one_loop` on every mechanism of notifiers, signals and timers: it ends by
//! itself or by a signal, with the right exit status and a correct summary.
//!
//! `cargo test` builds the examples only without options that select targets.

#![allow(unsafe_code)]

mod emulator;
mod program;
mod suite;

use core::time::Duration;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Instant;

use rustix::process::{kill_process, kill_process_group, setpgid, Pid, Signal};
use wakefd::{Mechanism, Signals};
use wakefd_conformance::{isolated, Outcome};

use program::Summary;

struct Ended {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

const PERIOD: Duration = Duration::from_millis(10);
const CHILDREN: u64 = 10;
const MESSAGES: u64 = 20_000;

/// Within which the program ends; natively half of what `isolated` allows, so that it is this
/// test that ends the program. Emulated, it takes a second, and one run of ten hangs.
fn latest() -> Duration {
    Duration::from_secs(if emulator::is_emulated() { 20 } else { 100 })
}

#[derive(Clone, Copy)]
struct Combination {
    signals: Mechanism,
    timer: Mechanism,
    backend: &'static str,
    multiplexer: &'static str,
    /// Sent in the middle, if so.
    ended_by: Option<Signal>,
    /// Whether it is started with SIGTERM blocked and ignored.
    without_sigterm: bool,
}

impl Combination {
    fn all() -> Vec<Combination> {
        let mut all = Vec::new();
        for signals in Mechanism::FOR_SIGNALS {
            for timer in Mechanism::FOR_TIMERS {
                let mut add = |backend, multiplexer, ended_by| {
                    all.push(Combination {
                        signals,
                        timer,
                        backend,
                        multiplexer,
                        ended_by,
                        without_sigterm: false,
                    });
                };
                for backend in ["eventfd", "pipe"] {
                    add(backend, "epoll", None);
                    add(backend, "epoll", Some(Signal::TERM));
                }
                if timer == Mechanism::TimerThread {
                    add("eventfd", "poll", None);
                    add("pipe", "poll", Some(Signal::INT));
                    add("pipe", "select", None);
                    add("eventfd", "select", Some(Signal::TERM));
                }
            }
        }
        let ends = |one: &&Combination| one.ended_by.is_none() && one.multiplexer == "poll";
        let blocked: Vec<_> = all.iter().filter(ends).copied().collect();
        all.extend(blocked.into_iter().map(|one| Combination {
            without_sigterm: true,
            ..one
        }));
        all
    }

    fn name(self) -> String {
        let Combination {
            signals,
            timer,
            backend,
            multiplexer,
            ..
        } = self;
        let end = match self.ended_by {
            None if self.without_sigterm => "without_sigterm",
            None => "to_the_end",
            Some(Signal::TERM) => "sigterm",
            Some(_) => "sigint",
        };
        format!("{signals}/{timer}/{backend}/{multiplexer}/{end}")
    }

    /// Runs it, in a process that may end here.
    fn check(self) -> Outcome {
        // Architectures that never had the flagless call.
        if let Err(error) = Signals::at(self.signals, [libc::SIGURG]) {
            return Outcome::Absent(error.raw_os_error());
        }
        let begin = Instant::now();
        let ended = self.run().unwrap_or_else(|summary| {
            // The child of a fork under qemu's user emulation may wait for ever for a lock of
            // the emulator itself, which another thread held at the fork. The loop then waits
            // for the child's exec.
            assert!(
                emulator::is_emulated() && summary.is_empty(),
                "it hangs: {summary}"
            );
            println!("{}: hung under the emulator, and runs again", self.name());
            self.run()
                .unwrap_or_else(|summary| panic!("it hangs: {summary}"))
        });
        let summary = Summary::new(&ended.stdout);
        let elapsed = begin.elapsed();
        let context = format!("{:?}\n{}{}", ended.status, ended.stdout, ended.stderr);

        match self.ended_by {
            Some(Signal::INT) => assert_eq!(ended.status.signal(), Some(libc::SIGINT), "{context}"),
            _ => assert_eq!(ended.status.code(), Some(0), "{context}"),
        }
        // The mechanisms that were asked for.
        assert_eq!(summary.text("signals"), self.signals.as_str());
        assert_eq!(summary.text("timer"), self.timer.as_str());
        assert_eq!(summary.text("backend"), self.backend);
        assert_eq!(summary.text("multiplexer"), self.multiplexer);
        for name in [
            "lost",
            "duplicated",
            "children lost",
            "children with a wrong end",
            "expirations lost",
            "expirations too many",
        ] {
            assert_eq!(summary.number(name), 0, "{name}: {context}");
        }

        let [received, sent] = ["received", "sent"].map(|name| summary.number(name));
        assert_eq!(received, sent, "{context}");
        let [children, exited, terminated, signals] = [
            "children",
            "children exited",
            "children terminated",
            "SIGCHLD",
        ]
        .map(|name| summary.number(name));
        assert_eq!(children, exited + terminated, "{context}");
        // One signal may stand for several children.
        assert!(signals <= children, "{context}");
        assert_eq!(signals > 0, children > 0, "{context}");
        match self.ended_by {
            None => {
                assert_eq!(sent, MESSAGES, "{context}");
                assert_eq!((exited, terminated), (CHILDREN / 2, CHILDREN / 2));
            }
            // On a busy machine it may end before its first child does.
            Some(_) => assert!(sent > 0 && children <= CHILDREN, "{context}"),
        }
        let came = |signal| u64::from(self.ended_by == Some(signal));
        assert_eq!(summary.number("SIGTERM"), came(Signal::TERM), "{context}");
        assert_eq!(summary.number("SIGINT"), came(Signal::INT), "{context}");

        // By this clock. It runs for ten periods at least: until the last child is
        // started, or the signal is sent.
        let most = elapsed.as_nanos() / PERIOD.as_nanos();
        let expirations = summary.number("expirations");
        assert!(expirations >= 10, "{context}");
        assert!(u128::from(expirations) <= most, "{most}: {context}");
        Outcome::Passed
    }

    /// Runs the program. One that hangs is ended, and the error is the summary that it may
    /// still print.
    fn run(self) -> Result<Ended, String> {
        let endless = u64::MAX;
        let messages = self.ended_by.map_or(MESSAGES, |_| endless);
        let mut command = program::example("one_loop");
        command
            .args(["--signals", self.signals.as_str()])
            .args(["--timer", self.timer.as_str()])
            .args(["--backend", self.backend])
            .args(["--multiplexer", self.multiplexer])
            .args(["--messages", &messages.to_string()])
            .args(["--children", &CHILDREN.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own, so that the end of a program that hangs is that of its children,
        // which would keep its output open.
        let without_sigterm = self.without_sigterm;
        let prepare = move || {
            setpgid(None, None)?;
            if without_sigterm {
                let mut set = core::mem::MaybeUninit::uninit();
                // SAFETY: the first call initialises the set; no handler is installed.
                unsafe {
                    libc::sigemptyset(set.as_mut_ptr());
                    libc::sigaddset(set.as_mut_ptr(), libc::SIGTERM);
                    libc::sigprocmask(libc::SIG_BLOCK, set.as_ptr(), core::ptr::null_mut());
                    libc::signal(libc::SIGTERM, libc::SIG_IGN);
                }
            }
            Ok(())
        };
        // SAFETY: async-signal-safe calls.
        unsafe { command.pre_exec(prepare) };
        let mut child = command.spawn().expect("the example");
        let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));

        // It says so once it watches signals. Its number, which may be that of a
        // child of the runner.
        let mut stderr = String::new();
        errors.read_line(&mut stderr).expect("a line");
        let number = stderr.strip_prefix("process ").and_then(|rest| {
            let (number, _) = rest.split_once(':')?;
            Pid::from_raw(number.parse().ok()?)
        });
        let number = number.unwrap_or_else(|| panic!("it does not start: {stderr}"));
        if let Some(signal) = self.ended_by {
            sleep(10 * PERIOD);
            kill_process(number, signal).expect("kill");
        }

        let deadline = Instant::now() + latest();
        let status = loop {
            if let Some(status) = child.try_wait().expect("wait") {
                break status;
            }
            if Instant::now() > deadline {
                // Its summary tells how far it came, if it can still end.
                kill_process(number, Signal::TERM).expect("kill");
                sleep(Duration::from_secs(5));
                let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
                let mut summary = String::new();
                let mut output = child.stdout.take().expect("a pipe");
                output.read_to_string(&mut summary).expect("stdout");
                child.wait().expect("wait");
                return Err(summary);
            }
            sleep(Duration::from_millis(2));
        };
        // No more than a pipe holds.
        let mut stdout = String::new();
        errors.read_to_string(&mut stderr).expect("stderr");
        let mut output = child.stdout.take().expect("a pipe");
        output.read_to_string(&mut stdout).expect("stdout");
        Ok(Ended {
            status,
            stdout,
            stderr,
        })
    }
}

fn main() {
    // Under an emulator each of them takes seconds. Every third has each value of each part.
    let apart = if emulator::is_emulated() { 3 } else { 1 };
    let chosen = Combination::all().into_iter().step_by(apart);
    suite::main(chosen.map(|one| suite::Test {
        name: one.name(),
        run: Box::new(move || isolated(|| one.check())),
        may_be_absent: suite::never_had(one.signals),
    }));
}
