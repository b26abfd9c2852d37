# SPDX-License-Identifier: GPL-2.0-only
"""What is aimed at. Shown beside the figures, never asserted."""

from dataclasses import dataclass
from typing import Iterator

from .engines import CKPT, CRIU
from .families import Family, families
from .results import Results, Row, summarise

# An image may be so much larger than the memory in it.
IMAGE_FACTOR = 1.01
IMAGE_BYTES = 4096

# What each further task of a tree may take: a process, in parts of fork and exit; a thread, in ms.
PROCESS_AIMS = {"frozen": 0.3, "restart": 1.5}
THREAD_AIMS = {"frozen": 0.04, "restart": 0.08}
# And of the image, beside its pages.
PROCESS_BYTES = 1536
THREAD_BYTES = 600

# What each further pair of pipe ends may take, in ms, and of the image; and how far the cost of any
# descriptor in the largest table may be from that in a smaller one.
PIPE_AIMS = {"frozen": 0.010, "restart": 0.012}
PIPE_BYTES = 64
# What each further POSIX timer may take, in parts of making, setting and deleting one.
TIMER_AIMS = {"frozen": 2, "restart": 2}
FLAT = 1.2


@dataclass(frozen=True)
class Aim:
    """A ratio that is to be at most `limit`."""

    name: str
    value: float
    limit: float


def of_criu(row: Row, quantity: str, limit: float) -> Iterator[Aim]:
    found = summarise(row.ratios(CKPT, quantity, CRIU))
    if found:
        yield Aim(f"{row.subject.name}: {quantity}, against criu", found.median, limit)


def judge_row(row: Row) -> Iterator[Aim]:
    mib = row.subject.mib
    if not mib:
        yield from of_criu(row, "checkpoint", 1 / 4)
        yield from of_criu(row, "restart", 1 / 3)
    if mib >= 256:
        yield from of_criu(row, "frozen", 1 / 2)
        yield from of_criu(row, "restart", 1)
    excess = summarise(row.excess(CKPT))
    if excess:
        resident = min(row.values(CKPT, "resident"))
        limit = IMAGE_FACTOR + IMAGE_BYTES / resident
        yield Aim(f"{row.subject.name}: image, against resident memory", excess.median, limit)


def judge_trees(rows: list[Row]) -> Iterator[Aim]:
    """What a process or thread more may take."""
    for family in families(rows):
        if CKPT not in family.engines:
            continue
        threads = family.kind == "thread"
        for quantity, limit in (THREAD_AIMS if threads else PROCESS_AIMS).items():
            taken = family.further(CKPT, quantity)
            if taken is None:
                continue
            if threads:
                yield Aim(f"each further thread: {quantity}, ms", taken / 1e6, limit)
            else:
                of = f"{family.kind} process: {quantity}, against fork and exit"
                yield Aim(f"each further {of}", taken / family.native, limit)
        image = family.further(CKPT, "image")
        memory = family.further(CKPT, "private")
        if image is not None and memory is not None:
            name = f"each further {family.kind} task: image beside its own pages, bytes"
            yield Aim(name, image - memory, THREAD_BYTES if threads else PROCESS_BYTES)


def judge_flat(family: Family, quantity: str) -> Iterator[Aim]:
    """Whether the last of many costs what the first ones cost."""
    rows = family.of(CKPT)
    if len(rows) < 3:
        return
    early = Family(family.kind, rows[:-1]).further(CKPT, quantity)
    late = Family(family.kind, rows[-2:]).further(CKPT, quantity)
    if early and late:
        yield Aim(f"{family.kind}: {quantity}, late against early", late / early, FLAT)


def judge_descriptors(rows: list[Row]) -> Iterator[Aim]:
    """What a descriptor more may take."""
    for family in families(rows):
        if CKPT not in family.engines:
            continue
        for quantity, limit in PIPE_AIMS.items() if family.kind == "pipe" else ():
            taken = family.further(CKPT, quantity)
            if taken is not None:
                yield Aim(f"each further pipe: {quantity}, ms", taken / 1e6, limit)
        for quantity, limit in TIMER_AIMS.items() if family.kind == "timer" else ():
            taken = family.further(CKPT, quantity)
            if taken is not None:
                of = f"{quantity}, against timer_create, settime and delete"
                yield Aim(f"each further POSIX timer: {of}", taken / family.native, limit)
        image = family.further(CKPT, "image")
        if family.kind == "pipe" and image is not None:
            yield Aim("each further pipe: image, bytes", image, PIPE_BYTES)
        yield from judge_flat(family, "frozen")
        yield from judge_flat(family, "restart")


def judge_scale(rows: list[Row]) -> Iterator[Aim]:
    """Whether each of very many costs what it costs among a tenth of them."""
    for family in families(rows):
        few, many = family.rows[0], family.rows[-1]
        for quantity in ("frozen", "checkpoint", "restart"):
            costs = [
                summarise(value / row.subject.items for value in row.values(CKPT, quantity))
                for row in (few, many)
            ]
            if many is not few and costs[0] and costs[1]:
                name = f"{family.kind}: {quantity} of each, {many.subject.items} against fewer"
                yield Aim(name, costs[1].median / costs[0].median, FLAT)


def judge(results: Results) -> Iterator[Aim]:
    """All aims that something was measured for."""
    for row in results.parts.get("memory", []):
        yield from judge_row(row)
    yield from judge_trees(results.parts.get("trees", []))
    yield from judge_descriptors(results.parts.get("descriptors", []))
    yield from judge_scale(results.parts.get("scale", []))
