# SPDX-License-Identifier: GPL-2.0-only
"""What one more of something costs: a process, a thread, a descriptor."""

from dataclasses import dataclass
from typing import Iterator, Optional

from .results import Row, summarise

# What few of them take is mostly the start and the end of the commands.
FEW = 10


@dataclass(frozen=True)
class Family:
    """Subjects of the same kind, the smallest first."""

    kind: str
    rows: list[Row]

    @property
    def engines(self) -> list[str]:
        """Who has measured more than one of them."""
        counts = {name: len(self.of(name)) for row in self.rows for name in row.engines}
        return [name for name, count in counts.items() if count > 1]

    def of(self, engine: str) -> list[Row]:
        """Those that an engine has measured."""
        return [row for row in self.rows if engine in row.engines]

    def ends(self, engine: str) -> tuple[Row, Row]:
        """The two that tell what a further item costs."""
        rows = self.of(engine)
        return next((row for row in rows[:-1] if row.subject.items >= FEW), rows[0]), rows[-1]

    def further(self, engine: str, quantity: str) -> Optional[float]:
        """What each item between the two adds."""
        ends = self.ends(engine)
        sums = [summarise(row.values(engine, quantity)) for row in ends]
        if sums[0] is None or sums[1] is None:
            return None
        return (sums[1].median - sums[0].median) / (ends[1].subject.items - ends[0].subject.items)

    @property
    def native(self) -> float:
        """What making and ending one item takes, in the largest of them."""
        row = self.rows[-1]
        return row.native() / row.subject.items


def families(rows: list[Row]) -> Iterator[Family]:
    """Subjects by what they are made of."""
    kinds = dict.fromkeys(row.subject.kind for row in rows)
    for kind in kinds:
        alike = [row for row in rows if row.subject.kind == kind]
        yield Family(kind, sorted(alike, key=lambda row: row.subject.items))
