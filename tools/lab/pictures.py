#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draws the pictures of the documents: the layers from the table in internals.md that check_arrows.py reads, the
bars from the tables of figures in benchmarks.md, the rest from what stands here.

usage: pictures.py [--check] DOCUMENTATION

Writes DOCUMENTATION/pictures/*.svg. With --check nothing is written, and a picture that differs is named.
"""

import re
import sys
import textwrap
from collections.abc import Callable
from html import escape
from pathlib import Path

from check_arrows import rows

PAPER, FRAME, INK, SOFT = "#ffffff", "#d0d7de", "#1f2328", "#59636e"
# Fill and edge.
GREY = ("#f6f8fa", "#8c959f")
BLUE = ("#ddf4ff", "#0969da")
GREEN = ("#dafbe1", "#1a7f37")
ORANGE = ("#fff1e5", "#bc4c00")
PURPLE = ("#fbefff", "#8250df")
RED = ("#ffebe9", "#cf222e")
Colour = tuple[str, str]


class Picture:
    """One SVG with a paper of its own, so that it reads the same on a white and on a dark page."""

    def __init__(self, width: int, height: int, title: str, text: str):
        self.lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'role="img" aria-labelledby="title text" font-family="Helvetica, Arial, sans-serif">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="text">{escape(text)}</desc>',
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{SOFT}"/></marker></defs>',
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="{PAPER}" stroke="{FRAME}"/>',
        ]
        self.text(20, 30, title, 16, bold=True)

    def text(self, x: float, y: float, text: str, size: int = 12, *, bold=False, code=False, ink=INK, at="start"):
        more = ' font-weight="bold"' if bold else ""
        more += ' font-family="Consolas, DejaVu Sans Mono, monospace"' if code else ""
        more += f' text-anchor="{at}"' if at != "start" else ""
        self.lines.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{ink}"{more}>{escape(text)}</text>')

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, dashed=False):
        more = ' stroke-dasharray="4 3"' if dashed else ""
        self.lines.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3" '
            f'fill="{colour[0]}" stroke="{colour[1]}"{more}/>'
        )

    def label(self, x: float, y: float, width: float, height: float, text: str, colour: Colour, size=12, **more):
        """A box with lines of text in its middle."""
        self.box(x, y, width, height, colour)
        lines = text.split("\n")
        top = y + height / 2 - (len(lines) - 1) * size * 0.6 + size * 0.36
        for number, line in enumerate(lines):
            self.text(x + width / 2, top + number * size * 1.2, line, size, at="middle", **more)

    def line(self, x1: float, y1: float, x2: float, y2: float, *, arrow=False, dashed=False, ink=SOFT):
        more = ' marker-end="url(#head)"' if arrow else ""
        more += ' stroke-dasharray="4 3"' if dashed else ""
        self.lines.append(f'<path d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke="{ink}" fill="none"{more}/>')

    def svg(self) -> str:
        return "\n".join([*self.lines, "</svg>", ""])


def layers(documents: Path) -> str:
    """Who may use whom, from the table under "Layers"."""
    table = [(number, names, textwrap.wrap(what, 118)) for number, names, what in rows(documents / "internals.md")]
    colours = {5: BLUE, 11: ORANGE}
    height = 74 + sum(34 + 15 * len(what) + 16 for _, _, what in table)
    picture = Picture(
        840,
        height,
        "Layers of the module, and the direction of their arrows",
        "From the top to the bottom: "
        + "; ".join(f"{number} {' '.join(names)}" for number, names, _ in table)
        + ". A module uses modules of layers below its own, or of its own layer where they do not use each other in a circle.",
    )
    y = 48
    for number, names, what in table:
        tall = 34 + 15 * len(what)
        if number != table[0][0]:
            picture.line(420, y - 15, 420, y - 2, arrow=True)
        colour = GREEN if number < 5 else colours.get(number, GREY)
        picture.box(20, y, 780, tall, colour)
        picture.text(34, y + 21, str(number), 13, bold=True, ink=colour[1])
        picture.text(62, y + 21, "  ".join(names), 13, bold=True, code=True)
        for place, line in enumerate(what):
            picture.text(62, y + 38 + 15 * place, line, 12, ink=SOFT)
        y += tall + 16
    picture.line(818, 48, 818, y - 18, arrow=True)
    picture.text(20, y + 8, "A module uses any layer below its own, not only the next one; within a layer there are no circles.", ink=SOFT)
    return picture.svg()


def checkpoint(_: Path) -> str:
    """When the tree stands still, and what is done meanwhile."""
    picture = Picture(
        900,
        430,
        "Time line of a checkpoint",
        "With capture: the tree is frozen, its state is captured in kernel memory, the tree is thawed and runs while the "
        "image is written. Without capture, and with --kill or --stop: the tree stands still until the image is complete.",
    )

    def lane(y: float, name: str):
        picture.text(20, y + 22, name, 12, bold=True)

    picture.text(20, 62, "checkpoint PID", 13, bold=True, code=True)
    picture.text(152, 62, "the tree runs while its image is written", 12, ink=SOFT)
    lane(76, "tree")
    picture.label(110, 76, 130, 34, "runs", GREEN)
    picture.label(240, 76, 250, 34, "stands still", BLUE, bold=True)
    picture.label(490, 76, 390, 34, "runs", GREEN)
    lane(122, "module")
    picture.label(190, 122, 100, 44, "freeze\nFrozen::new", ORANGE)
    picture.label(290, 122, 200, 44, "capture\nrecords made, pages copied", ORANGE)
    picture.label(490, 122, 70, 44, "thaw", ORANGE)
    picture.label(560, 122, 230, 44, "write\nrecords and pages, index, TAIL", ORANGE)
    picture.label(790, 122, 90, 44, "sync, link\n(command)", GREY)
    lane(178, "memory")
    picture.label(290, 178, 500, 26, "the capture: records and copies of pages", PURPLE)
    lane(212, "file")
    picture.label(560, 212, 320, 26, "grows, without a name; gets it when complete", GREY)
    picture.text(240, 256, "CKPT_IOC_FREEZE", 11, code=True, at="middle", ink=SOFT)
    picture.text(390, 256, "CKPT_IOC_CAPTURE", 11, code=True, at="middle", ink=SOFT)
    picture.text(675, 256, "CKPT_IOC_WRITE", 11, code=True, at="middle", ink=SOFT)

    picture.line(20, 276, 880, 276, ink=FRAME)
    picture.text(20, 302, "checkpoint --no-capture | --stop | --kill PID", 13, bold=True, code=True)
    picture.text(400, 302, "no copies; the tree waits for the image (--no-capture: not for the sync)", 12, ink=SOFT)
    lane(316, "tree")
    picture.label(110, 316, 130, 34, "runs", GREEN)
    picture.label(240, 316, 510, 34, "stands still", BLUE, bold=True)
    picture.label(750, 316, 130, 34, "runs on, stopped\nor killed", GREY)
    lane(362, "module")
    picture.label(190, 362, 100, 44, "freeze", ORANGE)
    picture.label(290, 362, 100, 44, "capture\nrecords only", ORANGE)
    picture.label(390, 362, 290, 44, "write\npages are read from the tasks", ORANGE)
    picture.label(680, 362, 70, 44, "sync, link", GREY)
    picture.label(750, 362, 130, 44, "thaw, SIGSTOP\nor SIGKILL", ORANGE)
    picture.text(340, 422, "CKPT_IOC_CHECKPOINT", 11, code=True, ink=SOFT)
    picture.text(750, 422, "CKPT_IOC_SIGNAL", 11, code=True, ink=SOFT)
    return picture.svg()


def restart(_: Path) -> str:
    """What tasks and coordinator do in each phase."""
    picture = Picture(
        980,
        470,
        "Time line of a restart",
        "The command makes the tasks; they meet the coordinator in the kernel; in Restoring each restores itself when it "
        "has the turn; in Burying ghosts end and dead tasks become zombies; in Starting timers and stops are set; in "
        "Leaving all live tasks go to user mode in the saved context.",
    )
    phases = [
        (120, 110, "making", "clone3(2)", GREY),
        (230, 130, "meeting", "Chair::gather", GREY),
        (360, 320, "Restoring", "turn 0, 1, 2 …", BLUE),
        (680, 100, "Burying", "Restart::bury", PURPLE),
        (780, 90, "Starting", "Go::start", ORANGE),
        (870, 90, "Leaving", "Go::go", GREEN),
    ]
    for x, width, name, what, colour in phases:
        picture.label(x, 48, width, 40, f"{name}\n{what}", colour)
        picture.line(x, 92, x, 440, dashed=True, ink=FRAME)

    def lane(y: float, name: str, sort: str):
        picture.text(20, y + 14, name, 12, bold=True)
        picture.text(20, y + 29, sort, 11, ink=SOFT)

    lane(104, "coordinator", "restart(1)")
    picture.label(124, 104, 102, 36, "makes the root", GREY)
    picture.label(234, 104, 122, 36, "head, roll,\nplaces", ORANGE)
    picture.label(364, 104, 236, 36, "watches: has a member died?", GREY)
    picture.label(604, 104, 72, 36, "index,\nTAIL", ORANGE)
    picture.label(684, 104, 92, 36, "waits for the\ndead to end", ORANGE)
    picture.label(874, 104, 82, 36, "returns last", GREEN)

    members = [
        ("task 0", "root, two threads", 0, None),
        ("task 1", "its thread", 1, None),
        ("task 2", "child, stopped", 2, None),
        ("task 3", "a zombie", 3, "zombie"),
        ("ghost", "holds a pid", None, "gone"),
    ]
    for number, (name, sort, turn, end) in enumerate(members):
        y = 164 + 54 * number
        lane(y, name, sort)
        picture.label(124, y, 102, 34, "is made", GREY)
        last = 684 if turn is None else 364 + 58 * turn
        picture.box(234, y, last - 238, 34, GREY, dashed=True)
        picture.text(244, y + 21, "RESTART, waits", 12, ink=SOFT)
        if turn is not None:
            picture.label(last, y, 54, 34, "restores\nitself", BLUE, 11)
        if turn is not None and turn < 3:
            picture.line(last + 54, y + 34, last + 62, y + 52, arrow=True)
        if end:
            at = 684 if turn is None else last + 62
            picture.label(at, y, 60, 34, f"ends:\n{end}", PURPLE, 11)
            continue
        starts = number != 1
        picture.box(last + 58, y, (780 if starts else 870) - last - 62, 34, GREY, dashed=True)
        picture.text(last + 68, y + 21, "waits", 12, ink=SOFT)
        if starts:
            picture.label(784, y, 82, 34, "stops" if number == 2 else "sets timers", ORANGE)
        picture.label(874, y, 82, 34, "user mode", GREEN)
    picture.text(
        120,
        458,
        "An error before Leaving kills all members. A member holds no lock while it waits.",
        12,
        ink=SOFT,
    )
    return picture.svg()


def image(_: Path) -> str:
    """The order of records, one section, one record, PAGES."""
    picture = Picture(
        940,
        500,
        "Layout of an image",
        "An image is a stream of records: HEADER, HEADER_ARCH, CONTAINER, TREE, one section for each task, INDEX, TAIL. A "
        "section holds the records of the task, and each shared object before the first record that refers to it. A "
        "record is kind, length and body. PAGES holds runs, padding, page contents and one checksum for each run.",
    )

    def strip(y: float, tall: float, boxes: list[tuple[float, str, Colour]], x: float = 20, size: int = 11, code=True):
        for width, name, colour in boxes:
            picture.label(x, y, width, tall, name, colour, size, code=code)
            x += width

    strip(
        52,
        40,
        [
            (100, "HEADER\nformat", ORANGE),
            (110, "HEADER_ARCH\nCPU, vDSO", ORANGE),
            (105, "CONTAINER\nwhole or part", ORANGE),
            (115, "TREE\nparents, groups", ORANGE),
            (130, "section of task 0", BLUE),
            (130, "section of task 1", BLUE),
            (30, "…", BLUE),
            (100, "INDEX\nwhat is where", ORANGE),
            (80, "TAIL\ntotals", ORANGE),
        ],
    )
    picture.line(450, 92, 20, 132, dashed=True)
    picture.line(580, 92, 920, 132, dashed=True)

    strip(
        134,
        36,
        [
            (100, "TASK", BLUE),
            (100, "SCHED", BLUE),
            (100, "CRED*", PURPLE),
            (130, "TASK_CREDS", BLUE),
            (110, "THREAD", BLUE),
            (90, "CPU", BLUE),
            (110, "CPU_FPU", BLUE),
            (160, "RESTART_BLOCK", BLUE),
        ],
    )
    strip(
        170,
        36,
        [
            (180, "PIPE* TTY* CONTENTS*", PURPLE),
            (70, "FILE*…", PURPLE),
            (110, "FILE_TABLE*", PURPLE),
            (140, "FILE* (mapped)", PURPLE),
            (60, "MM*", PURPLE),
            (70, "VMA…", BLUE),
            (110, "PAGES…", GREEN),
            (160, "PAGES_COPIED…", GREEN),
        ],
    )
    strip(
        206,
        36,
        [
            (70, "FS*", PURPLE),
            (100, "SIGHAND*", PURPLE),
            (100, "SIGNAL*", PURPLE),
            (120, "TASK_OBJS", BLUE),
            (130, "SIGNAL_TASK", BLUE),
            (130, "SIGPENDING", BLUE),
            (250, "next section", GREY),
        ],
    )
    picture.text(
        20,
        260,
        "* shared object: stands once, in the section of the first task that uses it, and has the next objref; later tasks name that.",
        12,
        ink=SOFT,
    )

    picture.text(20, 296, "A record", 13, bold=True)
    strip(306, 40, [(100, "kind: u32", GREY), (100, "len: u32", GREY), (500, "body, a multiple of 8 bytes", BLUE)], code=False, size=12)
    picture.text(20, 362, "prefix, 8 bytes: len counts it, too", 11, ink=SOFT)
    picture.text(220, 362, "fixed, STRING, BUFFER, PAGES or empty; a fixed one may grow at its end", 11, ink=SOFT)

    picture.text(20, 400, "PAGES", 13, bold=True, code=True)
    strip(
        410,
        40,
        [
            (80, "prefix", GREY),
            (80, "body", BLUE),
            (170, "runs: address, count", BLUE),
            (80, "zeros", GREY),
            (300, "pages, 4096 bytes each", GREEN),
            (190, "CRC32C of each run", ORANGE),
        ],
        code=False,
        size=12,
    )
    picture.text(
        430, 468, "data_offset: for 1 MiB or more a multiple of 4096 from the start of the image", 11, ink=SOFT
    )
    return picture.svg()


def table(text: str, first: str) -> list[list[str]]:
    """The rows of the table whose head begins so; an empty first cell is that of the row above."""
    begin = text.index("\n| " + first)
    found: list[list[str]] = []
    for line in text[begin:].strip().split("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        cells[0] = cells[0] or found[-1][0]
        found.append(cells)
    return found


def figures(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Time frozen, of a checkpoint and of a restart: what they are of, then ckpt's and criu's."""
    beside = {row[0]: row for row in table(text, "process | engine | frozen | checkpoint | restart | image, ratio |") if row[1] == "ckpt"}
    found = []

    def both(name: str, head: str, key: str, unit: str, engine: int, first: int):
        rows = [row for row in table(text, head) if row[0] == key]
        ours, theirs = (next(row for row in rows if row[engine] == word) for word in ("ckpt", "criu"))
        # The first row of a key has one cell more where the cell of the key is one of two.
        found.append((name, [(f"{ours[at]} {unit}", f"{theirs[at]} {unit}") for at in range(first, first + 3)]))

    both("small process", "process | engine | frozen | checkpoint | restart | running | memory KiB", "minimal", "ms", 1, 2)
    for key, name in [("64 MiB 4k", "64 MiB, small pages"), ("64 MiB thp", "64 MiB, huge pages")]:
        pairs = [re.match(r"([\d.]+) \(([\d.]+)\)", cell) for cell in beside[key][2:5]]
        found.append((name, [(f"{pair[1]} ms", f"{pair[2]} ms") for pair in pairs if pair]))
    trees = "tree | engine | frozen | checkpoint | restart | running | image KiB"
    both("100 forked processes", trees, "100 forked", "ms", 1, 2)
    both("100 threads", trees, "100 thread", "ms", 1, 2)
    both("each further open file", "| native | engine | frozen | checkpoint | restart | image B | frozen / native | restart / native |\n|---|---|---|---|---|---|---|---|---|\n| file", "file", "µs", 2, 3)
    return found


def benchmarks(documents: Path) -> str:
    """Bars: what ckpt takes, criu being 1."""
    groups = figures((documents / "benchmarks.md").read_text())
    left, unit, step = 180, 420, 72
    bottom = 76 + step * len(groups)
    picture = Picture(
        860,
        bottom + 52,
        "ckpt beside CRIU: shorter is better",
        "Bars of the time that ckpt takes, CRIU's time being 1. "
        + ". ".join(
            f"{name}: frozen {pairs[0][0]} of {pairs[0][1]}, checkpoint {pairs[1][0]} of {pairs[1][1]}, "
            f"restart {pairs[2][0]} of {pairs[2][1]}"
            for name, pairs in groups
        )
        + ".",
    )
    legend = [("time frozen", BLUE), ("whole checkpoint", ORANGE), ("whole restart", GREEN)]
    for number, (name, colour) in enumerate(legend):
        picture.box(left + 140 * number, 46, 14, 12, colour)
        picture.text(left + 20 + 140 * number, 57, name)
    for number, (name, pairs) in enumerate(groups):
        top = 76 + step * number
        picture.text(left - 12, top + 33, name, 12, at="end", bold=True)
        for place, ((ours, theirs), (_, colour)) in enumerate(zip(pairs, legend)):
            width = unit * float(ours.split()[0]) / float(theirs.split()[0])
            y = top + 19 * place
            picture.box(left, y, max(width, 2), 15, colour)
            ink_at = left + max(width, unit if width > unit * 0.72 else 0) + 8
            picture.text(ink_at, y + 12, f"{ours} of {theirs}", 11, ink=SOFT)
    picture.line(left, 68, left, bottom - 4, ink=INK)
    picture.line(left + unit, 68, left + unit, bottom - 4, dashed=True, ink=RED[1])
    picture.text(left + unit, bottom + 12, "CRIU = 1", 12, at="middle", ink=RED[1])
    picture.text(
        20,
        bottom + 36,
        "Counted instructions in a virtual machine, 1 ns each: ratios mean something, milliseconds do not. See benchmarks.md.",
        12,
        ink=SOFT,
    )
    return picture.svg()


PICTURES: dict[str, Callable[[Path], str]] = {
    "layers": layers,
    "checkpoint": checkpoint,
    "restart": restart,
    "image": image,
    "benchmarks": benchmarks,
}


def main() -> int:
    documents = Path(sys.argv[-1])
    wrong = 0
    for name, draw in PICTURES.items():
        path, svg = documents / "pictures" / f"{name}.svg", draw(documents)
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(svg)
        elif not path.exists() or path.read_text() != svg:
            print(f"{path}: differs from what its documents say: `make pictures` brings it up to date")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())
