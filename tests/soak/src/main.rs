//! Runs storms on notifiers and counts exactly: every notification and every count that goes in
//! must come out.
//!
//!   soak storm WAKES        64 threads wake one thread, WAKES times each
//!   soak alarms SECONDS     signals at the highest rate that the machine reaches
//!   soak exec SECONDS       threads create and drop notifiers while others start programs
//!   soak limit ROUNDS       ten thousand notifiers at once, up to EMFILE and back
//!   soak inherited          exits with the number of descriptors that it inherited

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
