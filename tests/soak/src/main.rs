//! Storms on notifiers, with exact accounts: what goes in must come out, and nothing
//! may be left.
//!
//!   soak storm WAKES        64 threads wake one, so often each
//!   soak alarms SECONDS     signals, as many as the machine gives
//!   soak exec SECONDS       threads make and drop while others start programs
//!   soak limit ROUNDS       ten thousand at once, up to EMFILE and back
//!   soak inherited          how many descriptors this program was given: its status

mod alarms;
mod exec;
mod limit;
mod storm;
mod sys;

use wakefd::Mechanism;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let mut much = || arguments.next().and_then(|text| text.parse::<u32>().ok());
    match what.as_str() {
        "storm" => storm::run(much().expect("how many wakes")),
        "alarms" => alarms::run(much().expect("how many seconds")),
        "exec" => exec::run(much().expect("how many seconds")),
        "limit" => limit::run(much().expect("how many rounds")),
        "inherited" => std::process::exit(sys::open_above_two().min(100) as i32),
        _ => panic!("see the comment at the top of this file"),
    }
}

/// Both backends, each on its best mechanism.
const BEST: [Mechanism; 2] = [Mechanism::EventFd2, Mechanism::Pipe2];
