//! Channels between threads, without a descriptor: the receiver sleeps in a
//! futex and can wait for nothing else. What a channel into a loop is up to.

use std::sync::mpsc;

use crossbeam_channel as crossbeam;

use super::{Channel, Sending, Tally};

pub(crate) struct Crossbeam(crossbeam::Receiver<usize>);

impl Sending for crossbeam::Sender<usize> {
    fn send(&self, message: usize) {
        crossbeam::Sender::send(self, message).unwrap();
    }
}

impl Channel for Crossbeam {
    type Sender = crossbeam::Sender<usize>;

    fn new() -> (Self::Sender, Self) {
        let (sender, receiver) = crossbeam::unbounded();
        (sender, Crossbeam(receiver))
    }

    fn receive(&mut self, tally: &mut Tally) {
        while tally.take(self.0.recv().unwrap()) {}
    }
}

pub(crate) struct StdMpsc(mpsc::Receiver<usize>);

impl Sending for mpsc::Sender<usize> {
    fn send(&self, message: usize) {
        mpsc::Sender::send(self, message).unwrap();
    }
}

impl Channel for StdMpsc {
    type Sender = mpsc::Sender<usize>;

    fn new() -> (Self::Sender, Self) {
        let (sender, receiver) = mpsc::channel();
        (sender, StdMpsc(receiver))
    }

    fn receive(&mut self, tally: &mut Tally) {
        while tally.take(self.0.recv().unwrap()) {}
    }
}
