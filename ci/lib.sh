# Sourced by every script in ci/: strict mode, the project's root as working directory,
# and the few words that the scripts share.
# shellcheck disable=SC2034 # variables for the scripts
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Downloads and toolchains that later runs can use again; safe to delete.
CACHE=${WAKEFD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wakefd}
mkdir -p "$CACHE" || {
    echo "error: cannot write to $CACHE; XDG_CACHE_HOME says where else" >&2
    exit 1
}
PASSED=$PWD/target/passed

# The combinations of features that the library must build with, each without the others.
FEATURES=({,std\,,channel\,}{eventfd,pipe,eventfd\,pipe} pipe-channel channel,pipe-channel,eventfd
    timer,{eventfd,pipe} {,std\,}signal,{eventfd,pipe,eventfd\,pipe})
# Crates and workspaces beside the root's, which cargo's --all and --workspace do not see.
OTHERS=(benches/compare capi tests tests/selftest)

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# run COMMAND...: prints the command, then runs it.
run() {
    printf '+ %s\n' "$*"
    "$@"
}

# seen COLUMN TARGET: notes for ci/targets.sh that it has passed.
seen() {
    mkdir -p "$PASSED/$1"
    : >"$PASSED/$1/$2"
}

# mistakes CHECK FINDS: plants each mistake that ci/mistakes.txt has for CHECK in a copy
# of the sources, one after the other, and fails unless `FINDS COPY ARGUMENT...` does find
# it. FINDS prints what it has found.
mistakes() {
    local number what arguments count=0 copy=$PWD/target/mistakes/$1
    # Little changes from one mistake to the next.
    local -x CARGO_INCREMENTAL=1
    say "with a mistake"
    packages python3
    while IFS=$'\t' read -r number what arguments <&3; do
        count=$((count + 1))
        printf '%s\n' "$what"
        # Also members and targets that the root's manifest names.
        copy_to "$copy" Cargo.toml Cargo.lock README.md src docs examples benches tests
        python3 ci/mistakes.py plant "$1" "$number" "$copy"
        # shellcheck disable=SC2086 # arguments are words
        "$2" "$copy" $arguments || fail "it is not found"
    done 3< <(python3 ci/mistakes.py list "$1")
    [ $count -gt 0 ] || fail "ci/mistakes.txt has none for $1"
    printf '%s mistakes, all found\n' $count
}

# copy_to DIRECTORY [PATH...]: copies the files of this checkout, or those under the PATHs, into
# a new directory. All copies are new (tar -m), since cargo goes by the files' times.
copy_to() {
    rm -rf "$1"
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard --deduplicate -- "${@:2}" |
        while IFS= read -r -d '' file; do
            [ ! -e "$file" ] || printf '%s\0' "$file"
        done | tar -c --null -T - | tar -x -m -C "$1"
}

# forget DIRECTORY WORKSPACE [OPTION...]: removes from a directory that is kept what cargo has
# built there, in the profile of the OPTIONs, of the crates of a workspace. cargo goes by the
# files' times, and of another checkout in this place it might take a build for one of this.
forget() {
    local names
    mapfile -t names < <(cargo metadata --locked --no-deps --format-version 1 --manifest-path "$2/Cargo.toml" |
        python3 -c 'import json, sys; print(*[crate["name"] for crate in json.load(sys.stdin)["packages"]], sep="\n")')
    cargo clean --quiet --locked --manifest-path "$2/Cargo.toml" --target-dir "$1" "${@:3}" "${names[@]/#/--package=}"
}

# kept NAME WORKSPACE [OPTION...]: prints the directory in which cargo builds a workspace that
# depends on many crates of others. They are kept, the WORKSPACE's own and this project's not.
kept() {
    forget "$CACHE/$1" . "${@:3}" >&2
    forget "$CACHE/$1" "${@:2}" >&2
    echo "$CACHE/$1"
}

