# SPDX-License-Identifier: GPL-2.0-only
"""The engines that are compared: how they are called, and what they say about themselves."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Optional, Protocol

from . import criu_stats
from .launch import SCRATCH, Failed, Run, launch

IMAGES = SCRATCH / "images"

# The two that the aims are about.
CRIU = "criu"
CKPT = "ckpt"


def tool(name: str) -> str:
    """The full path of a command, so that no search is measured."""
    found = shutil.which(name)
    if not found:
        raise Failed(f"there is no {name} here")
    return found


class Engine(Protocol):
    """Something that saves a process and brings it back."""

    name: str

    def checkpoint(self, pid: int) -> Run:
        """Saves a process, which goes on, to IMAGES."""

    def restart(self) -> Run:
        """Brings it back with the pid that it had, and leaves it alone."""

    def frozen(self, run: Run) -> Optional[int]:
        """How long the process stood still by the engine's own word, in nanoseconds."""

    def checkpoint_in(self, cgroup: Path, pid: int) -> Run:
        """Saves a process, with what that takes of memory charged to a cgroup."""

    def version(self) -> str:
        """Which one it is."""


class Ckpt:
    """This project. With `capture` the process runs on before the image is written."""

    def __init__(self, name: str, capture: bool) -> None:
        self.name = name
        self.program = tool("checkpoint")
        self.restarter = tool("restart")
        self.options = [] if capture else ["--no-capture"]

    def checkpoint(self, pid: int) -> Run:
        image = str(IMAGES / "image")
        return launch([self.program, *self.options, "--output", image, str(pid)])

    def restart(self) -> Run:
        image = str(IMAGES / "image")
        return launch([self.restarter, "--detach", "--pids", "--input", image])

    def frozen(self, run: Run) -> Optional[int]:
        found = re.search(r"frozen ([0-9.]+) ms", run.output)
        return round(float(found[1]) * 1e6) if found else None

    def checkpoint_in(self, cgroup: Path, pid: int) -> Run:
        # Into a pipe, whose reader is not in the cgroup: what is charged is what the module holds.
        pipe = str(SCRATCH / "pipe")
        os.mkfifo(pipe, 0o600)
        line = [self.program, *self.options, "--output", pipe, str(pid)]
        with subprocess.Popen([tool("cat"), pipe], stdout=subprocess.DEVNULL):
            try:
                return launch(line, cgroup)
            finally:
                os.unlink(pipe)

    def version(self) -> str:
        line = [self.program, "--version"]
        text = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
        return "ckpt " + text.split()[-1]


class Criu:
    """The distribution's criu."""

    name = CRIU

    def __init__(self) -> None:
        self.program = tool("criu")
        self.options = ["--images-dir", str(IMAGES), "--shell-job", "-v0"]

    def command(self, pid: int) -> list[str]:
        return [self.program, "dump", *self.options, "--leave-running", "--tree", str(pid)]

    def checkpoint(self, pid: int) -> Run:
        return launch(self.command(pid))

    def restart(self) -> Run:
        return launch([self.program, "restore", *self.options, "--restore-detached"])

    def frozen(self, run: Run) -> Optional[int]:
        return criu_stats.dump(IMAGES / "stats-dump")["frozen_time"] * 1000

    def checkpoint_in(self, cgroup: Path, pid: int) -> Run:
        return launch(self.command(pid), cgroup)

    def version(self) -> str:
        line = [self.program, "--version"]
        text = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
        return "criu " + text.split()[-1]


def all_engines() -> list[Engine]:
    """Criu first: the others are compared with it."""
    return [Criu(), Ckpt(CKPT, capture=True), Ckpt(f"{CKPT} --no-capture", capture=False)]


def image_bytes() -> int:
    """Size of the image that was written last, all its files together."""
    return sum(path.stat().st_size for path in IMAGES.iterdir())


def image_files() -> int:
    """Number of its files."""
    return sum(1 for _ in IMAGES.iterdir())


def discard_image() -> None:
    """Makes room for the next one."""
    shutil.rmtree(IMAGES, ignore_errors=True)
    IMAGES.mkdir(parents=True)
