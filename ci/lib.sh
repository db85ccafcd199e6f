# Sourced by every script in ci/: strict mode, the project's root as working
# directory, and the few words that the scripts share.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Downloads and toolchains that later runs can use again; safe to delete.
CACHE=${WAKEFD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wakefd}
mkdir -p "$CACHE"

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

# copy_to DIRECTORY: puts the sources there, to plant mistakes in them.
copy_to() {
    rm -rf "$1"
    mkdir -p "$1"
    # Also members and targets that the root's manifest names.
    cp -r --parents Cargo.toml Cargo.lock README.md src docs tests examples benches "$1"
}

# edit FILE OLD NEW: puts NEW in the place of OLD, which is there once.
edit() {
    OLD=$2 NEW=$3 perl -0pi -e 's/\Q$ENV{OLD}\E/$ENV{NEW}/g == 1 or exit 1' "$1" ||
        fail "'$2' is not in $1 once"
}

# seen COLUMN TARGET: notes for ci/targets.sh that it has passed.
seen() {
    mkdir -p "$CACHE/passed/$1"
    : >"$CACHE/passed/$1/$2"
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
    # shellcheck disable=SC2034 # for the script that sources this
    CARGO=(cargo)
    export PATH=/usr/bin:$PATH RUSTC_BOOTSTRAP=1
    unset RUSTUP_TOOLCHAIN
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
EOF
    APT_CONFIG=$state/apt.conf "$2" -q "${@:3}"
}

# foreign_update ARCH: fetches the lists for foreign_apt. An index that cannot
# be had is a warning only: what is missing then fails by name when asked for.
foreign_update() {
    run foreign_apt "$1" apt-get update || printf 'warning: some lists for %s are old or missing\n' "$1" >&2
}
