#!/usr/bin/env python3
"""ci/modules.py: checks the rules for imports among the modules of src/.

Reads every path that begins at the crate, at a parent or at a submodule, and follows
re-exports to the module that defines the name. Fails if modules import each other in a
cycle, if src/sys/ imports from above, or if a module imports through the crate root
what another module defines. A re-export alone is not an import, and unit tests
(`#[cfg(test)] mod`) do not count.
"""
import pathlib
import re
import sys

SRC = pathlib.Path(__file__).resolve().parent.parent / "src"
ITEM = re.compile(r"\b(?:fn|struct|enum|union|trait|type|const|static|macro_rules!)\s+(?:mut\s+)?(\w+)")
USE = re.compile(r"(\bpub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);")
PATH = re.compile(r"(?<![\w:])(?<!in )\$?(\w+)((?:\s*::\s*\w+)+)")


def without_tests(text):
    """Returns the text without comments, strings and modules of unit tests."""
    text = re.sub(r'"(?:[^"\\]|\\.)*"', '""', re.sub(r"//[^\n]*", "", text), flags=re.S)
    while found := re.search(r"#\[cfg\((?:all\()?test\b[^\]]*\]\s*mod\s+\w+\s*\{", text):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + text[end:]
    return text


def leaves(tree, before=()):
    """Returns the paths of a use declaration, each as (segments, the name it gets here)."""
    head, brace, rest = (part.strip() for part in tree.partition("{"))
    path = before + tuple(part.strip() for part in head.split("::") if part.strip())
    if not brace:
        last, _, alias = path[-1].partition(" as ")
        path = path[:-1] if last == "self" and len(path) > 1 else path[:-1] + (last,)
        return [(path, alias.strip() or path[-1])]
    parts, depth = [""], 0
    for char in rest[: rest.rindex("}")]:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [leaf for part in parts if part.strip() for leaf in leaves(part, path)]


class Module:
    def __init__(self, file):
        name = file.relative_to(SRC).with_suffix("").parts
        self.name = name[:-1] if name[-1] in ("mod", "lib") else name
        text = without_tests(file.read_text())
        self.uses = [(leaf, bool(public)) for public, tree in USE.findall(text) for leaf in leaves(tree)]
        self.text = USE.sub("", text)
        self.items = set(ITEM.findall(self.text))


modules = {module.name: module for module in map(Module, sorted(SRC.rglob("*.rs")))}


def absolute(module, path):
    """Returns the path from the crate on, or None if it leads into another crate."""
    at, path = module.name, list(path)
    if path[0] == "crate":
        return tuple(path[1:])
    if path[0] not in ("self", "super"):
        return at + tuple(path) if at + (path[0],) in modules else None
    while path and path[0] in ("self", "super"):
        at = at[:-1] if path.pop(0) == "super" else at
    return at + tuple(path)


def definer(path, seen=()):
    """Returns the module that defines the named item, or None for another crate."""
    at = ()
    while path[len(at) :] and path[: len(at) + 1] in modules:
        at = path[: len(at) + 1]
    rest = path[len(at) :]
    if not rest or at not in modules or rest[0] in modules[at].items or (at, rest[0]) in seen:
        return at
    for (target, name), _ in modules[at].uses:
        if name in (rest[0], "*"):
            whole = absolute(modules[at], target)
            if name != "*":
                return whole and definer(whole + rest[1:], seen + ((at, rest[0]),))
            found = whole and definer(whole[:-1] + rest, seen + ((at, rest[0]),))
            if found and rest[0] in modules[found].items:
                return found
    return at


def imports(module):
    """Returns the imports of the module, each as (path as written, defining module)."""
    paths = [(first,) + tuple(re.findall(r"\w+", rest)) for first, rest in PATH.findall(module.text)]
    for (path, name), public in module.uses:
        # A re-exported name that the module also uses is an import.
        if not public or re.search(rf"\b{re.escape(name)}\b", module.text):
            paths.append(path)
    for path in paths:
        whole = absolute(module, path)
        target = definer(whole[:-1] if whole and whole[-1:] == ("*",) else whole) if whole else None
        if target is not None and target != module.name:
            yield "::".join(path), target


def cycle(graph):
    """Returns the shortest cycle of the graph as a list of modules, or None."""
    best = []
    for start in graph:
        came, queue = {start: None}, [start]
        for at in queue:
            if start in graph[at]:
                path = [at]
                while came[path[0]] is not None:
                    path.insert(0, came[path[0]])
                if not best or len(path) < len(best):
                    best = path
                break
            for target in graph[at]:
                if target not in came:
                    came[target] = at
                    queue.append(target)
    return best


def show(name):
    return "::".join(name) or "lib.rs"


wrong = []
graph = {name: {} for name in modules}
for module in modules.values():
    for path, target in imports(module):
        graph[module.name].setdefault(target, path)
        if module.name[:1] == ("sys",) and target[:1] != ("sys",):
            wrong.append(f"sys imports from above: {show(module.name)} imports {path}, of {show(target)}")
        parts = path.split("::")
        if parts[0] == "crate" and (parts[1],) not in modules and target != ():
            wrong.append(f"through the crate root: {show(module.name)} imports {path}, of {show(target)}")
while found := cycle(graph):
    steps = [f"{show(at)} imports {graph[at][to]}" for at, to in zip(found, found[1:] + found[:1])]
    wrong.append("cycle: " + ", ".join(steps))
    # Without the last step of this cycle the search finds other cycles.
    del graph[found[-1]][found[0]]
for line in sorted(set(wrong)):
    print(line)
print(f"{len(modules)} modules, {sum(map(len, graph.values()))} imports")
sys.exit(bool(wrong))