# documented SCRIPT DOCUMENT LINES MODE COMMAND...: prints the table that COMMAND makes, of more
# than so many lines, and fails unless DOCUMENT has it between the marks of SCRIPT. In the MODE
# --write it is put there first.
documented() {
    local script=$1 document=$2 lines=$3 mode=$4 table new
    table=$("${@:5}")
    printf '%s\n' "$table"
    [ "$(grep -c '^|' <<<"$table")" -gt "$lines" ] || fail "that is no table"
    new=$(TABLE=$table awk -v begin="<!-- $script writes what follows -->" -v end='<!-- until here -->' '
        $0 == begin { print; print "\n" ENVIRON["TABLE"] "\n"; skip = 1; seen++ }
        $0 == end { skip = 0; seen++ }
        !skip { print }
        END { exit seen != 2 }' "$document") || fail "$document has not its two marks"
    [ "$mode" != --write ] || printf '%s\n' "$new" >"$document"
    diff -u "$document" <(printf '%s\n' "$new") || fail "$document says otherwise; $script --write mends that"
}

# c_functions: those of the C library, as its header lists them.
c_functions() { grep -oE '\bwakefd_[a-z_]+\(' capi/include/wakefd.h | tr -d '(' | sort -u; }

# links FILE: prints the targets of [text](target) and of [label]: target.
links() { sed -nE 's/^\[[^]]+\]: *([^ ]+).*/\1/p' "$1" && { grep -oE '\]\([^) ]+' "$1" || true; } | sed 's/^](//'; }

# target NAME: looks NAME up in ci/targets.txt. Sets its columns debian and cflags; libc
# (gnu, musl, uclibc); prefix, of the names of Debian's cross tools; runner, a command
# that runs a program of it; and for the two functions below needed and headers.
target() {
    local gcc qemu
    IFS='|' read -r gcc debian qemu cflags headers < <(sed -n "/^$1 /{s/ *| */|/g; s/^[^|]*|//p}" ci/targets.txt) ||
        fail "unknown target '$1'; known: $(sed '/^#/d; s/ .*//' ci/targets.txt | xargs)"
    case $1 in
    *-musl*) libc=musl ;;
    *-uclibc*) libc=uclibc ;;
    *) libc=gnu ;;
    esac
    needed=(binutils) prefix='' runner=()
    if [ "$gcc" != - ]; then
        prefix=$gcc-
        needed+=("gcc-$gcc")
        # By name, since gcc's packages only recommend it.
        [ $libc != gnu ] || needed+=("libc6-dev-$debian-cross")
    fi
    if [ "$qemu" != - ]; then
        # shellcheck disable=SC2206 # a name and options
        runner=(qemu-${qemu/ /-static }) needed+=(qemu-user-static)
        [ "$qemu" != "${qemu/ /}" ] || runner=("qemu-$qemu-static")
        [ $libc != gnu ] || runner+=(-L "/usr/$gcc")
    elif [ "$debian" = i386 ]; then
        needed+=(libc6-i386 lib32gcc-s1) # a loader and libgcc_s for it
    fi
}

# is_program static|shared FILE: what readelf says of FILE is right for the target that
# was looked up. Engineers copy such programs to a board.
is_program() {
    local said wanted
    said=$(readelf -hldAW "$2")
    if [ "$1" = static ]; then
        [[ $said == *"EXEC (Executable file)"* ]] || fail "$2 is not a fixed-position executable"
        [[ ! $said =~ ' '(INTERP|DYNAMIC)' ' ]] || fail "$2 has a segment ${BASH_REMATCH[1]}: it is not static"
    else
        [[ $said == *"interpreter: /lib/ld-uClibc.so."*"Shared library: [libc.so."* ]] || fail "$2 is not linked with a shared uClibc"
    fi
    while read -r wanted; do
        case $wanted in
        !*) [[ $said != *"${wanted#!}"* ]] || fail "$2: readelf says '${wanted#!}'" ;;
        *) [[ $said == *"$wanted"* ]] || fail "$2: readelf does not say '$wanted'" ;;
        esac
    done <<<"${headers//; /$'\n'}"
}

# components: makes sure that there are rustfmt and clippy.
components() {
    local tool
    for tool in rustfmt clippy-driver rustdoc; do
        $tool --version >/dev/null 2>&1 ||
            fail "no $tool; install it with: rustup component add rustfmt clippy (or: sudo apt-get install rustfmt-web rust-clippy-web)"
    done
}

apt() { DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 "$@"; }

# packages NAME...: makes sure that these Debian packages are installed. In CI
# (root, CI=true) it installs what is missing; elsewhere it names the command
# and fails: a script does not change somebody's machine unasked.
packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "${CI:-}" = true ] && [ "$(id -u)" -eq 0 ]; then
        # Two scripts at once: the second waits.
        (
            flock 8
            run apt update
            run apt install --no-install-recommends "${missing[@]}"
        ) 8>"$CACHE/packages.lock"
    else
        fail "missing Debian packages; install them with: sudo apt-get install ${missing[*]}"
    fi
}

