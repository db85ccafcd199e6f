#!/usr/bin/env bash
# The waker, what signal handlers share with the program, the channels' ends and the
# service thread of timers under the model checker loom: no order of threads, and no
# value that a weak memory may let them read, loses a wake-up, a signal or a message.
# Then the same with memory orderings weakened and with steps left out or swapped,
# which must be found.
source "$(dirname "$0")/lib.sh"

# Orders with up to this many preemptions. A full search would take hours, and
# what goes wrong with two or three threads goes wrong within few.
export LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-2}
target=$PWD/target/loom

# models DIRECTORY [OPTION...]: of the sources there, without those sources' own tests.
models() { cargo test --locked --profile loom --manifest-path "$1/tests/loom/Cargo.toml" --target-dir "$target" "${@:2}" -- model::; }

say "the models, up to $LOOM_MAX_PREEMPTIONS preemptions"
run models .

# copy_to DIRECTORY: puts the sources there, to plant mistakes in them.
copy_to() {
    rm -rf "$1"
    mkdir -p "$1"
    cp -r --parents Cargo.toml Cargo.lock README.md src docs tests examples benches "$1"
}

# edit FILE OLD NEW: puts NEW in the place of OLD, which is there once.
edit() {
    OLD=$2 NEW=$3 perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g == 1 or exit 1' "$1" ||
        fail "'$2' is not in $1 once"
}

# mutated WHAT FILE OLD NEW: the models of this file fail when OLD, which is there once,
# is NEW.
mutated() {
    local copy=$target/mutated of=--lib
    printf '%s\n' "$1"
    shift
    copy_to "$copy"
    edit "$copy/$1" "$2" "$3"
    case $1 in
        src/channel/* | src/sys/mpsc.rs) of=--test=channel ;;
        src/sys/* | src/timer/*) of=--test=service ;;
    esac
    if models "$copy" "$of" >"$target/mutated.log" 2>&1; then
        fail "no model finds that"
    fi
    # Loom ends the program at the first it finds; the message is on the next line.
    grep -A1 -m1 "^thread '[a-z_:]*model::" "$target/mutated.log" | sed "s/^thread '[a-z_:]*model::\([a-z_]*\)'.*/    found by \1/; 2s/^/    /" ||
        fail "no model failed; see $target/mutated.log"
}

say "with a mistake"
mutated "wake's fence is weaker" src/waker/state.rs \
    'fence(Ordering::SeqCst);
        let seen' \
    'fence(Ordering::AcqRel);
        let seen'
mutated "wake has no fence" src/waker/state.rs \
    'fence(Ordering::SeqCst);
        let seen' 'let seen'
mutated "clear's fence is weaker" src/waker/state.rs \
    'CLEARING);
        fence(Ordering::SeqCst);' \
    'CLEARING);
        fence(Ordering::AcqRel);'
mutated "the fence of a consumer that stays awake is weaker" src/waker/state.rs \
    'AWAKE);
        fence(Ordering::SeqCst);' \
    'AWAKE);
        fence(Ordering::AcqRel);'
mutated "a late confirmation is taken for one in time" src/waker/state.rs \
    '(word | FLAGS).wrapping_add(1)' 'word & !FLAGS'
mutated "a write during a clear is relied on" src/waker/state.rs 'if seen & FLAGS == 0 {' 'if true {'
mutated "a write is relied on before it is complete" src/waker/mod.rs \
    'self.notifier.notify()?;
            self.state.confirm(seen);' \
    'self.state.confirm(seen);
            self.notifier.notify()?;'
mutated "clear drains before it says so" src/waker/mod.rs \
    'let before = self.state.begin_clear();
        let drained = self.notifier.clear()?;
        self' \
    'let drained = self.notifier.clear()?;
        let before = self.state.begin_clear();
        self'
mutated "clear arms before it drains" src/waker/mod.rs \
    'let drained = self.notifier.clear()?;
        self.state.arm();' \
    'self.state.arm();
        let drained = self.notifier.clear()?;'
mutated "finish does not say what it drained" src/waker/mod.rs \
    'state.set_awake();
        Ok(drained || before.was_pending())' \
    'state.set_awake();
        let _ = drained;
        Ok(before.was_pending())'
