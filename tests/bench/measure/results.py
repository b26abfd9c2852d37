# SPDX-License-Identifier: GPL-2.0-only
"""What was measured, and how it is condensed and kept."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Iterable, Optional

from .load import Subject


@dataclass
class Sample:
    """One engine, one subject, one repetition. Times in nanoseconds, the rest in bytes."""

    frozen: int  # longest gap between two beats of the first process: it was frozen for so long
    frozen_told: Optional[int]  # the same by the engine's own word
    checkpoint: int  # the whole command
    resident: int  # anonymous memory, of all processes
    private: int  # the same, pages that several have counted once
    native: int  # making and ending as many tasks, just before
    huge: int  # how much of that is in huge pages
    image: int
    files: int
    restart: Optional[int] = None  # the whole command
    running: Optional[int] = None  # from the start of the command until all tasks have run
    memory: Optional[int] = None  # most that the engine held, its image not counted


@dataclass
class Row:
    """One subject, measured with engines."""

    subject: Subject
    limits: list[dict[str, int]] = field(default_factory=list)
    engines: dict[str, list[Sample]] = field(default_factory=dict)

    def values(self, engine: str, quantity: str) -> list[float]:
        """A quantity in each repetition in which it was taken."""
        found = (getattr(sample, quantity) for sample in self.engines[engine])
        return [value for value in found if value is not None]

    def ratios(self, engine: str, quantity: str, other: str) -> list[float]:
        """How a quantity compares with that of another engine, repetition by repetition."""
        pairs = zip(self.values(engine, quantity), self.values(other, quantity))
        return [ours / theirs for ours, theirs in pairs]

    def limit_ratios(self, engine: str, quantity: str, limit: str) -> list[float]:
        """How a quantity compares with what was measured just before."""
        best = [limits[limit] for limits in self.limits if limit in limits]
        return [ours / theirs for ours, theirs in zip(self.values(engine, quantity), best)]

    def native(self) -> float:
        """Making and ending as many tasks: the middle of all that was measured, with any engine."""
        return median(sample.native for samples in self.engines.values() for sample in samples)

    def excess(self, engine: str) -> list[float]:
        """How much larger the image is than the memory in it."""
        return [sample.image / sample.resident for sample in self.engines[engine]]


@dataclass
class Results:
    """Everything, by the parts of the benchmark."""

    environment: dict[str, str]
    parts: dict[str, list[Row]] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """Some values: the one in the middle, and how far they lie apart in parts of it."""

    median: float
    spread: float


def summarise(values: Iterable[float]) -> Optional[Summary]:
    """The summary, unless there are no values."""
    known = list(values)
    if not known:
        return None
    middle = median(known)
    return Summary(middle, (max(known) - min(known)) / middle if middle else 0.0)


def named(rows: list[Row]) -> list[dict[str, Any]]:
    return [{**asdict(row), "name": row.subject.name} for row in rows]


def write(results: Results, path: Path) -> None:
    """Keeps every single value."""
    parts = {part: named(rows) for part, rows in results.parts.items()}
    whole = {"environment": results.environment, **parts}
    path.write_text(json.dumps(whole, indent=1) + "\n")
