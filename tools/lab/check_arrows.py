#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Checks the `use` lines of src/ against the layers of Documentation/internals.md: arrows point down, and no
modules use each other in a circle.

usage: check_arrows.py INTERNALS SRC
"""

import re
import sys
from collections import defaultdict
from pathlib import Path

Module = tuple[str, ...]


def rows(document: Path) -> list[tuple[int, list[str], str]]:
    """Number, modules or rooms and description of each layer, from the table under "Layers"."""
    text = document.read_text().split("\n## Layers\n")[1].split("\n## ")[0]
    found = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|", text, re.M)
    return [(int(number), names.split(), what.replace("`", "")) for number, names, what in found]


def layers(document: Path) -> dict[str, int]:
    """The number of the layer of each module or room."""
    return {name.strip("`/"): number for number, names, _ in rows(document) for name in names}


def modules(src: Path) -> dict[Module, Path]:
    found = {}
    for path in src.rglob("*.rs"):
        names = path.relative_to(src).with_suffix("").parts
        if names[0] != "image":
            found[names[:-1] if names[-1] in ("mod", "main") else names] = path
    return found


def leaves(tree: str) -> list[str]:
    """The paths of a use tree."""
    tree = tree.strip()
    at = tree.find("{")
    if at < 0:
        return [tree.split(" as ")[0].strip()]
    parts, depth, part = [], 0, ""
    for letter in tree[at + 1 : tree.rindex("}")]:
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [tree[:at] + leaf for part in [*parts, part] if part.strip() for leaf in leaves(part)]


def aliases(known: dict[Module, Path]) -> dict[Module, Module]:
    """Modules that others name as their own: `use files::pipe` in sys/mod.rs makes sys/pipe of sys/files/pipe,
    and `use files::*` does so with all of them."""
    found = {}
    for user, path in known.items():
        for use in re.finditer(r"^(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", path.read_text(), re.M):
            for leaf in leaves(re.sub(r"//[^\n]*|\s+", " ", use[1])):
                used = user + tuple(leaf.replace(" ", "").split("::"))
                if used[-1] == "*":
                    used = {module for module in known if module[:-1] == used[:-1]}
                else:
                    used = {used} & set(known)
                found.update((user + module[-1:], module) for module in used)
    return found


def target(user: Module, path: str, known: dict[Module, Path], alias: dict[Module, Module]) -> Module | None:
    """The module that a path leads into."""
    names = path.replace(" ", "").split("::")
    start = {"crate": (), "self": user, "super": user[:-1]}.get(names[0])
    if start is None:
        return None
    while names[1:] and names[1] == "super":
        start, names = start[:-1], names[1:]
    for name in names[1:]:
        start = alias.get(start + (name,), start + (name,))
        if start not in known:
            return start[:-1]
    return start


def arrows(known: dict[Module, Path]) -> dict[Module, dict[Module, tuple[int, str]]]:
    """What each module uses, and in which line."""
    found = defaultdict(dict)
    alias = aliases(known)
    for user, path in known.items():
        # Comments go, lines stay.
        text = re.sub(r"//[^\n]*", "", path.read_text())
        uses = [(use.start(1), use[1]) for use in re.finditer(r"^[ \t]*(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", text, re.M)]
        uses += [(use.start(), use[0]) for use in re.finditer(r"\bcrate(?:::\w+)+", text)]
        for at, tree in uses:
            for leaf in leaves(re.sub(r"\s+", " ", tree)):
                used = target(user, leaf, known, alias)
                # In a module within a file, `super` is the file.
                within = text[text.rfind("\n", 0, at) + 1].isspace() and leaf.startswith("super::")
                if used and used != user and not (within and used == user[:-1]):
                    found[user].setdefault(used, (text.count("\n", 0, at) + 1, leaf))
        # A room names its own modules without more, in a table for one; what it passes on is no use.
        for name in re.finditer(r"^(?!use|pub).*?\b([a-z]\w*)::\w", text, re.M):
            if user and path.name == "mod.rs" and user + (name[1],) in known:
                found[user].setdefault(user + (name[1],), (text.count("\n", 0, name.start()) + 1, name[0].strip()))
    return found


def circle(used: dict[Module, dict[Module, tuple[int, str]]], begin: Module) -> list[Module]:
    """A way from a module back to it."""
    ways = [[begin]]
    seen = set()
    while ways:
        way = ways.pop(0)
        for other in used.get(way[-1], {}):
            if other == begin:
                return way
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def main() -> int:
    document, src = Path(sys.argv[1]), Path(sys.argv[2])
    layer, known = layers(document), modules(src)
    used = arrows(known)
    wrong = []
    for name in {module[0] for module in known if module} - set(layer):
        wrong.append(f"{src}/{name}: in no layer of {document}")
    for user in sorted(used):
        for other, (line, leaf) in used[user].items():
            above, below = (layer.get(module[0], 0) if module else 0 for module in (user, other))
            if user and above > below:
                wrong.append(f"{known[user]}:{line}: use {leaf}: layer {above} uses layer {below}: arrows point down")
    for user in sorted(known):
        way = circle(used, user)
        # Told once, of the first of them.
        if way and user == min(way):
            names = " -> ".join("/".join(module) for module in [*way, user])
            line, leaf = used[way[-1]][user]
            wrong.append(f"{known[way[-1]]}:{line}: use {leaf}: modules use each other in a circle: {names}")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
