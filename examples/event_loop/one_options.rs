//! The command-line options of `one_loop`.

use lexopt::prelude::*;
use lexopt::Error;
use wakefd::Mechanism;

use crate::options;

const HELP: &str = "\
Sockets, messages, signals, children and a timer in one thread, without time-outs.

Usage: one_loop [OPTIONS]

  --backend auto|eventfd|pipe       what the notifier is made of (auto)
  --signals auto|signalfd4|signalfd|signal-handler
                                    the mechanism of signals (auto)
  --timer auto|timerfd-flags|timerfd|timer-thread
                                    the mechanism of the timer (auto)
  --multiplexer epoll|poll|select   what the loop sleeps in (epoll)
  --messages N                      messages that are sent in all (1000000)
  --producers N                     threads that send them (4)
  --children N                      programs that are started, at most one every
                                    10 ms (20)
  --help                            this text

SIGTERM and SIGINT end it early, with all that was begun.

Exit status: 0 if nothing was lost, also after SIGTERM: who sends it asks for just
that. After SIGINT it ends by a SIGINT, so that a shell's loop ends too. 1 if a
message, a child or an expiration was lost, came twice or was wrong. 2 for a bad
command line.
";

pub(crate) struct Options {
    pub(crate) common: options::Options,
    pub(crate) signals: Option<Mechanism>,
    pub(crate) timer: Option<Mechanism>,
    pub(crate) children: u16,
}

impl Options {
    pub(crate) fn from_env() -> Result<Self, Error> {
        let mut common = options::Options::default();
        let (mut signals, mut timer, mut children) = (None, None, 20);
        options::parse(HELP, |name, arguments| {
            match name {
                "signals" => {
                    let value = arguments.value()?;
                    signals = value.parse_with(|name| mechanism(name, &Mechanism::FOR_SIGNALS))?;
                }
                "timer" => {
                    let value = arguments.value()?;
                    timer = value.parse_with(|name| mechanism(name, &Mechanism::FOR_TIMERS))?;
                }
                "children" => children = arguments.value()?.parse()?,
                _ => return common.set(name, arguments),
            }
            Ok(true)
        })?;
        Ok(Options {
            common,
            signals,
            timer,
            children,
        })
    }
}

/// Returns the named mechanism, or `None` for `auto`, which leaves the choice to the crate.
fn mechanism(name: &str, known: &[Mechanism]) -> Result<Option<Mechanism>, &'static str> {
    if name == "auto" {
        return Ok(None);
    }
    let found = known.iter().find(|mechanism| mechanism.as_str() == name);
    found.copied().map(Some).ok_or("no such mechanism")
}
