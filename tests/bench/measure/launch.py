# SPDX-License-Identifier: GPL-2.0-only
"""Commands whose run time is taken by the program `launch`."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional

# Where the programs of this benchmark were built to.
PROGRAMS = Path(__file__).resolve().parent.parent

# A directory in memory for everything that is made.
SCRATCH = Path("/tmp/bench")

CGROUPS = Path("/sys/fs/cgroup")


class Failed(Exception):
    """A command that is measured has failed."""


@dataclass(frozen=True)
class Run:
    """When a command began and ended, in nanoseconds of CLOCK_REALTIME, and what it printed."""

    begin: int
    end: int
    output: str

    @property
    def wall(self) -> int:
        return self.end - self.begin


def launch(command: list[str], cgroup: Optional[Path] = None) -> Run:
    """Runs a command from its spawn to its end."""
    output = SCRATCH / "output"
    group = ["-g", str(cgroup)] if cgroup else []
    line = [str(PROGRAMS / "launch"), *group, str(output), *command]
    told = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
    begin, end, status = (int(word) for word in told.split())
    text = output.read_text(errors="replace")
    if status != 0:
        code = os.waitstatus_to_exitcode(status)
        raise Failed(f"{' '.join(command)}: exit status {code}\n{text}")
    return Run(begin, end, text)


@contextmanager
def memory_cgroup() -> Iterator[Path]:
    """A cgroup to run a command in, to learn how much memory it and the kernel for it took."""
    path = CGROUPS / f"bench-{os.getpid()}"
    path.mkdir()
    try:
        yield path
    finally:
        path.rmdir()


def peak(cgroup: Path) -> int:
    """The most memory that was ever charged to a cgroup, in bytes."""
    return int((cgroup / "memory.peak").read_text())


def file_bytes(cgroup: Path) -> int:
    """The files in memory that are charged to a cgroup, in bytes."""
    for line in (cgroup / "memory.stat").read_text().splitlines():
        name, value = line.split()
        if name == "file":
            return int(value)
    return 0
