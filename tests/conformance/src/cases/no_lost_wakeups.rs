//! No wake-up is lost. A case that loses one hangs, and that counts as failed.

use super::*;

/// Publishes, then notifies.
fn produce(notifier: &dyn Notifier, published: &AtomicU32, count: u32) {
    for _ in 0..count {
        // Relaxed: it is the notifier that brings it to the consumer.
        published.fetch_add(1, Ordering::Relaxed);
        assert_eq!(notifier.notify(), Ok(()));
    }
}

/// Sleeps, clears, looks, for as long as something is missing.
fn consume(notifier: &dyn Notifier, is_missing: &dyn Fn() -> bool) {
    while is_missing() {
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
        assert_eq!(notifier.clear(), Ok(true));
    }
}

/// Four producers in threads, and a consumer in another. A wake-up that is lost leaves it
/// asleep.
pub(super) fn four_producers<N: Notifier + Sync>(
    notifier: N,
    each: u32,
    consume: impl Fn(&N, &dyn Fn() -> bool) + Sync,
) {
    let published = AtomicU32::new(0);
    run_threads(5, &|index| match index {
        0 => consume(&notifier, &|| published.load(Ordering::Relaxed) < 4 * each),
        _ => produce(&notifier, &published, each),
    });
}

pub(super) fn clause_3_nothing_is_lost_between_threads(constructor: Constructor) {
    four_producers(constructor.notifier(), 20_000, |notifier, is_missing| {
        consume(notifier, is_missing);
    });
}

pub(super) fn clause_3_nothing_is_lost_between_processes(constructor: Constructor) {
    const EACH: u32 = 10_000;
    let notifier = constructor.notifier();
    let published = Shared::new();
    let producers = [(); 3].map(|()| fork(|| produce(&notifier, &published, EACH)));
    consume(&notifier, &|| published.load(Ordering::Relaxed) < 3 * EACH);
    producers.into_iter().for_each(Child::succeeds);
}

/// The producer goes on only when a clear has reported its notification, so a
/// clear that swallows one ends the game.
pub(super) fn clause_3_clear_reports_what_it_takes(constructor: Constructor) {
    const ROUNDS: u32 = 5_000;
    let there = constructor.notifier();
    let back = constructor.notifier();
    let reported = AtomicU32::new(0);
    run_threads(2, &|index| match index {
        0 => {
            for round in 1..=ROUNDS {
                assert_eq!(there.notify(), Ok(()));
                assert_eq!(back.wait(None), Ok(Wait::Notified));
                assert_eq!(back.clear(), Ok(true));
                assert_eq!(reported.load(Ordering::Acquire), round);
            }
        }
        _ => {
            while reported.load(Ordering::Relaxed) < ROUNDS {
                // No wait: the clear is to run beside the notify.
                if there.clear() == Ok(true) {
                    reported.fetch_add(1, Ordering::Release);
                    assert_eq!(back.notify(), Ok(()));
                }
            }
        }
    });
}

pub(super) fn clause_3_a_token_passes_round_fifty_threads(constructor: Constructor) {
    const THREADS: usize = 50;
    const ROUNDS: u32 = 20;
    let notifiers: [_; THREADS] = core::array::from_fn(|_| constructor.notifier());
    let passes = AtomicU32::new(0);
    assert_eq!(notifiers[0].notify(), Ok(()));
    run_threads(THREADS, &|index| {
        for round in 0..ROUNDS {
            let mine = &notifiers[index];
            assert_eq!(mine.wait(None), Ok(Wait::Notified));
            assert_eq!(mine.clear(), Ok(true));
            // Only who has the token gets here.
            let pass = passes.fetch_add(1, Ordering::Relaxed);
            assert_eq!(pass, round * THREADS as u32 + index as u32);
            assert_eq!(notifiers[(index + 1) % THREADS].notify(), Ok(()));
        }
    });
    assert_eq!(passes.load(Ordering::Relaxed), ROUNDS * THREADS as u32);
    assert_eq!(notifiers[0].clear(), Ok(true));
}

/// Many threads find out at once what the kernel has.
pub(super) fn first_use_by_many_threads<S: Subject>(constructor: Constructor) {
    let before = Open::now();
    for _ in 0..10 {
        run_threads(16, &|_| constructor.make::<S>().works());
    }
    assert_eq!(Open::now(), before);
}
