//! GLib's `g_main_context_wakeup`, and its `GAsyncQueue` before it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::queued::Queue;
use super::{Loop, Wake};
use crate::sys::glib;

pub(crate) struct Glib(GlibWaker);

#[derive(Clone)]
pub(crate) struct GlibWaker {
    context: Arc<glib::Context>,
    /// An iteration does not say why it ended, so the program must know.
    woken: Arc<AtomicBool>,
}

impl Wake for GlibWaker {
    fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        self.context.wakeup();
    }
}

impl Loop for Glib {
    type Waker = GlibWaker;

    fn new() -> Self {
        Glib(GlibWaker {
            context: Arc::new(glib::Context::new()),
            woken: Arc::default(),
        })
    }

    fn waker(&self) -> GlibWaker {
        self.0.clone()
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        let woken = &self.0.woken;
        let context = &self.0.context;
        context.iterate(|| !woken.swap(false, Ordering::Acquire) || answer());
    }
}

impl Queue for glib::Queue {
    type Taken = ();

    fn new() -> Self {
        glib::Queue::new()
    }

    fn push(&self, message: usize) {
        glib::Queue::push(self, message);
    }

    fn drain(&self, (): &mut (), mut take: impl FnMut(usize) -> bool) -> bool {
        while let Some(message) = self.pop() {
            if !take(message) {
                return false;
            }
        }
        true
    }
}
