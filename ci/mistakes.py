#!/usr/bin/env python3
"""Plants the mistakes of ci/mistakes.txt, which the checks must find.

    ci/mistakes.py check                       fails if a mistake cannot be planted any more
    ci/mistakes.py list CHECK                  prints number, title and arguments of each
    ci/mistakes.py plant CHECK NUMBER DIRECTORY
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent


def mistakes():
    """Yields each mistake as (check, arguments, title, [(file, old, new), ...])."""
    text = "\n".join(line for line in (ROOT / "mistakes.txt").read_text().split("\n") if line[:1] != "#")
    for block in filter(None, (part.strip("\n") for part in text.split("\n\n"))):
        head, *lines = block.split("\n")
        check, _, what = head.partition(": ")
        check, *arguments = check.split()
        edits = []
        for line in lines:
            if line[0] not in "-+":
                edits.append([line, [], []])
            else:
                edits[-1]["-+".index(line[0]) + 1].append(line[1:])
        yield check, " ".join(arguments), what, [(file, "\n".join(old), "\n".join(new)) for file, old, new in edits]


def of(check):
    return [mistake for mistake in mistakes() if mistake[0] == check]


def plant(edits, directory, write):
    for name, old, new in edits:
        file = directory / name
        text = file.read_text() if file.exists() else ""
        if not old or text.count(old) != 1:
            raise SystemExit(f"error: {name} has this text {text.count(old) if old else 0} times instead of once:\n{old}")
        if write:
            file.write_text(text.replace(old, new))


match sys.argv[1:]:
    case ["check"]:
        count = 0
        for count, mistake in enumerate(mistakes(), 1):
            plant(mistake[3], ROOT.parent, write=False)
        print(f"{count} mistakes")
    case ["list", check]:
        for number, (_, arguments, what, _) in enumerate(of(check)):
            print(number, what, arguments, sep="\t")
    case ["plant", check, number, directory]:
        plant(of(check)[int(number)][3], pathlib.Path(directory), write=True)
    case _:
        raise SystemExit(__doc__)
