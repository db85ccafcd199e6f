#!/usr/bin/env bash
# The waker, and what signal handlers share with the program, under the model checker
# loom: no order of threads, and no value that a weak memory may let them read, loses
# a wake-up or a signal. Then the same with memory orderings weakened and with steps
# left out or swapped, which must be found.
source "$(dirname "$0")/lib.sh"

# Orders with up to this many preemptions. A full search would take hours, and
# what goes wrong with two or three threads goes wrong within few.
export LOOM_MAX_PREEMPTIONS=${LOOM_MAX_PREEMPTIONS:-2}
target=$PWD/target/loom

models() { cargo test --locked --release --manifest-path "$1/ci/loom/Cargo.toml" --target-dir "$target"; }

say "the models, up to $LOOM_MAX_PREEMPTIONS preemptions"
run models .

# mutated WHAT FILE OLD NEW: the models fail when OLD, which is there once, is NEW.
mutated() {
    local copy=$target/mutated
    printf '%s\n' "$1"
    shift
    rm -rf "$copy"
    mkdir -p "$copy/ci"
    cp -r Cargo.toml Cargo.lock src README.md conformance tests examples benches "$copy"
    cp -r ci/loom "$copy/ci"
    OLD=$2 NEW=$3 perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g == 1 or exit 1' "$copy/$1" ||
        fail "'$2' is not in $1 once"
    if models "$copy" >"$target/mutated.log" 2>&1; then
        fail "no model finds that"
    fi
    # Loom ends the program at the first it finds; the message is on the next line.
    grep -A1 -m1 "^thread '[a-z_]*model::" "$target/mutated.log" | sed "s/^thread '[a-z_]*model::\([a-z_]*\)'.*/    found by \1/; 2s/^/    /" ||
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
mutated "settle does not make readable what it leaves" src/waker/mod.rs \
    'let _ = self.notifier.notify();
                return' 'return'
mutated "settle does not look once more" src/waker/mod.rs \
    'self.state.stay_awake();
            if let' 'self.state.arm();
            if let'
mutated "settle drains and does not look" src/waker/mod.rs \
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
