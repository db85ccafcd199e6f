#!/usr/bin/env bash
# ci/pictures.sh [--check]: draws the pictures of the documentation, docs/images/*.svg, from
# the lists below. With --check it only says whether they are what it would draw.
source "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || packages python3

new=target/pictures
mkdir -p "$new" docs/images

python3 - "$new" <<'EOF'
import sys
from xml.sax.saxutils import escape

# Colours that can be read on a light and on a dark page.
INK, LINE, FILL, ACCENT = "#1f2328", "#57606a", "#f6f8fa", "#0969da"


class Picture:
    def __init__(self, width, height, title):
        self.items = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif" font-size="13" role="img">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker></defs>',
            f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>',
        ]

    def text(self, x, y, words, anchor="middle", colour=INK, weight="normal", size=13):
        self.items.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}" font-size="{size}">{escape(words)}</text>'
        )

    # A box with a name, the file under it, and a line of what it does.
    def box(self, x, y, width, name, file="", does=""):
        lines = [line for line in (name, file, does) if line]
        height = 14 + 17 * len(lines)
        self.items.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" '
            f'fill="{FILL}" stroke="{LINE}"/>'
        )
        middle = x + width / 2
        self.text(middle, y + 20, name, weight="bold")
        if file:
            self.text(middle, y + 37, file, colour=ACCENT, size=12)
        if does:
            self.text(middle, y + 20 + 17 * (len(lines) - 1), does, size=12)

    def arrow(self, x1, y1, x2, y2):
        self.items.append(
            f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{LINE}" '
            'stroke-width="1.5" marker-end="url(#to)"/>'
        )

    def save(self, name):
        with open(f"{sys.argv[1]}/{name}.svg", "w") as file:
            file.write("\n".join(self.items + ["</svg>"]) + "\n")


# From a call to the kernel: the files of the path, top to bottom.
p = Picture(760, 520, "From a call of wakefd to the kernel, with the file of each step")
p.text(380, 24, "your program", weight="bold")
p.box(20, 50, 220, "Waker", "src/waker/", "coalesces in memory")
p.box(270, 50, 220, "Notifier", "src/notifier.rs", "the contract: notify, clear, wait")
p.box(520, 50, 220, "Counter", "src/counter.rs", "eventfd's sum and semaphore")
p.box(150, 155, 460, "AutoNotifier", "src/backend/auto.rs", "one enum of two backends, one match for each operation")
p.box(20, 260, 200, "the fallback chain", "src/fallback.rs", "only new() comes here")
p.box(250, 260, 230, "EventFd", "src/backend/eventfd.rs", "since Linux 2.6.22")
p.box(510, 260, 230, "SelfPipe", "src/backend/pipe.rs", "on every Unix")
p.box(20, 365, 720, "sys: the only unsafe code, one file for each interface of the kernel",
      "src/sys/eventfd.rs    src/sys/pipe.rs    src/sys/fd.rs    src/sys/poll.rs    src/sys/errno.rs")
p.box(20, 455, 720, "Linux", "", "eventfd2  eventfd      pipe2  pipe      write  read      fcntl  dup3      poll")
for x in (130, 380, 630):
    p.arrow(380, 30, x, 49)
p.arrow(130, 116, 260, 154)
p.arrow(380, 116, 380, 154)
p.arrow(630, 116, 500, 154)
p.arrow(230, 221, 130, 259)
p.arrow(340, 221, 365, 259)
p.arrow(480, 221, 620, 259)
p.arrow(220, 285, 249, 285)
p.arrow(365, 326, 365, 364)
p.arrow(625, 326, 625, 364)
p.arrow(380, 414, 380, 454)
p.save("path")
EOF

case ${1:-} in
'')
    cp "$new"/*.svg docs/images/
    ls docs/images/*.svg
    ;;
--check)
    for picture in "$new"/*.svg; do
        cmp -s "$picture" "docs/images/${picture##*/}" || fail "docs/images/${picture##*/} is not what ci/pictures.sh draws; run it"
    done
    ;;
*) fail "usage: ci/pictures.sh [--check]" ;;
esac
