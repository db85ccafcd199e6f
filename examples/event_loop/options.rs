//! The command line.

use std::io::{self, Write};
use std::num::NonZeroU16;
use std::process;

use lexopt::prelude::*;
use wakefd::Selection;

const HELP: &str = "\
Serves an echo server and a million messages in one thread, without time-outs.

Usage: event_loop [OPTIONS]

  --backend auto|eventfd|pipe       what the notifier is made of (auto)
  --messages N                      messages that are sent in all (1000000)
  --producers N                     threads that send them (4)
  --multiplexer epoll|poll|select   what the loop sleeps in (epoll)
  --help                            this text

Exit status: 0 if every message arrived once and every echo was right, 1 if not,
2 for a bad command line.
";

pub(crate) struct Options {
    pub(crate) selection: Selection,
    pub(crate) messages: u64,
    pub(crate) producers: u16,
    pub(crate) multiplexer: &'static str,
}

impl Options {
    pub(crate) fn from_env() -> Result<Self, lexopt::Error> {
        let mut options = Options {
            selection: Selection::Auto,
            messages: 1_000_000,
            producers: 4,
            multiplexer: "epoll",
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("backend") => options.selection = arguments.value()?.parse_with(selection)?,
                Long("messages") => options.messages = arguments.value()?.parse()?,
                Long("producers") => {
                    options.producers = arguments.value()?.parse::<NonZeroU16>()?.get();
                }
                Long("multiplexer") => {
                    options.multiplexer = arguments.value()?.parse_with(multiplexer)?;
                }
                Short('h') | Long("help") => {
                    let written = io::stdout().write_all(HELP.as_bytes());
                    process::exit(written.is_err().into());
                }
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(options)
    }

    /// Each producer's number, and how many of the messages it sends.
    pub(crate) fn shares(&self) -> impl Iterator<Item = (u16, u64)> {
        let producers = u64::from(self.producers);
        let (share, rest) = (self.messages / producers, self.messages % producers);
        (0..self.producers).map(move |i| (i, share + u64::from(u64::from(i) < rest)))
    }
}

fn selection(name: &str) -> Result<Selection, &'static str> {
    match name {
        "auto" => Ok(Selection::Auto),
        "eventfd" => Ok(Selection::EventFd),
        "pipe" => Ok(Selection::Pipe),
        _ => Err("not auto, eventfd or pipe"),
    }
}

fn multiplexer(name: &str) -> Result<&'static str, &'static str> {
    let mut known = ["epoll", "poll", "select"].into_iter();
    known
        .find(|it| *it == name)
        .ok_or("not epoll, poll or select")
}
