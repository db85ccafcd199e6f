//! The command-line options that both programs share.

use std::io::{self, Write};
use std::num::NonZeroU16;
use std::process;

use lexopt::prelude::*;
use lexopt::{Error, Parser};
use wakefd::Selection;

pub(crate) struct Options {
    pub(crate) selection: Selection,
    pub(crate) messages: u64,
    pub(crate) producers: u16,
    pub(crate) multiplexer: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            selection: Selection::Auto,
            messages: 1_000_000,
            producers: 4,
            multiplexer: "epoll",
        }
    }
}

/// Calls `set` with each option's name. `set` takes the value, and returns whether the option
/// exists.
pub(crate) fn parse(
    help: &str,
    mut set: impl FnMut(&str, &mut Parser) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        let name = match argument {
            Short('h') | Long("help") => {
                let written = io::stdout().write_all(help.as_bytes());
                process::exit(written.is_err().into());
            }
            Long(name) => name.to_owned(),
            _ => return Err(argument.unexpected()),
        };
        if !set(&name, &mut arguments)? {
            return Err(Long(&name).unexpected());
        }
    }
    Ok(())
}

impl Options {
    pub(crate) fn set(&mut self, name: &str, arguments: &mut Parser) -> Result<bool, Error> {
        match name {
            "backend" => self.selection = arguments.value()?.parse_with(selection)?,
            "messages" => self.messages = arguments.value()?.parse()?,
            "producers" => self.producers = arguments.value()?.parse::<NonZeroU16>()?.get(),
            "multiplexer" => self.multiplexer = arguments.value()?.parse_with(multiplexer)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Returns each producer's number, and the number of messages that it sends.
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
