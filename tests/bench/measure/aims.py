# SPDX-License-Identifier: GPL-2.0-only
"""What is aimed at. Shown beside the figures, never asserted."""

from dataclasses import dataclass
from typing import Iterator

from .engines import CKPT, CRIU
from .results import Results, Row, summarise

# An image may be so much larger than the memory in it.
IMAGE_FACTOR = 1.01
IMAGE_BYTES = 4096


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


def judge(results: Results) -> list[Aim]:
    """All aims that something was measured for."""
    return [aim for row in results.rows for aim in judge_row(row)]
