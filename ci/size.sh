#!/usr/bin/env bash
# What wakefd adds to a static C program: builds capi/ for size, links programs that
# call some of its functions with musl, and counts in the linker's map. Says what is
# aimed at, and fails if it is more than it was.
#
#   ci/size.sh [TARGET...]
#
#   own      code and constants of wakefd
#   data     variables of wakefd, whatever their section
#   runtime  routines of the compiler (a 64-bit division), which a program has once
#   libc     functions of libc that the empty program has not; most have them anyway
# shellcheck disable=SC2086 # what is not quoted is made of words of this script
source "$(dirname "$0")/lib.sh"

# The code is linked at a fixed address; and what opt-level z alone would not inline is
# often smaller than the call and the frame that it costs.
RUST=(-Crelocation-model=static -Cllvm-args=-inline-threshold=55)

# budget: target, build, functions, how many bytes wakefd itself is to have, and how
# many it may have. That is more: see docs/embedded.md.
budget() {
    cat <<'END'
thumbv7neon-unknown-linux-musleabihf eventfd,pipe basic 1280 1472
thumbv7neon-unknown-linux-musleabihf pipe         basic  768 1040
thumbv7neon-unknown-linux-musleabihf eventfd,pipe all   2560 3312
mipsel-unknown-linux-musl            eventfd,pipe basic 2048 2944
mipsel-unknown-linux-musl            pipe         basic 1280 2208
mipsel-unknown-linux-musl            eventfd,pipe all   4096 6720
END
}
DATA=8 # bytes of variables that it may have, on each target

# Those with timers or signals are shown, and have no budget.
declare -A NUMBER=([none]=0 [basic]=1 [all]=2 [text]=3 [timer]=4 [signal]=5) # capi/tests/size.c
BUILDS=(eventfd pipe eventfd,pipe eventfd,pipe,text eventfd,pipe,timer eventfd,pipe,signal)

