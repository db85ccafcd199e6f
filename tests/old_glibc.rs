//! Tests that only a glibc before 2.8 leads to the pipe.
//!
//! The program defines its own `gnu_get_libc_version`, from which the crate reads the version.

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    feature = "eventfd",
    feature = "pipe"
))]
mod glibc {
    use std::os::raw::c_char;
    use std::sync::Mutex;

    use wakefd::{probe, AutoNotifier, Libc, Mechanism, Selection};

    static VERSION: Mutex<&str> = Mutex::new("2.36\0");

    #[no_mangle]
    #[allow(unsafe_code)] // The attribute is unsafe: it replaces glibc's function.
    extern "C" fn gnu_get_libc_version() -> *const c_char {
        VERSION.lock().expect("the version").as_ptr().cast()
    }

    /// One test, since all share the version.
    #[test]
    fn glibc_older_than_2_8_leads_to_the_pipe() {
        let table = [
            ("2.1\0", Libc::Glibc(2, 1), Mechanism::Pipe2),
            ("2.5\0", Libc::Glibc(2, 5), Mechanism::Pipe2),
            ("2.7\0", Libc::Glibc(2, 7), Mechanism::Pipe2),
            ("2.7.1\0", Libc::Glibc(2, 7), Mechanism::Pipe2),
            ("1.99\0", Libc::Glibc(1, 99), Mechanism::Pipe2),
            ("2.8\0", Libc::Glibc(2, 8), Mechanism::EventFd2),
            ("2.10\0", Libc::Glibc(2, 10), Mechanism::EventFd2),
            ("2.36\0", Libc::Glibc(2, 36), Mechanism::EventFd2),
            ("3.0\0", Libc::Glibc(3, 0), Mechanism::EventFd2),
            // Unreadable: then the kernel decides.
            ("experimental\0", Libc::Other, Mechanism::EventFd2),
        ];
        for (version, libc, mechanism) in table {
            *VERSION.lock().expect("the version") = version;
            assert_eq!(
                AutoNotifier::new().expect(version).mechanism(),
                mechanism,
                "{version}"
            );
            assert_eq!(probe().libc(), libc, "{version}");
            assert_eq!(probe().choice(), Ok(mechanism), "{version}");
            // Selections that leave libc out of it.
            for (selection, mechanism) in [
                (Selection::Kernel, Mechanism::EventFd2),
                (Selection::EventFd, Mechanism::EventFd2),
                (Selection::Pipe, Mechanism::Pipe2),
            ] {
                let notifier = AutoNotifier::with(selection).expect(version);
                assert_eq!(notifier.mechanism(), mechanism, "{selection:?}, {version}");
            }
        }
        *VERSION.lock().expect("the version") = "2.7\0";
        assert_eq!(
            probe().reason().to_string(),
            "glibc 2.7 is older than 2.8, the first version with a working eventfd; pipe2 is available"
        );
    }
}
