#!/bin/sh
# old-glibc.sh CC DIRECTORY: makes DIRECTORY/libc.so, to link a shared library
# with that shall also load on a glibc older than the one at hand. It has no code:
# just the names that libwakefd.so needs, each with the oldest version that the
# glibc of this compiler has it in. Linked with the glibc itself, fcntl would be
# that of 2.28 on 32-bit ARM and MIPS, which is younger than most of them.
#
# A name that is not in the list does not link, so the list is all there is. With
# a libc that is no glibc, DIRECTORY stays empty.
set -eu

cc=$1 directory=$2
symbols="__cxa_finalize __errno_location close dup2 fcntl gnu_get_libc_version
    memcpy memmove memset memcmp bcmp pipe poll read syscall uname write"

mkdir -p "$directory"
rm -f "$directory"/*
glibc=$($cc -print-file-name=libc.so.6) # as it was asked, if there is none
[ "$glibc" != libc.so.6 ] || exit 0

"$($cc -print-prog-name=nm)" -D --defined-only "$glibc" | sed 's/@@*/ /' |
    awk -v wanted="$symbols" '
        BEGIN { split(wanted, names); for (i in names) want[names[i]] }
        $3 in want && $4 ~ /^GLIBC_[0-9.]+$/ { print $3, $4 }' |
    sort -k1,1 -k2,2V | awk '!seen[$1]++' >"$directory/versions"
for symbol in $symbols; do
    grep -q "^$symbol " "$directory/versions" || {
        echo "old-glibc.sh: $glibc has no $symbol" >&2
        exit 1
    }
done

awk '{ printf ".globl %s\n.type %s, %%function\n%s:\n", $1, $1, $1 }' "$directory/versions" >"$directory/stub.s"
awk '{ names[$2] = names[$2] " " $1 ";" }
    END { for (version in names) printf "%s { global:%s };\n", version, names[version] }' \
    "$directory/versions" >"$directory/stub.map"
$cc -shared -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script,"$directory/stub.map" \
    "$directory/stub.s" -o "$directory/libc.so"
