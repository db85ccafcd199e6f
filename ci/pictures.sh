#!/usr/bin/env bash
# ci/pictures.sh [--check]: draws the pictures of the documentation, docs/images/*.svg, from
# the lists below and the table of sizes in docs/embedded.md. With --check it only compares
# the pictures with what it would draw.
source "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || packages python3

new=target/pictures
mkdir -p "$new" docs/images

python3 - "$new" <<'EOF'
import re
import sys
from xml.sax.saxutils import escape

# Colours that can be read on a light and on a dark page.
INK, LINE, FILL, ACCENT = "#1f2328", "#57606a", "#f6f8fa", "#0969da"
PALE, GOAL = "#80b5ec", "#cf222e"


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

    # A bar, the number at its end, and a mark at the goal if there is one.
    def bar(self, x, y, scale, number, goal, colour):
        width = number / scale
        self.items.append(f'<rect x="{x}" y="{y}" width="{width:.1f}" height="11" fill="{colour}"/>')
        if goal:
            at = x + goal / scale
            self.items.append(
                f'<line x1="{at:.1f}" y1="{y - 2}" x2="{at:.1f}" y2="{y + 13}" '
                f'stroke="{GOAL}" stroke-width="2"/>'
            )
        self.text(x + width + 6, y + 10, f"{number:,}", "start", size=11)

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

# Which kernel leads where.
p = Picture(760, 400, "The fallback chain: which mechanism a notifier gets, and why")
p.text(250, 28, "AutoNotifier::new tries, in this order", weight="bold")
for y, name, since, cost in (
    (45, "eventfd2", "Linux 2.6.27 and later", "1 descriptor, 1 system call"),
    (135, "eventfd", "Linux 2.6.22 to 2.6.26", "1 descriptor, flags by fcntl"),
    (225, "pipe2", "Linux 2.6.27 and later", "2 descriptors, 1 system call"),
    (315, "pipe", "every Unix", "2 descriptors, flags by fcntl"),
):
    p.box(130, y, 240, name, since, cost)
for y in (110, 200, 290):
    p.arrow(250, y, 250, y + 24)
p.text(262, 126, "unavailable", "start", LINE, size=12)
p.text(262, 216, "unavailable", "start", LINE, size=12)
p.text(262, 306, "unavailable", "start", LINE, size=12)
p.text(20, 245, "glibc before 2.8", "start", size=12)
p.text(20, 261, "starts here", "start", size=12)
p.arrow(108, 256, 129, 256)
p.text(420, 62, "Unavailable means:", "start", weight="bold")
for y, words in (
    (82, "ENOSYS: the kernel does not have the call"),
    (100, "EINVAL: it does not know the flags"),
    (118, "EPERM, EACCES: a sandbox refuses the call"),
    (136, "ENODEV: no device for anonymous inodes"),
    (154, "EBADF: the answer was not a descriptor"),
):
    p.text(420, y, words, "start", size=12)
p.text(420, 200, "Everything else is returned to the caller:", "start", weight="bold")
for y, words in (
    (220, "EMFILE, ENFILE: too many descriptors, and a pipe"),
    (238, "would need two"),
    (256, "ENOMEM: out of memory"),
):
    p.text(420, y, words, "start", size=12)
p.text(420, 302, "The kernel is asked once per process and", "start", size=12)
p.text(420, 320, "mechanism; a refusal by a sandbox is not remembered", "start", size=12)
p.text(420, 338, "for other threads.", "start", size=12)
p.save("chain")

# The word of a Waker: src/waker/state.rs.
p = Picture(760, 330, "The states of a Waker, and who makes a system call in each")
p.box(40, 60, 210, "armed", "the consumer may be asleep", "wake() writes")
p.box(510, 60, 210, "pending", "the descriptor is readable", "wake() does nothing")
p.box(275, 190, 210, "clearing", "the consumer drains", "wake() writes")
p.box(40, 250, 210, "awake", "the consumer will look", "wake() sets a flag")
p.arrow(250, 85, 509, 85)
p.text(380, 78, "wake(): write, then confirm", size=12)
p.arrow(600, 126, 486, 200)
p.text(560, 176, "clear() begins", "start", size=12)
p.arrow(275, 200, 190, 127)
p.text(255, 150, "drained", "start", size=12)
p.arrow(90, 126, 90, 249)
p.text(82, 180, "awake()", "end", size=12)
p.arrow(130, 249, 130, 127)
p.text(138, 214, "prepare_wait()", "start", size=12)
p.text(380, 24, "A late confirmation hits another generation of the word and does nothing", size=12, colour=LINE)
p.save("waker")

# What the C library adds to a program: the numbers of the table in docs/embedded.md.
p = Picture(760, 400, "Bytes that wakefd adds to a static C program, and the goals")
with open("docs/embedded.md") as file:
    rows = file.read().split("| bytes | features |")[1].split("\n\n")[0].splitlines()[2:]
X, SCALE = 190, 14
legend = (("init, notify, clear, close", ACCENT), ("all functions of notifiers and counters", PALE))
for x, (words, colour) in zip((X, X + 190), legend):
    p.items.append(f'<rect x="{x}" y="14" width="11" height="11" fill="{colour}"/>')
    p.text(x + 17, 24, words, "start", size=12)
p.items.append(f'<line x1="{X + 452}" y1="12" x2="{X + 452}" y2="27" stroke="{GOAL}" stroke-width="2"/>')
p.text(X + 460, 24, "goal", "start", size=12)
for row, line in enumerate(rows):
    processor, features, *sizes = [cell.strip(" `") for cell in line.strip("|").split("|")]
    y = 44 + 38 * row + 8 * (row // 3)
    p.text(16, y + 16, processor, "start", weight="bold")
    p.text(X - 12, y + 16, features, "end")
    for size, top, colour in zip(sizes, (y, y + 13), (ACCENT, PALE)):
        number, goal = re.fullmatch(r"([\d,]+)(?: \(([\d,]+)\))?", size).groups("0")
        p.bar(X, top, SCALE, int(number.replace(",", "")), int(goal.replace(",", "")), colour)
p.save("sizes")
EOF

case ${1:-} in
'')
    cp "$new"/*.svg docs/images/
    ls docs/images/*.svg
    ;;
--check)
    for picture in "$new"/*.svg; do
        cmp -s "$picture" "docs/images/${picture##*/}" || fail "docs/images/${picture##*/} is out of date; run ci/pictures.sh"
    done
    ;;
*) fail "usage: ci/pictures.sh [--check]" ;;
esac
