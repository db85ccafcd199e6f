//! Clauses 1 and 2: many notifications, and none.

use super::*;

pub(super) fn clause_1_a_million_notifications_never_block_or_fail(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
    // The automatic choice uses a mechanism that gets its million in another run.
    let times = match constructor {
        Constructor::At(_) => 1_000_000,
        Constructor::Auto => 100_000,
    };
    for _ in 0..times {
        assert_eq!(notifier.notify(), Ok(()));
    }
    assert!(is_pending(notifier));
    assert_eq!(notifier.clear(), Ok(true));
    assert!(!is_pending(notifier));
    assert_eq!(notifier.clear(), Ok(false));
}

pub(super) fn clause_1_nothing_is_too_full(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
    for _ in 0..2 {
        match notifier.backend() {
            // The highest value that an eventfd can hold.
            Backend::EventFd => write_u64(notifier.as_raw_fd(), u64::MAX - 1),
            // A pipe has room for 64 KiB, unless the user has too many of them.
            _ => (0..65_536).for_each(|_| notifier.notify().expect("notify")),
        }
        for _ in 0..10 {
            assert_eq!(notifier.notify(), Ok(()));
            assert!(is_pending(notifier));
        }
        assert_eq!(notifier.clear(), Ok(true));
        assert_eq!(notifier.clear(), Ok(false));
    }
}

pub(super) fn clause_2_any_number_of_notifications_is_cleared_at_once(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
    // Round the sizes of the buffer that drains a pipe, of a page, of a pipe.
    for count in [
        1, 2, 3, 1023, 1024, 1025, 2048, 4096, 4097, 65_535, 65_536, 65_537,
    ] {
        for _ in 0..count {
            assert_eq!(notifier.notify(), Ok(()));
            assert!(count > 5000 || is_pending(notifier));
        }
        assert!(is_pending(notifier), "{count}");
        assert_eq!(notifier.clear(), Ok(true), "{count}");
        assert!(!is_pending(notifier), "{count}");
        assert_eq!(notifier.clear(), Ok(false), "{count}");
    }
}

pub(super) fn clause_2_clear_with_nothing_pending(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
    for _ in 0..100 {
        assert!(!is_pending(notifier));
        assert_eq!(notifier.clear(), Ok(false));
    }
    assert_eq!(notifier.notify(), Ok(()));
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
}
