#!/usr/bin/env bash
# Checks that libwakefd.so loads on an old glibc: builds it with Debian's cross compilers,
# whose glibc is new, and checks the names that it imports.
#
#   ci/symbols.sh [TARGET...]
source "$(dirname "$0")/lib.sh"

# The newest version that an imported name may have: the first glibc for that ABI, or 2.4.
declare -A NEWEST=([x86_64-unknown-linux-gnu]=GLIBC_2.2.5 [armv5te-unknown-linux-gnueabi]=GLIBC_2.4
    [mips-unknown-linux-gnu]=GLIBC_2.4 [mipsel-unknown-linux-gnu]=GLIBC_2.4)
# Names that are forbidden in every version: calls that are newer than the oldest supported
# kernel or glibc, and functions that read the environment or a file, because the library may
# be in a setuid program.
FORBIDDEN='^(.*getenv|environ|f?open.*|eventfd.*|epoll.*|signalfd.*|timerfd.*|pipe2|dup3|ppoll|accept4|__stack_chk_.*|_Unwind_.*|pthread_cond.*)$'

targets=("$@")
[ $# -gt 0 ] || targets=(x86_64-unknown-linux-gnu armv5te-unknown-linux-gnueabi mips{,el}-unknown-linux-gnu)

# imports FILE: prints the imported names, each with its version if it has one.
imports() { readelf --dyn-syms -W "$1" | awk '$7 == "UND" && $8 != "" { print $8 }' | sort; }

# faults FILE NEWEST [LIBRARY]: prints a line for each fault of FILE.
faults() {
    local file=$1 newest=$2 other=${3:-} name version line
    while read -r name; do
        version=${name#"${name%%@*}"} version=${version##*@} name=${name%%@*}
        ! [[ $name =~ $FORBIDDEN ]] || echo "imports $name"
        case $version in
        '') ;; # weak ones of gcc's startup files; checked below
        GLIBC_*) [ "$(printf '%s\n' "$version" "$newest" | sort -V | tail -n 1)" = "$newest" ] ||
            echo "imports $name of $version" ;;
        *) echo "imports $name of $version, which is not a version of glibc" ;;
        esac
    done < <(imports "$file")
    # Every name that must be defined by another library has a version.
    readelf --dyn-syms -W "$file" |
        awk '$7 == "UND" && $5 != "WEAK" && $8 != "" && $8 !~ /@/ { print "imports " $8 " of no library" }'
    readelf -dW "$file" | awk -v other="[$other]" '$2 == "(NEEDED)" && $NF != "[libc.so.6]" && $NF != other { print "needs " $NF }'
    # Loaders before 2006 read only DT_HASH, and refuse a file whose header names a newer
    # format.
    readelf -dW "$file" | grep -q '(HASH)' || echo "has no DT_HASH"
    line=$(readelf -hW "$file" | awk -F': *' '/OS\/ABI|ABI Version/ { print $2 }' | xargs)
    [ "$line" = "UNIX - System V 0" ] || echo "has the ABI $line"
}

functions=$(c_functions)
build=$PWD/target/symbols
mkdir -p "$build"

# A library that must fail the check: it imports a forbidden name, and one that is allowed
# but too new.
printf '%s\n' 'int eventfd(unsigned, int);' 'long getrandom(void *, unsigned long, unsigned);' \
    'long bad(void) { return eventfd(0, 0) + getrandom(0, 0, 0); }' >"$build/bad.c"

for target in "${targets[@]}"; do
    target "$target"
    newest=${NEWEST[$target]:-} cc=${prefix}gcc
    [ -n "$newest" ] || fail "the script does not know the oldest glibc for $target"
    say "$target"
    packages "${needed[@]}" make
    core "$target"
    export RUSTFLAGS=--sysroot=$CORE
    shared=(make -s -C capi shared TARGET="$target" CC="$cc" BUILD="$build" CARGO="${CARGO[*]}")
    run "${shared[@]}"
    library=$build/$target/release/libwakefd.so

    # An old glibc has threads in libpthread, and the other functions in libc.
    found=$(faults "$library" "$newest" libpthread.so.0)
    [ -z "$found" ] || fail "$library: $found"
    readelf -VW "$library" | awk '
        / File: / { file = $5 }
        / Name: / { for (i = 1; i < NF; i++) if ($i == "Version:") of[$(i + 1)] = file }
        END { for (number in of) print number, of[number] }' >"$build/files"
    threads=$(readelf --dyn-syms -W "$library" | awk '
        NR == FNR { of["(" $1 ")"] = $2; next }
        $7 == "UND" && $9 in of && (/pthread_/ && !/pthread_mutex_/) != (of[$9] == "libpthread.so.0") { print $8, of[$9] }' "$build/files" -)
    [ -z "$threads" ] || fail "$library expects a name in the wrong library: $threads"
    soname=$(readelf -dW "$library" | sed -n 's/.*Library soname: \[\(.*\)\]/\1/p')
    [ "$soname" = libwakefd.so.0 ] || fail "the soname of $library is '$soname'"
    exports=$(readelf --dyn-syms -W "$library" | awk '$5 == "GLOBAL" && $7 ~ /^[0-9]+$/ { sub(/@@WAKEFD_0\.1$/, "", $8); print $8 }' | sort)
    [ "$exports" = "$functions" ] || fail "$library exports other functions than wakefd.h declares: $exports"

    # Without timers the library does not need libpthread.
    cp "$library" "$build/$target.so"
    run "${shared[@]}" FEATURES=eventfd,pipe,text,signal
    unset RUSTFLAGS
    found=$(faults "$library" "$newest")
    [ -z "$found" ] || fail "without timers: $found"
    library=$build/$target.so
    faults "$library" "$newest" | grep -q '^needs .libpthread.so.0.$' || fail "with timers $library does not need libpthread"

    "$cc" -shared -fPIC "$build/bad.c" -o "$build/bad.so"
    found=$(faults "$build/bad.so" "$newest")
    if ! grep -qx 'imports eventfd' <<<"$found" || ! grep -q '^imports getrandom of GLIBC_2' <<<"$found"; then
        fail "a library that imports eventfd and getrandom passes, so the check is useless"
    fi
    printf 'no name newer than %s; %d bytes; a library that imports eventfd fails: %s\n' "$newest" \
        "$(stat -c %s "$library")" "$(paste -sd , - <<<"$found")"
    imports "$library" | grep @ | paste -sd ' ' - | fold -sw 100
done
