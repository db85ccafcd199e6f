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
        src/channel/*) of=--test=channel ;;
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
        self.0.load' \
    'fence(Ordering::AcqRel);
        self.0.load'
mutated "wake has no fence" src/waker/state.rs \
    'fence(Ordering::SeqCst);
        self.0.load' 'self.0.load'
mutated "clear's fence is weaker" src/waker/state.rs \
    'swap(ARMED, Ordering::Relaxed);
        fence(Ordering::SeqCst);' \
    'swap(ARMED, Ordering::Relaxed);
        fence(Ordering::AcqRel);'
mutated "finish's fence is weaker" src/waker/state.rs \
    'swap(AWAKE, Ordering::Relaxed);
        fence(Ordering::SeqCst);' \
    'swap(AWAKE, Ordering::Relaxed);
        fence(Ordering::AcqRel);'
mutated "clear arms first, then drains" src/waker/mod.rs \
    'let drained = self.notifier.clear()?;
        Ok(self.state.rearm() | drained)' \
    'let woken = self.state.rearm();
        Ok(self.notifier.clear()? | woken)'
mutated "a write that failed is not taken back" src/waker/mod.rs 'self.state.take_back();' ''
mutated "clear_if_empty does not make readable what it leaves" src/waker/mod.rs \
    'let _ = self.notifier.notify();
                return' 'return'
mutated "clear_if_empty does not look once more" src/waker/mod.rs \
    'self.state.stay_awake();
            if let' 'self.state.arm();
            if let'
mutated "clear_if_empty drains and does not look" src/waker/mod.rs \
    'if !self.notifier.clear()? {' 'if !self.notifier.clear()? || true {'
mutated "prepare_wait does not mind a wake-up" src/waker/mod.rs 'if state.arm() {' 'if state.arm() || true {'
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
mutated "a sender's fence is weaker" src/channel/gate.rs \
    'fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);' \
    'fetch_add(1, Ordering::Relaxed);
        fence(Ordering::AcqRel);'
mutated "a receiver's fence is weaker" src/channel/gate.rs \
    'fence(Ordering::SeqCst);
        if' 'fence(Ordering::AcqRel);
        if'
mutated "who makes room does not take the lock" src/channel/gate.rs \
    'let _locked = self.lock.lock().unwrap_or_else(PoisonError::into_inner);' ''
mutated "a receiver that goes does not open the gate" src/channel/link.rs 'gate.open();' 'let _ = gate;'
mutated "a gate that opens wakes one of two" src/channel/gate.rs \
    'self.wake(Condvar::notify_all)' 'self.wake(Condvar::notify_one)'
mutated "a message that is taken makes no room" src/channel/link.rs 'gate.make_room();' 'let _ = gate;'
mutated "the last sender wakes nobody" src/channel/link.rs 'let _ = self.waker.wake();' ''
mutated "without senders nobody looks once more" src/channel/link.rs \
    'self.pop().ok_or(RecvError::Disconnected)' 'Err(RecvError::Disconnected)'
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
