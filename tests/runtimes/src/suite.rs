//! The scenarios that are the same in every runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use wakefd::Notifier;

use crate::{Ledger, Source};

/// A runtime that watches one descriptor for reading.
pub trait Loop {
    /// Registers the source.
    fn watch(source: Source) -> Self;

    /// Sleeps until the source is reported, or until `timeout` has passed first:
    /// then it is false. It need not be reported again before it is cleared.
    fn readable(&mut self, timeout: Option<Duration>) -> bool;

    /// Takes the source out, and gives it back.
    fn unwatch(self) -> Source;
}

/// Long enough to see what should not be there.
const A_MOMENT: Option<Duration> = Some(Duration::from_millis(5));

/// The source is reported, and clearing it ends that.
fn take<L: Loop>(watching: &mut L, source: &dyn Notifier) {
    assert!(watching.readable(None));
    assert_eq!(source.clear(), Ok(true));
    assert!(!watching.readable(A_MOMENT));
}

/// One thread sleeps, another wakes it.
pub fn woken_by_another_thread<L: Loop>(source: Source) {
    let mut watching = L::watch(source.clone());
    for _ in 0..3 {
        let notifier = source.clone();
        let thread = thread::spawn(move || notifier.notify().expect("notify"));
        take(&mut watching, &*source);
        thread.join().expect("no panic");
    }
}

/// What is pending when a source is registered counts.
pub fn notified_before_registration<L: Loop>(source: Source) {
    source.notify().expect("notify");
    take(&mut L::watch(source.clone()), &*source);
}

/// What comes between the clearing and the look is seen, and reported once more for
/// nothing; what comes after the look is reported.
pub fn clear_then_look<L: Loop>(source: Source) {
    let state = AtomicU32::new(0);
    let publish = |number| {
        state.store(number, Ordering::Release);
        source.notify().expect("notify");
    };
    let look = || state.load(Ordering::Acquire);

    let mut watching = L::watch(source.clone());
    publish(1);
    assert!(watching.readable(None));
    assert_eq!(source.clear(), Ok(true));
    publish(2);
    assert_eq!(look(), 2);

    assert!(watching.readable(None));
    assert_eq!(source.clear(), Ok(true));
    assert_eq!(look(), 2);
    publish(3);
    assert!(watching.readable(None));
    assert_eq!(source.clear(), Ok(true));
    assert_eq!(look(), 3);
    assert!(!watching.readable(A_MOMENT));
}

/// A source that was taken out is silent, may be registered again, and loses nothing
/// meanwhile. After it was dropped another may have its number.
pub fn registered_again<L: Loop>(source: Source) {
    let mut watching = L::watch(source.clone());
    source.notify().expect("notify");
    take(&mut watching, &*source);
    let taken_out = watching.unwatch();
    source.notify().expect("notify");
    let mut watching = L::watch(taken_out);
    take(&mut watching, &*source);

    drop(watching);
    drop(source);
    for source in crate::each_source() {
        let mut watching = L::watch(source.clone());
        assert!(!watching.readable(Some(Duration::ZERO)));
        source.notify().expect("notify");
        assert!(watching.readable(None));
        assert_eq!(source.clear(), Ok(true));
    }
}

/// Several producers, and an account of every number.
pub fn nothing_is_lost<L: Loop>(source: Source) {
    let mut watching = L::watch(source.clone());
    let ledger = Arc::new(Ledger::default());
    let notifier = source.clone();
    let producers = ledger.produce(move || notifier.notify().expect("notify"));
    loop {
        assert!(watching.readable(None));
        if ledger.clear_then_look(|| source.clear()) {
            break;
        }
    }
    for producer in producers {
        producer.join().expect("no panic");
    }
}

/// Tests of a [`Loop`], on every mechanism, with a bare notifier and with a waker.
#[macro_export]
macro_rules! loop_suite {
    ($module:ident: $loop:ty) => {
        mod $module {
            use super::*;

            $crate::loop_suite! { $loop:
                woken_by_another_thread
                notified_before_registration
                clear_then_look
                registered_again
                nothing_is_lost
            }
        }
    };
    ($loop:ty: $($scenario:ident)*) => {$(
        #[test]
        fn $scenario() {
            $crate::watched(|| $crate::each_source().for_each($crate::$scenario::<$loop>));
        }
    )*};
}
