#!/usr/bin/env bash
# Counts the bytes that wakefd adds to a static C program: builds capi/ for size, links
# programs that call some of its functions with musl, and adds up the linker's map. Prints the
# goals, and fails if a program exceeds its limit.
#
#   ci/size.sh [TARGET...]
#
#   own      code and constants of wakefd
#   data     variables of wakefd, whatever their section
#   runtime  routines of the compiler (a 64-bit division), which a program has once
#   libc     functions of libc that the empty program does not contain; most programs do
# shellcheck disable=SC2086 # unquoted variables are lists of words
source "$(dirname "$0")/lib.sh"

# The code is linked at a fixed address. Some inlining is smaller than the calls and frames
# that opt-level z alone would keep.
RUST=(-Crelocation-model=static -Cllvm-args=-inline-threshold=55)

# budget: target, build, functions, the goal in bytes, and the limit. docs/embedded.md says
# why the limits are above the goals.
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
DATA=8 # the limit for variables in bytes, on each target

# Programs with timers or signals are printed and have no budget.
declare -A NUMBER=([none]=0 [basic]=1 [all]=2 [text]=3 [timer]=4 [signal]=5) # capi/tests/size.c
BUILDS=(eventfd pipe eventfd,pipe eventfd,pipe,text eventfd,pipe,timer eventfd,pipe,signal)

targets=("$@")
[ $# -gt 0 ] || targets=(armv5te-unknown-linux-musleabi thumbv7neon-unknown-linux-musleabihf mipsel-unknown-linux-musl)
build=$PWD/target/size
mkdir -p "$build"

# pieces MAP: prints owner, bytes and section of each piece that the linker took from a library.
pieces() {
    awk '
        function number(hex,    value, i) {
            for (i = 3; i <= length(hex); i++) value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return value + 0
        }
        /^Linker script and memory map/ { map = 1 }
        !map { next }
        # A long name is on a line by itself.
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

# overhead OBJDUMP LIBRARY: counts empty delay slots, and loads and stores of registers.
overhead() {
    "$1" -d --no-show-raw-insn "$2" 2>/dev/null | awk -F'\t' '
        /file format/ { own = /^wakefd[.-]/ }
        own && /^ +[0-9a-f]+:/ {
            all++
            if ($2 ~ /^nop/) empty++
            if ($2 ~ /^[ls]w *$/ && $3 ~ /\(sp\)/) stack++
        }
        END { printf "of %d bytes of code with eventfd,pipe, %d are empty delay slots, %d save and restore registers\n", 4 * all, 4 * empty, 4 * stack }'
}

# count MAP: prints the bytes of own, data, runtime and libc.
count() { pieces "$1" | awk '{ sum[$1] += $2 } END { print sum["own"] + 0, sum["data"] + 0, sum["runtime"] + 0, sum["libc"] + 0 }'; }

failed=() stack='' met=0 missed=0
for target in "${targets[@]}"; do
    target "$target"
    [ $libc = musl ] || fail "sizes are counted with musl, which $target does not have"
    packages "${needed[@]}" make
    say "$target"
    sysroot=$(bash ci/sysroot.sh "$target" 2>"$build/sysroot.log") || { cat "$build/sysroot.log" && fail "cannot build musl for $target"; }
    compile=("$sysroot/bin/cc" -std=c99 -Wall -Wextra -Werror -Icapi/include -static -no-pie -fno-pie -Wl,--gc-sections)
    RUSTFLAGS=${RUST[*]} core "$target" -Zbuild-std-features=optimize_for_size
    report=() lists=()
    for features in "${BUILDS[@]}"; do
        dir=$build/$target/$features library=$build/$target/$features/libwakefd.a
        mkdir -p "$dir"
        RUSTFLAGS="${RUST[*]} --sysroot=$CORE" make -s -C capi static TARGET="$target" BUILD="$build" \
            FEATURES="$features" CARGO="${CARGO[*]}" 2>"$build/build.log" || { cat "$build/build.log" && fail "the library does not build for $target"; }
        cp "$build/$target/release/libwakefd.a" "$library"
        kinds=(none basic all)
        case $features in
        *text) kinds=(none text) ;;
        # Also without their functions: a program must not contain unused code and variables.
        *timer) kinds=(none basic timer) ;;
        *signal) kinds=(none basic signal) ;;
        esac
        for functions in "${kinds[@]}"; do
            # gcc would split a name with a comma after -Wl.
            "${compile[@]}" -Os -DFUNCTIONS=${NUMBER[$functions]} capi/tests/size.c -Wl,--start-group "$library" -lc -Wl,--end-group \
                -Xlinker "-Map=$dir/$functions.map" -o "$dir/$functions"
            read -r own data runtime libc < <(count "$dir/$functions.map")
            if [ $functions = none ]; then
                [ "$own$data$runtime" = 000 ] || fail "a program that does not use wakefd contains some of it"
                without=$libc
                continue
            fi
            [ "$own" -gt 0 ] || fail "the linker's map contains nothing of wakefd"
            read -r goal limit < <(budget | awk -v key="$target $features $functions" '$1 " " $2 " " $3 == key { print $4, $5 }') || true
            verdict=''
            if [ -n "${goal:-}" ]; then
                verdict="of $goal"
                if [ "$own" -le "$goal" ]; then met=$((met + 1)); else missed=$((missed + 1)); fi
                [ "$own" -le "$limit" ] || failed+=("$target, $features, $functions: $own bytes, more than $limit")
            fi
            # On ARM the compiler merges small variables, so 32 bytes of signals come with the
            # variable that every program has.
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
        echo "the contents of $(basename "$list") with eventfd,pipe:"
        pieces "$list.map" | awk '$1 == "own" || $1 == "data" { printf "    %5d %s\n", $2, $3 }' | sort -rn | sed 's/\.text\.//' |
            c++filt | sed 's/\[[0-9a-f]\{16\}\]//g'
    done
done
echo "goals for size: $met met, $missed missed"
[ ${#failed[@]} -eq 0 ] || fail "$(printf '%s\n' "too large:" "${failed[@]}")"
