#!/usr/bin/env bash
# ci/screenshots.sh: takes pictures of the main pages of the documentation, as a browser shows
# them in its light and in its dark scheme, into target/screenshots/. Fails if a page shows
# nothing, or the same in both schemes.
source "$(dirname "$0")/lib.sh"
packages chromium fonts-dejavu-core

out=$PWD/target/screenshots
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
rm -rf "$out"
mkdir -p "$out"

run cargo doc --no-deps --locked --all-features --quiet
pages=(index guide/index struct.Waker trait.Notifier struct.Signals)
for page in "${pages[@]}"; do
    for scheme in light dark; do
        file=$out/${page//\//-}-$scheme.png
        options=()
        [ $scheme = light ] || options=(--force-dark-mode)
        # Without the sandbox, which root cannot have.
        timeout 120 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$profile" \
            --hide-scrollbars --window-size=1200,2400 "${options[@]}" --screenshot="$file" \
            "file://$PWD/target/doc/wakefd/$page.html" 2>"$profile/log" || { cat "$profile/log"; fail "no picture of $page"; }
        # A page without text is a few kilobytes.
        size=$(stat -c %s "$file")
        [ "$size" -gt 50000 ] || fail "$page shows nothing: $size bytes"
        printf '%8d bytes  %s\n' "$size" "${file#"$PWD/"}"
    done
    ! cmp -s "$out/${page//\//-}-light.png" "$out/${page//\//-}-dark.png" || fail "$page looks the same in both schemes"
done
