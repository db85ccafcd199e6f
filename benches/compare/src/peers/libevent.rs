//! libevent's `event_active` from another thread.

use std::sync::Arc;

use super::{Loop, Wake};
use crate::sys::libevent;

pub(crate) struct Libevent(Arc<libevent::Base>);

impl Wake for Arc<libevent::Base> {
    fn wake(&self) {
        self.activate();
    }
}

impl Loop for Libevent {
    type Waker = Arc<libevent::Base>;

    fn new() -> Self {
        Libevent(Arc::new(libevent::Base::new()))
    }

    fn waker(&self) -> Arc<libevent::Base> {
        Arc::clone(&self.0)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        self.0.run(&mut answer);
    }
}
