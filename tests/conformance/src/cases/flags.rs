//! The flags of the descriptors.

use super::make;
use crate::sys::descriptors::{is_close_on_exec, is_non_blocking, Open};
use crate::Way;
use wakefd::{Backend, Notifier};

pub(super) fn clause_5_descriptors_are_non_blocking_and_close_on_exec(way: Way) {
    let before = Open::now();
    let notifier = make(way);
    let check = || {
        let mut count = 0;
        for number in Open::now().since(before) {
            assert!(is_close_on_exec(number), "descriptor {number}");
            assert!(is_non_blocking(number), "descriptor {number}");
            count += 1;
        }
        let expected = match notifier.backend() {
            Backend::EventFd => 1,
            _ => 2,
        };
        assert_eq!(count, expected);
    };
    check();
    notifier.reinit_after_fork().expect("reinit_after_fork");
    check();
}
