#!/usr/bin/env bash
# Checks the rules of this project that need no compiler: the imports of modules, text that
# no file may contain, and that documents and files agree. Takes a second.
source "$(dirname "$0")/lib.sh"
packages git python3
git rev-parse --is-inside-work-tree >/dev/null || fail "this is not a git checkout, so the list of files is unknown"

# wrong WHAT [DETAIL...]: reports an error and continues, so that one run finds all errors.
failed=0
wrong() {
    printf 'error: %s\n' "$@" >&2
    failed=$((failed + 1))
}

# forbid RULE REGEX [PATHSPEC...]: checks that no file of the project has such a line.
forbid() {
    printf '%s\n' "$1"
    ! git grep --untracked -nE "$2" -- "${@:3}" || wrong "$1"
}
forbid "unsafe code is in src/sys/ only" '\bunsafe(_code)?\b' 'src/*.rs' ':!src/sys/'
forbid "no environment variable changes what the library does" 'getenv|\benv(::|!)|environ\b' 'src/*.rs' 'capi/src/*.rs'
# A checkout has to work with any registry and in any directory.
forbid "no file names a package registry's host" \
    '(https?|sparse)[+:]/*([a-z0-9-]+\.)*(index|static|registry|proxy|mirrors?|nexus|artifactory|packages)[a-z0-9-]*\.[a-z]|^ *(FROM|image *=) *"?[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?/' \
    . ':!*Cargo.lock'
forbid "no file names a directory of one machine" \
    '(^|[^[:alnum:]_.$}/-])/(home|root|srv|work|Users)/' . ':!*Cargo.lock'

echo "the modules import in one direction"
python3 ci/modules.py || wrong "src/ breaks the rules of ci/modules.py"

echo "the way from a call to the kernel can be read in an evening"
EVENING=(src/{notifier,mechanism,fallback,error,backend}.rs src/backend/*.rs src/sys/{mod,errno,eventfd,fd,pipe,poll}.rs)
EVENING_LINES=2500
lines=$(cat "${EVENING[@]}" | wc -l) || wrong "one of these files does not exist"
printf '%s files, %s lines\n' "${#EVENING[@]}" "$lines"
[ "$lines" -le $EVENING_LINES ] || wrong "that is more than $EVENING_LINES lines"
# The part of docs/design.md before its first heading names each file or its directory.
named=$(sed '/^## /q' docs/design.md | grep -oE '\bsrc/[a-z_/]+(\.rs)?')
for file in "${EVENING[@]}"; do
    grep -qxF -e "$file" -e "${file%/*}/" <<<"$named" || wrong "docs/design.md does not name $file on the way"
done

echo "every lock file has a reason"
mapfile -t locks < <(git ls-files --cached --others --exclude-standard '*Cargo.lock')
[ ${#locks[@]} -le 5 ] || wrong "more than 5 lock files: ${locks[*]}"
for file in "${locks[@]}"; do
    grep -q "^| \`$file\` |" CONTRIBUTING.md || wrong "CONTRIBUTING.md gives no reason for $file"
done

# named FILE: docs/testing.md has the file's name, with its path or without.
named() {
    local name=${1##*/}
    grep -qE "\`($1|${name%.*})\`" docs/testing.md || wrong "docs/testing.md does not name $1"
}

echo "every script is executable, or says that it is only sourced"
for file in ci/*.sh ci/*.py .ci/run; do
    case $file in
    ci/lib.sh) [[ $(head -n 1 "$file") == '# Sourced by '* && ! -x $file ]] || wrong "$file must not be executable, and its first line must say who sources it" ;;
    *)
        [[ $(head -n 1 "$file") == '#!/usr/bin/env '* && -x $file ]] || wrong "$file is not executable, or its first line names no interpreter"
        sed -n 2p "$file" | grep -qE '^(#|""") ?.' || wrong "$file does not begin with what it does"
        named "$file"
        ;;
    esac
done

echo "every test says what it tests"
for file in tests/*.rs; do
    [[ $(head -n 1 "$file") == '//! '* ]] || wrong "$file does not begin with what it tests"
    named "$file"
done

echo "the pictures are up to date"
bash ci/pictures.sh --check || wrong "docs/images/ is out of date; run ci/pictures.sh"

echo "every mistake can be planted"
python3 ci/mistakes.py check || wrong "ci/mistakes.txt does not fit the sources"

echo "ci/cross.Dockerfile agrees with ci/targets.txt"
while read -r name; do
    target "$name"
    for words in "LINKER=${prefix}gcc" "RUNNER=\"timeout -k 10 900 ${runner[*]}\""; do
        words=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$name")_$words
        grep -qF "$words" ci/cross.Dockerfile || wrong "ci/cross.Dockerfile has no $words"
    done
done < <(sed -n 's/^\[target\.\(.*\)\]/\1/p' Cross.toml)

echo "every relative link leads to a file, and to a heading of it"
# links FILE: the targets of [text](target) and of [label]: target.
# anchors FILE: the headings as GitHub turns them into anchors.
anchors() {
    awk '/^ *```/ { code = !code } !code && sub(/^#+ +/, "")' "$1" |
        tr '[:upper:] ' '[:lower:]-' | sed 's/[^[:alnum:]_-]//g'
}
mapfile -t pages < <(git ls-files --cached --others --exclude-standard '*.md')
for file in "${pages[@]}"; do
    for link in $(links "$file"); do
        [[ ! $link =~ ^[a-z]+: ]] || continue # a URL
        path=${link%%#*}
        path=${path:+$(dirname "$file")/$path}
        path=${path:-$file}
        [ -e "$path" ] || wrong "$file has a broken link: $link"
        [[ $link != *#* || $path != *.md ]] || grep -qxF -e "${link#*#}" <(anchors "$path") ||
            wrong "$file links to a heading that does not exist: $link"
    done
done

echo "every block of shell commands in the documentation has the syntax of bash"
for file in "${pages[@]}"; do
    awk '/^ *```sh$/ { shell = 1; next } /^ *```$/ { shell = 0 } shell' "$file" | bash -n ||
        wrong "$file has a block with a mistake"
done

[ $failed -eq 0 ] || fail "$failed rules are broken"