targets=("$@")
[ $# -gt 0 ] || targets=(armv5te-unknown-linux-musleabi thumbv7neon-unknown-linux-musleabihf mipsel-unknown-linux-musl)
build=$PWD/target/size
mkdir -p "$build"

# pieces MAP: what the linker took from libraries: whose it is, bytes, section.
pieces() {
    awk '
        function number(hex,    value, i) {
            for (i = 3; i <= length(hex); i++) value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return value + 0
        }
        /^Linker script and memory map/ { map = 1 }
        !map { next }
        # A long name has a line to itself.
        /^ \.[^ ]+$/ { name = $1; next }
        /^ \.[^ ]+ +0x/ { name = $1; $1 = ""; $0 = " " $0 }
        /^ +0x[0-9a-f]+ +0x[0-9a-f]+ +[^ ]/ && name ~ /^\.(text|rodata|data|bss|sdata|sbss|tdata|tbss|got|ARM\.ex|eh_frame|gcc_except)/ {
            if ($3 ~ /libwakefd\.a\(wakefd[.-]/) owner = name ~ /^\.(text|rodata|data\.rel\.ro|ARM|eh_frame)/ ? "own" : "data"
            else if ($3 ~ /libwakefd\.a\(/) owner = "runtime"
            else if ($3 ~ /libc\.a\(/) owner = "libc"
            else owner = ""
            if (owner != "" && $2 != "0x0") print owner, number($2), name
        }
        { name = "" }' "$1"
}

# overhead OBJDUMP LIBRARY: of the code, what does nothing, and what keeps registers.
overhead() {
    "$1" -d --no-show-raw-insn "$2" 2>/dev/null | awk -F'\t' '
        /file format/ { own = /^wakefd[.-]/ }
        own && /^ +[0-9a-f]+:/ {
            all++
            if ($2 ~ /^nop/) empty++
            if ($2 ~ /^[ls]w *$/ && $3 ~ /\(sp\)/) stack++
        }
        END { printf "of %d bytes of code with eventfd,pipe, %d are empty delay slots, %d go to the stack and back\n", 4 * all, 4 * empty, 4 * stack }'
}

# count MAP: bytes of own, data, runtime, libc.
count() { pieces "$1" | awk '{ sum[$1] += $2 } END { print sum["own"] + 0, sum["data"] + 0, sum["runtime"] + 0, sum["libc"] + 0 }'; }

failed=() stack='' met=0 missed=0
for target in "${targets[@]}"; do
    target "$target"
    [ $libc = musl ] || fail "sizes are counted with musl, and $target is not of it"
    packages "${needed[@]}" make
    say "$target"
    sysroot=$(bash ci/sysroot.sh "$target" 2>"$build/sysroot.log") || { cat "$build/sysroot.log" && fail "no musl"; }
    compile=("$sysroot/bin/cc" -std=c99 -Wall -Wextra -Werror -Icapi/include -static -no-pie -fno-pie -Wl,--gc-sections)
    RUSTFLAGS=${RUST[*]} core "$target" -Zbuild-std-features=optimize_for_size
    report=() lists=()
    for features in "${BUILDS[@]}"; do
        dir=$build/$target/$features library=$build/$target/$features/libwakefd.a
        mkdir -p "$dir"
        RUSTFLAGS="${RUST[*]} --sysroot=$CORE" make -s -C capi static TARGET="$target" BUILD="$build" \
            FEATURES="$features" CARGO="${CARGO[*]}" 2>"$build/build.log" || { cat "$build/build.log" && fail "it does not build for $target"; }
        cp "$build/$target/release/libwakefd.a" "$library"
        kinds=(none basic all)
        case $features in
        *text) kinds=(none text) ;;
        # Also without: what is not used is not there, its variables neither.
        *timer) kinds=(none basic timer) ;;
        *signal) kinds=(none basic signal) ;;
        esac
        for functions in "${kinds[@]}"; do
            # A comma in a name would be gcc's after -Wl.
            "${compile[@]}" -Os -DFUNCTIONS=${NUMBER[$functions]} capi/tests/size.c -Wl,--start-group "$library" -lc -Wl,--end-group \
                -Xlinker "-Map=$dir/$functions.map" -o "$dir/$functions"
            read -r own data runtime libc < <(count "$dir/$functions.map")
            if [ $functions = none ]; then
                [ "$own$data$runtime" = 000 ] || fail "there is something of wakefd in a program that does not use it"
                without=$libc
                continue
            fi
            [ "$own" -gt 0 ] || fail "nothing of wakefd was found in the linker's map"
            read -r goal limit < <(budget | awk -v key="$target $features $functions" '$1 " " $2 " " $3 == key { print $4, $5 }') || true
            verdict=''
            if [ -n "${goal:-}" ]; then
                verdict="of $goal"
                if [ "$own" -le "$goal" ]; then met=$((met + 1)); else missed=$((missed + 1)); fi
                [ "$own" -le "$limit" ] || failed+=("$target, $features, $functions: $own bytes, more than $limit")
            fi
            # ARM's compiler puts small variables side by side, where 32 bytes of signals' join
            # the one that all have.
            [ "$data" -le $DATA ] || [[ $functions == timer || $features == *signal ]] || failed+=("$target, $features, $functions: $data bytes of data, of $DATA")
            report+=("$(printf '%-18s %-6s %6d %-8s %5d %8d %6d' "$features" $functions "$own" "$verdict" "$data" \
                "$runtime" $((libc - without)))")
            [ "$features" != eventfd,pipe ] || lists+=("$dir/$functions")
        done
        [[ $features != *timer && $features != *signal ]] || continue
        text=-DWITHOUT_TEXT
        [[ $features != *text ]] || text=''
        # shellcheck disable=SC2086
        "${compile[@]}" -O1 $text capi/tests/stack.c -Wl,--start-group "$library" -lc -Wl,--end-group -o "$dir/stack"
        stack+=$'\n'$("${runner[@]}" "$dir/stack" | sed "s/^/$features: /")
    done
    printf '%-18s %-6s %6s %-8s %5s %8s %6s\n' features calls own '' data runtime libc
    printf '%s\n' "${report[@]}"
    echo "${stack#$'\n'}"
    stack=''
    [[ $target != mips* ]] || overhead "${prefix}objdump" "$build/$target/eventfd,pipe/libwakefd.a"
    for list in "${lists[@]}"; do
        echo "what is in $(basename "$list") with eventfd,pipe:"
        pieces "$list.map" | awk '$1 == "own" || $1 == "data" { printf "    %5d %s\n", $2, $3 }' | sort -rn | sed 's/\.text\.//' |
            c++filt | sed 's/\[[0-9a-f]\{16\}\]//g'
    done
done
echo "sizes aimed at: $met met, $missed missed"
[ ${#failed[@]} -eq 0 ] || fail "$(printf '%s\n' "too large:" "${failed[@]}")"
