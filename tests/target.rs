//! Where these tests run: says so, and checks it against what was asked for.

use std::io::Write;

/// The architecture, pointer width and byte order of the targets that CI runs.
const TARGETS: [(&str, &str, u32, &str); 11] = [
    ("armv5te-unknown-linux-gnueabi", "arm", 32, "little"),
    ("armv7-unknown-linux-gnueabihf", "arm", 32, "little"),
    ("mips-unknown-linux-gnu", "mips", 32, "big"),
    ("mipsel-unknown-linux-gnu", "mips", 32, "little"),
    ("mips64el-unknown-linux-gnuabi64", "mips64", 64, "little"),
    ("aarch64-unknown-linux-gnu", "aarch64", 64, "little"),
    ("powerpc-unknown-linux-gnu", "powerpc", 32, "big"),
    ("riscv64gc-unknown-linux-gnu", "riscv64", 64, "little"),
    ("s390x-unknown-linux-gnu", "s390x", 64, "big"),
    ("i686-unknown-linux-gnu", "x86", 32, "little"),
    ("x86_64-unknown-linux-gnu", "x86_64", 64, "little"),
];

#[test]
fn runs_on_the_target_that_was_asked_for() {
    // From the running program, not from what the compiler was told.
    let endian = match 1_u16.to_ne_bytes() {
        [1, 0] => "little",
        _ => "big",
    };
    let width = usize::MAX.count_ones();
    let arch = std::env::consts::ARCH;
    let report = wakefd::probe();
    // Past the capture of the test harness: a log is to show it.
    writeln!(
        std::io::stdout(),
        "target: {arch}, {width}-bit, {endian}-endian, on {} {}, {}",
        report.machine(),
        report.kernel(),
        report.libc(),
    )
    .expect("standard output");

    if let Ok(asked) = std::env::var("WAKEFD_EXPECT_TARGET") {
        let expected = TARGETS.iter().find(|(name, ..)| *name == asked);
        let (_, its_arch, its_width, its_endian) =
            expected.unwrap_or_else(|| panic!("unknown target {asked}"));
        assert_eq!((arch, width, endian), (*its_arch, *its_width, *its_endian));
    }
}
