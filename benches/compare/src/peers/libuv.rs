//! libuv's `uv_async_send`.

use std::sync::Arc;

use super::{Loop, Wake};
use crate::sys::libuv;

pub(crate) struct Libuv(Arc<libuv::Loop>);

impl Wake for Arc<libuv::Loop> {
    fn wake(&self) {
        self.send();
    }
}

impl Loop for Libuv {
    type Waker = Arc<libuv::Loop>;

    fn new() -> Self {
        Libuv(Arc::new(libuv::Loop::new()))
    }

    fn waker(&self) -> Arc<libuv::Loop> {
        Arc::clone(&self.0)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        self.0.run(&mut answer);
    }
}
