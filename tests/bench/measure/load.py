# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, seen from outside through the file of its beat."""

import ctypes
import mmap
import os
import re
import signal
import struct
import subprocess
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .launch import PROGRAMS, SCRATCH, Failed

# struct beat of beat.h: two words for us to write, the others of what is measured.
ORDER = struct.Struct("=QQ")
ANSWER = struct.Struct("=QQQQQQQQ")
PAGE = 4096

PATIENCE = 120.0
PR_SET_CHILD_SUBREAPER = 36


class Subject(Protocol):
    """What is measured."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    @property
    def kind(self) -> str:
        """What it has many of."""

    @property
    def items(self) -> int:
        """How many of these."""

    @property
    def tasks(self) -> int:
        """How many processes and threads it is made of."""

    @property
    def command(self) -> list[str]:
        """What runs it, but for the file of its beat."""


@dataclass(frozen=True)
class Memory:
    """One process with so much memory."""

    mib: int
    pages: str
    tasks: int = 1
    kind: str = "memory"

    @property
    def items(self) -> int:
        return self.mib

    @property
    def name(self) -> str:
        return f"{self.mib} MiB {self.pages}" if self.mib else "minimal"

    @property
    def arguments(self) -> list[str]:
        return [str(self.mib), self.pages]

    @property
    def command(self) -> list[str]:
        return [str(PROGRAMS / "load"), *self.arguments]


@dataclass(frozen=True)
class Tree:
    """So many processes or threads: `forked`, `written` or `thread`, see tree.c."""

    kind: str
    tasks: int

    @property
    def name(self) -> str:
        return f"{self.tasks} {self.kind}"

    @property
    def items(self) -> int:
        return self.tasks

    @property
    def command(self) -> list[str]:
        return [str(PROGRAMS / "tree"), self.kind, str(self.tasks)]


@dataclass(frozen=True)
class Descriptors:
    """One process with so many descriptors of a kind, pairs of them, or timers, see descriptors.c."""

    kind: str
    items: int
    tasks: int = 1

    @property
    def name(self) -> str:
        return f"{self.items} {self.kind}"

    @property
    def command(self) -> list[str]:
        return [str(PROGRAMS / "descriptors"), self.kind, str(self.items)]


# Of what scale.c makes: descriptors in each process.
IN_PROCESS = 100


@dataclass(frozen=True)
class Scale:
    """Something large: `tasks`, or `descriptors` or `watches`, see scale.c."""

    kind: str
    items: int

    @property
    def name(self) -> str:
        return f"{self.items} {self.kind}"

    @property
    def tasks(self) -> int:
        return {"tasks": self.items, "descriptors": self.items // IN_PROCESS}.get(self.kind, 1)

    @property
    def command(self) -> list[str]:
        if self.kind == "tasks":
            return Tree("forked", self.items).command
        return [str(PROGRAMS / "scale"), self.kind, str(self.items)]


@dataclass(frozen=True)
class Beat:
    """What is measured says this about itself; times in nanoseconds."""

    obeyed: int
    first: int
    gap: int
    beats: int
    sum: int
    answers: int
    all: int
    native: int


def adopt_orphans() -> None:
    """Makes restored processes children of this one once the command that restored them ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


class Load:
    """A running tree of processes, or what is left of it; ended by the end of a `with`."""

    def __init__(self, subject: Subject) -> None:
        self.path = SCRATCH / "beat"
        self.path.write_bytes(bytes(PAGE))
        with self.path.open("r+b") as file:
            self.page = mmap.mmap(file.fileno(), PAGE)
        self.number = 0
        self.tasks = subject.tasks
        line = [*subject.command, str(self.path)]
        null = subprocess.DEVNULL
        self.pid = subprocess.Popen(
            line, stdin=null, stdout=null, stderr=null, start_new_session=True
        ).pid
        self.alive = True

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.page.close()
        self.path.unlink()

    def beat(self) -> Beat:
        return Beat(*ANSWER.unpack_from(self.page, ORDER.size))

    def order(self, wants_sum: bool = False) -> None:
        """Has the first process count anew, and all answer, as soon as they see this."""
        self.number += 1
        ORDER.pack_into(self.page, 0, self.number, wants_sum)

    def wait(self, beats: int = 1) -> Beat:
        """Waits until the last order was carried out by all, and for some more beats."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            beat = self.beat()
            answered = beat.answers == self.number * self.tasks
            if beat.obeyed == self.number and answered and beat.beats >= beats:
                return beat
            time.sleep(0.002)
        raise Failed(f"process {self.pid} does not run: {self.beat()}")

    def sum(self) -> int:
        """A checksum of the first process' memory."""
        self.order(wants_sum=True)
        return self.wait().sum

    def kill(self) -> None:
        """Kills the processes and waits until their pids are free."""
        if not self.alive:
            return
        os.killpg(self.pid, signal.SIGKILL)
        self.alive = False
        # The first one's death makes the others children of this process.
        with suppress(ChildProcessError):
            while True:
                os.waitpid(-self.pid, 0)

    def restored(self) -> None:
        """Somebody has brought the processes back; the first is a child of this one."""
        self.alive = True

    def resident(self) -> Counter[str]:
        """The sums of all mappings' counters, in bytes."""
        sums: Counter[str] = Counter()
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for pid in (self.pid, *children):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            for name, kib in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE):
                sums[name] += int(kib) << 10
        return sums
