#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares the table of unexported kernel functions with the kernel's BTF.

usage: check_symbols.py SYMBOLS.h BTFDIR

Rows are CKPT_SYM(core|optional, ret, name, (parameters), (arguments), "why", "what").  Spelling
does not count: const, typedefs, the order of `unsigned long`, names of parameters.  Prints what
differs; exits with 1 if a row differs or a core function is missing.
"""

import os
import re
import sys

TOKEN = re.compile(r"[A-Za-z_]\w*|\.\.\.|\d+|[*()\[\],]")
QUALIFIERS = {"const", "volatile", "restrict", "__restrict", "__user", "__rcu", "__percpu", "register"}
INTEGER = {"unsigned", "signed", "long", "short", "int", "char"}
TAGS = {"struct", "union", "enum"}


def split_commas(text):
    """Splits at commas outside of brackets and strings."""
    parts, depth, quoted, current = [], 0, False, ""
    for i, c in enumerate(text):
        if c == '"' and text[i - 1] != "\\":
            quoted = not quoted
        if not quoted:
            depth += (c in "([") - (c in ")]")
            if c == "," and depth == 0:
                parts.append(current.strip())
                current = ""
                continue
        current += c
    return parts + [current.strip()]


def calls(text, macro):
    """Argument lists of the uses of a macro that start a line."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for found in re.finditer(rf"^{macro}\(", text, re.M):
        depth, quoted, end = 1, False, found.end()
        while depth:
            c = text[end]
            if c == '"' and text[end - 1] != "\\":
                quoted = not quoted
            if not quoted:
                depth += (c == "(") - (c == ")")
            end += 1
        yield split_commas(text[found.end() : end - 1])


class Spelling:
    """Brings a C type into one spelling."""

    def __init__(self, typedefs):
        self.typedefs = typedefs

    def integers(self, tokens):
        """`long unsigned int` and its like in one order."""
        out, run = [], []
        for token in tokens + [None]:
            if token in INTEGER:
                run.append(token)
                continue
            if run:
                words = sorted(set(run) - {"int", "signed"}, key=["unsigned", "short", "long", "char"].index)
                words = [w for w in words if w != "long"] + ["long"] * min(run.count("long"), 1)
                out += words if words and words != ["unsigned"] else words + ["int"]
                run = []
            if token is not None:
                out.append(token)
        return out

    def expand(self, tokens):
        out = []
        for i, token in enumerate(tokens):
            tagged = i > 0 and tokens[i - 1] in TAGS
            if token in self.typedefs and not tagged:
                out += self.expand([t for t in TOKEN.findall(self.typedefs[token]) if t not in QUALIFIERS])
            elif token == "_Bool":
                out.append("bool")
            else:
                out.append(token)
        return out

    def unname(self, tokens):
        """Without the name of the declared thing."""
        function = next((i for i in range(len(tokens) - 1) if tokens[i : i + 2] == ["(", "*"]), None)
        if function is not None:
            close = tokens.index(")", function)
            arguments = " ".join(tokens[close + 2 : -1])
            inner = [self.canonical(a) for a in split_commas(arguments)]
            return self.unname(tokens[:function]) + ["(", "*", ")", "("] + [t for a in inner for t in (*a, ",")] + [")"]
        if tokens.count("[") == 1:
            bracket = tokens.index("[")
            tokens = self.unname(tokens[:bracket]) + ["*"]
            return tokens
        words = [i for i, t in enumerate(tokens) if re.match(r"[A-Za-z_]", t)]
        if len(words) > 1 and words[-1] == len(tokens) - 1:
            last = tokens[-1]
            if last not in INTEGER | {"void", "bool"} and tokens[-2] not in TAGS:
                return tokens[:-1]
        return tokens

    def canonical(self, text):
        tokens = [t for t in TOKEN.findall(text) if t not in QUALIFIERS]
        return self.integers(self.expand(self.unname(tokens)))


def read_table(path):
    with open(path) as lines:
        return dict(line.rstrip("\n").split(": ", 1) for line in lines)


def split_prototype(name, prototype):
    """`ret name(args)` into the return type and the arguments."""
    found = re.search(rf"\b{re.escape(name)}\(", prototype)
    depth, end = 1, found.end()
    while depth:
        depth += (prototype[end] == "(") - (prototype[end] == ")")
        end += 1
    return prototype[: found.start()] + prototype[end:], split_commas(prototype[found.end() : end - 1])


def main():
    table, btf = sys.argv[1:]
    prototypes = read_table(os.path.join(btf, "prototypes.txt"))
    spelling = Spelling(read_table(os.path.join(btf, "typedefs.txt")))
    with open(table) as text:
        rows = list(calls(text.read(), "CKPT_SYM"))
    wrong = missing = 0
    for need, ret, name, parameters, *_ in rows:
        if name not in prototypes:
            print(f"{table}: {name} ({need}) is not in this kernel")
            missing += need == "core"
            continue
        real_ret, real = split_prototype(name, prototypes[name])
        mine = split_commas(parameters.strip()[1:-1])
        same = (
            spelling.canonical(ret) == spelling.canonical(real_ret)
            and len(mine) == len(real)
            and all(spelling.canonical(a) == spelling.canonical(b) for a, b in zip(mine, real))
        )
        if not same:
            wrong += 1
            print(f"{table}: {name} differs\n  table:  {ret} {name}({', '.join(mine)})\n  kernel: {prototypes[name]}")
    print(f"{len(rows)} functions: {wrong} differ, {missing} core ones missing")
    sys.exit(1 if wrong or missing else 0)


if __name__ == "__main__":
    main()
