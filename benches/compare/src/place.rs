//! On which core a thread runs. Left to the scheduler, two threads that wake each
//! other are moved together and apart, and a round trip's time is that of the
//! placement.

use std::sync::OnceLock;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that this process was given.
fn cores() -> &'static [usize] {
    static CORES: OnceLock<Vec<usize>> = OnceLock::new();
    CORES.get_or_init(|| {
        let given = sched_getaffinity(None).expect("a thread may ask for its cores");
        (0..CpuSet::MAX_CPU)
            .filter(|&core| given.is_set(core))
            .collect()
    })
}

pub(crate) fn count() -> usize {
    cores().len()
}

/// Pins this thread to the core with this number among those that are given,
/// counted around.
pub(crate) fn pin(number: usize) {
    let mut set = CpuSet::new();
    set.set(cores()[number % count()]);
    sched_setaffinity(None, &set).expect("a thread may choose among its cores");
}
