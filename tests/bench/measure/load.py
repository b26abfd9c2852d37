# SPDX-License-Identifier: GPL-2.0-only
"""The process that is measured, seen from outside through the file of its beat."""

import ctypes
import mmap
import os
import re
import signal
import struct
import subprocess
import time
from dataclasses import dataclass

from .launch import PROGRAMS, SCRATCH, Failed

# struct beat of load.c: two words for us to write, five of the process.
ORDER = struct.Struct("=QQ")
ANSWER = struct.Struct("=QQQQQ")
PAGE = 4096

PATIENCE = 120.0
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Subject:
    """What kind of process is measured."""

    mib: int
    pages: str

    @property
    def name(self) -> str:
        return f"{self.mib} MiB {self.pages}" if self.mib else "minimal"

    @property
    def arguments(self) -> list[str]:
        return [str(self.mib), self.pages]


@dataclass(frozen=True)
class Beat:
    """What the process says about itself; times in nanoseconds."""

    obeyed: int
    first: int
    gap: int
    beats: int
    sum: int


def adopt_orphans() -> None:
    """Makes restored processes children of this one once the command that restored them ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


class Load:
    """A running process, or what is left of it; ended by the end of a `with`."""

    def __init__(self, subject: Subject) -> None:
        self.path = SCRATCH / "beat"
        self.path.write_bytes(bytes(PAGE))
        with self.path.open("r+b") as file:
            self.page = mmap.mmap(file.fileno(), PAGE)
        self.number = 0
        line = [str(PROGRAMS / "load"), *subject.arguments, str(self.path)]
        null = subprocess.DEVNULL
        self.pid = subprocess.Popen(line, stdin=null, stdout=null, stderr=null).pid
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
        """Has the process count anew as soon as it sees this."""
        self.number += 1
        ORDER.pack_into(self.page, 0, self.number, wants_sum)

    def wait(self, beats: int = 1) -> Beat:
        """Waits until the last order was carried out, and for some more beats."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            beat = self.beat()
            if beat.obeyed == self.number and beat.beats >= beats:
                return beat
            time.sleep(0.002)
        raise Failed(f"process {self.pid} does not run")

    def sum(self) -> int:
        """A checksum of its memory."""
        self.order(wants_sum=True)
        return self.wait().sum

    def kill(self) -> None:
        """Kills the process and waits until its pid is free."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.alive = False

    def restored(self) -> None:
        """Somebody has brought the process back; it is a child of this one."""
        self.alive = True

    def resident(self) -> dict[str, int]:
        """The sums of its mappings' counters, in bytes."""
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            found = re.findall(r"^(\w+): +(\d+) kB", file.read(), re.MULTILINE)
        return {name: int(kib) << 10 for name, kib in found}