# rust_src: a toolchain that can build the standard library (-Zbuild-std), for
# targets that have no ready-made one. Sets CARGO to the command, and the
# environment that it needs.
rust_src() {
    local sysroot
    if sysroot=$(rustup run nightly rustc --print sysroot 2>/dev/null) &&
        [ -d "$sysroot/lib/rustlib/src/rust/library" ]; then
        CARGO=(cargo +nightly)
        return
    fi
    # Debian's newest compiler has packages with the sources of std and of all
    # crates that it needs. It lives in /usr, beside rustup's.
    packages rustc-web cargo-web rust-web-src
    CARGO=(cargo)
    export PATH=/usr/bin:$PATH RUSTC_BOOTSTRAP=1
    unset RUSTUP_TOOLCHAIN
}

# core TARGET [OPTION...]: core and compiler_builtins for TARGET, for programs without std
# that do not unwind and are optimised at link time. Leaves in CORE what rustc's --sysroot
# takes, and sets CARGO as rust_src does. They take longer to build than most of what needs
# them, so they are kept, by what they are made of. OPTIONs are cargo's; RUSTFLAGS count.
core() {
    local name=$1 key new
    rust_src
    key=$({ rustc "${CARGO[@]:1}" -vV && echo "$* ${RUSTFLAGS:-}"; } | sha256sum | head -c 12)
    CORE=$CACHE/core/$name-$key new=$CACHE/core/$name-$key.new
    mkdir -p "$CACHE/core"
    (
        flock 9 # two scripts at once: the second waits, and finds it done
        [ ! -e "$CORE" ] || exit 0
        rm -rf "$new"
        mkdir -p "$new/src" "$new/sysroot/lib/rustlib/$name/lib"
        echo '#![no_std]' >"$new/src/lib.rs"
        printf '%s\n' '[package]' 'name = "empty"' 'edition = "2021"' '[workspace]' \
            '[profile.release]' 'panic = "abort"' 'opt-level = "z"' >"$new/Cargo.toml"
        cd "$new"
        RUSTFLAGS="${RUSTFLAGS:-} -Cforce-unwind-tables=no -Cembed-bitcode=yes" run "${CARGO[@]}" build \
            --release --target "$name" --target-dir target -Zbuild-std=core,compiler_builtins "${@:2}"
        cp target/"$name"/release/deps/lib{core,compiler_builtins}-*.rlib "sysroot/lib/rustlib/$name/lib"
        mv sysroot "$CORE"
        rm -rf "$new"
    ) 9>"$CACHE/core/$name.lock" >&2
}

# foreign_apt ARCH TOOL ARGUMENT...: asks the Debian sources this machine is set
# up with about architecture ARCH, or about source packages if ARCH is `source`.
# Lists and state are kept under $CACHE: nothing changes on the machine, and
# root is not needed. Two scripts at once: the second waits.
foreign_apt() {
    mkdir -p "$CACHE/apt"
    (
        flock 7
        foreign_apt_alone "$@"
    ) 7>"$CACHE/apt/$1.lock"
}

foreign_apt_alone() {
    local state=$CACHE/apt/$1 arch=$1 type=deb files file
    [ "$arch" != source ] || arch=amd64 type=deb-src
    # `apt` knows which of the machine's source files are Debian's own.
    files=$(apt-get indextargets --format '$(SOURCESENTRY)' 'Origin: Debian' | sed 's/:[0-9]*$//' | sort -u)
    [ -n "$files" ] || fail "apt knows no Debian source; set one up, then run: sudo apt-get update"
    rm -rf "$state/sources"
    mkdir -p "$state"/{sources,lists/partial,archives/partial}
    : >"$state/status"
    for file in $files; do
        sed "s/^Types:.*/Types: $type/; s/^deb /$type /; /^Architectures:/d" "$file" >"$state/sources/${file##*/}"
    done
    cat >"$state/apt.conf" <<EOF
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$state/sources";
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
EOF
    APT_CONFIG=$state/apt.conf "$2" -q "${@:3}"
}

# foreign_update ARCH: fetches the lists for foreign_apt. An index that cannot
# be had is a warning only: what is missing then fails by name when asked for.
foreign_update() {
    run foreign_apt "$1" apt-get update || printf 'warning: some lists for %s are old or missing\n' "$1" >&2
}

# Nearly every script wants these.
command -v cargo >/dev/null || packages cargo-web rustc-web
command -v cc >/dev/null || packages gcc libc6-dev
