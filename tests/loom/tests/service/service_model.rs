//! Owners of alarms under loom. After a lost wake-up the service thread sleeps, and an owner
//! waits for its alarm or for the thread's end, which is a deadlock.

use loom::thread;

use crate::clock::NOW;
use crate::descriptor::Descriptor;
use crate::schedule::Schedule;
use crate::service::Alarm;
use crate::{system, Notifier, Wait};

fn make() -> Alarm {
    Alarm::new(Descriptor::new()).expect("an alarm")
}

fn arm(alarm: &Alarm, due: u64) {
    let armed = alarm.change(|schedule| {
        *schedule = Schedule::new(due, 0, 1);
        Ok(())
    });
    assert_eq!(armed, Ok(((), Ok(()))));
}

/// It is said once, and there is one to take.
fn expires(alarm: &Alarm) {
    assert_eq!(alarm.notifier().wait(None), Ok(Wait::Notified));
    let taken = alarm.change(|schedule| Ok((schedule.take(NOW), alarm.notifier().clear())));
    let ((count, cleared), woken) = taken.expect("ours");
    assert_eq!(woken, Ok(()));
    assert_eq!((count.map(u64::from), cleared), (Some(1), Ok(true)));
}

/// The parent has tried, so that the lock and the list are its own.
fn model(child: impl Fn() + Sync + Send + 'static) {
    let parent = || assert!(Alarm::new(Descriptor::new()).is_err());
    system::model(parent, child);
}

fn one() {
    let alarm = make();
    arm(&alarm, NOW);
    expires(&alarm);
}

#[test]
fn the_service_sees_what_is_armed_and_ends_with_the_last() {
    model(one);
}

#[test]
fn an_earlier_one_wakes_a_service_that_sleeps_for_a_later() {
    model(|| {
        let (later, earlier) = (make(), make());
        arm(&later, NOW + 1);
        arm(&earlier, NOW);
        expires(&earlier);
        assert_eq!(later.notifier().clear(), Ok(false));
    });
}

/// The service ends with the one and begins with the other, or is one for both. Both
/// find it as another process's.
#[test]
fn two_threads_with_an_alarm_each() {
    model(|| {
        let other = thread::spawn(one);
        one();
        other.join().unwrap();
    });
}