mutated "clear_if_empty does not make readable what it leaves" src/waker/mod.rs 'if !is_readable {' 'if false {'
mutated "clear_if_empty takes what it has drained for readable" src/waker/mod.rs 'is_readable = false;' ''
mutated "clear_if_empty does not look" src/waker/mod.rs 'while is_empty() {' 'while is_empty() || true {'
mutated "clear_if_empty does not mind a wake-up" src/waker/mod.rs \
    'if self.state.try_arm() {
                forget' \
    'self.state.arm();
            if true {
                forget'
mutated "a look that panics leaves the consumer awake" src/waker/mod.rs \
    'let unfinished = Unfinished(self);' 'let unfinished = ();'
mutated "prepare_wait does not mind a wake-up" src/waker/mod.rs 'if state.try_arm() {' 'if state.try_arm() || true {'
mutated "a guard that goes does not write" src/waker/mod.rs 'if self.waker.notifier.notify().is_ok() {' 'if true {'
mutated "a guard that cannot write says that it has" src/waker/mod.rs \
    'if self.waker.notifier.notify().is_ok() {' 'let _ = self.waker.notifier.notify();
            if true {'
mutated "a signal is full before it is written" src/signals/slot.rs \
    'fetch_add(FULL - WRITING, Ordering::Release)' 'fetch_add(FULL - WRITING, Ordering::Relaxed)'
mutated "a signal is taken before it is read" src/signals/slot.rs \
    'self.state.load(Ordering::Acquire);
        while' 'self.state.load(Ordering::Relaxed);
        while'
mutated "a second signal publishes nothing" src/signals/slot.rs \
    'let next = if ours { state | WRITING } else { state };' \
    'let next = state | WRITING;
            if !ours {
                return false;
            }'
mutated "a slot does not count" src/signals/slot.rs 'state.wrapping_add(FULL)' 'state & !PHASE'
mutated "a handler has no fence before the watchers" src/signals/slot.rs \
    'fence(Ordering::SeqCst);
        self.watchers' 'self.watchers'
mutated "a watcher's fence is weaker" src/signals/slot.rs \
    'fence(Ordering::SeqCst);
        self.is_full()' 'fence(Ordering::AcqRel);
        self.is_full()'
mutated "next does not look once more" src/signals/pending.rs 'Ok(_) if any() =>' 'Ok(_) if any() && false =>'
mutated "a handler's fence is weaker after the pin" src/signals/target.rs \
    'fence(Ordering::SeqCst);
        match' 'fence(Ordering::AcqRel);
        match'
mutated "close has a weaker fence" src/signals/target.rs \
    'store(NONE, Ordering::Relaxed);
        fence(Ordering::SeqCst);' \
    'store(NONE, Ordering::Relaxed);
        fence(Ordering::AcqRel);'
mutated "a pin is given back too early" src/signals/target.rs \
    'fetch_sub(1, Ordering::Release)' 'fetch_sub(1, Ordering::Relaxed)'
mutated "a handler in a child does not look whose the slots are by now" src/signals/pending_in_child.rs \
    'owner.load(Ordering::Acquire) == process && self.take(process)' 'false'
mutated "a handler in a child does not see whose the slots are by now" src/signals/pending_in_child.rs \
    'swap(process, Ordering::Acquire)' 'swap(process, Ordering::Relaxed)'
mutated "who takes what came early does not say whose the slots are" src/signals/pending_in_child.rs \
    'swap(0, Ordering::Release)' 'swap(0, Ordering::Relaxed)'
mutated "open has no fence" src/signals/target.rs \
    'self.process.store(process, Ordering::Relaxed);
        // With that of `Slot::record`: a handler sees this, or its signal is found by
        // who looks now.
        fence(Ordering::SeqCst);' \
    'self.process.store(process, Ordering::Relaxed);'
mutated "a sender's fence is weaker" src/channel/capacity.rs \
    'fence(Ordering::SeqCst);
            if' \
    'fence(Ordering::AcqRel);
            if'
mutated "a receiver's fence is weaker" src/channel/capacity.rs \
    'fence(Ordering::SeqCst);
        if' 'fence(Ordering::AcqRel);
        if'
mutated "a wake-up for room is not counted" src/channel/capacity.rs \
    'self.wake_ups.fetch_add(1, Ordering::Relaxed);' ''
mutated "a receiver that goes wakes no sender" src/channel/shared.rs 'capacity.wake_all();' 'let _ = capacity;'
mutated "a receiver that goes wakes one of two senders" src/channel/capacity.rs 'self.wake(ALL);' 'self.wake(ALL.min(1));'
mutated "a message that is taken makes no room" src/channel/shared.rs 'capacity.release();' 'let _ = capacity;'
mutated "the last sender wakes nobody" src/channel/shared.rs 'let _ = self.waker.wake();' ''
mutated "without senders nobody looks once more" src/channel/shared.rs \
    'match has_senders {' 'match self.has_senders() {'
mutated "a message is sent before it is written" src/sys/mpsc.rs \
    'state.swap(FULL, Ordering::AcqRel)' 'state.swap(FULL, Ordering::Relaxed)'
mutated "a message is taken before it is read" src/sys/mpsc.rs \
    'if state.load(Ordering::Acquire) == FULL' 'if state.load(Ordering::Relaxed) == FULL'
mutated "a message hides behind one that is not written" src/sys/mpsc.rs \
    'if self.tail() == join(block, index) {' 'if state.load(Ordering::Relaxed) == EMPTY {'
mutated "a queue is closed in two steps" src/sys/mpsc.rs \
    'let end = self.queue.tail.swap(closed, Ordering::AcqRel);' \
    'let end = self.queue.tail.load(Ordering::Acquire);
            self.queue.tail.store(closed, Ordering::Release);'
mutated "an earlier alarm wakes nobody" src/timer/service.rs \
    'schedule.alarm() < service.sleeps_until' 'false'
mutated "the thread does not look before it sleeps" src/timer/service.rs \
    'if schedule.expire(now) {' 'if false {'
mutated "a thread does not learn that it is to end" src/timer/service.rs \
    'service.generation.wrapping_add(1)' 'service.generation'
mutated "two threads make the lock anew" src/sys/fork_mutex.rs \
    'if owner == resetting {' 'if false {'
mutated "a change is not counted" src/sys/condvar.rs 'self.0.fetch_add(1, Ordering::Relaxed);' ''
mutated "the count is read when the lock is released" src/sys/condvar.rs \
    'let seen = self.0.load(Ordering::Relaxed);
                // SAFETY: the caller'"'"'s promise.
                unsafe { libc::pthread_mutex_unlock(mutex) };' \
    '// SAFETY: the caller'"'"'s promise.
                unsafe { libc::pthread_mutex_unlock(mutex) };
                let seen = self.0.load(Ordering::Relaxed);'
