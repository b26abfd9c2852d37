# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, in which order."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Sequence

from . import engines
from .engines import Engine
from .launch import PROGRAMS, SCRATCH, Failed, file_bytes, memory_cgroup, peak
from .load import Descriptors, Load, Memory, Scale, Subject, Tree, adopt_orphans
from .results import Results, Row, Sample

# Beats to wait for, so that the gap of a freeze has an end.
SETTLED = 3
# Larger trees are not for criu.
MOST_TASKS_FOR_CRIU = 500
# What has more is measured once: it takes long, and figures repeat.
MOST_FOR_REPETITION = 100
TREES = ("forked", "written", "thread")
DESCRIPTORS = ("file", "null", "dup", "eventfd", "timerfd", "signalfd", "epoll", "timer", "pipe")


def memories(sizes: list[int], pages: list[str]) -> list[Memory]:
    """The single processes that are measured: a size of 0 is the minimal one."""
    return [
        Memory(mib, kind)
        for mib in sizes
        for kind in (pages if mib else ["4k"])
    ]


def trees(tasks: list[int], many: int) -> list[Tree]:
    """The trees that are measured, and a very large one unless `many` is 0."""
    chosen = [Tree(kind, number) for kind in TREES for number in tasks]
    return [*chosen, Tree("forked", many)] if many else chosen


def descriptors(numbers: list[int], pipes: list[int]) -> list[Descriptors]:
    """The processes with many descriptors that are measured."""
    return [
        Descriptors(kind, number)
        for kind in DESCRIPTORS
        for number in (pipes if kind == "pipe" else numbers)
    ]


def scale(numbers: list[int]) -> list[Scale]:
    """So many tasks, ten times as many descriptors, and so many watches."""
    factors = {"tasks": 1, "descriptors": 10, "watches": 1}
    return [
        Scale(kind, number * factor) for kind, factor in factors.items() for number in numbers
    ]


def may_measure(engine: Engine, subject: Subject) -> bool:
    """Whether the time that it takes is well spent."""
    if isinstance(subject, Scale):
        return engine.name == engines.CKPT
    return engine.name != engines.CRIU or subject.tasks <= MOST_TASKS_FOR_CRIU


def measure_limits(subject: Memory) -> dict[str, int]:
    """What the machine can do at best with the same bytes."""
    line = [str(PROGRAMS / "limits"), *subject.arguments, str(SCRATCH / "limits.tmp")]
    told = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: int(value) for name, value in (line.split() for line in told.splitlines())}


def measure_memory(engine: Engine, load: Load) -> int:
    """The most memory that a checkpoint takes, other than for an image in memory."""
    engines.discard_image()
    with memory_cgroup() as cgroup:
        engine.checkpoint_in(cgroup, load.pid)
        return peak(cgroup) - file_bytes(cgroup)


def measure(engine: Engine, row: Row, thorough: bool) -> Sample:
    """Saves processes, kills them and brings them back."""
    engines.discard_image()
    with Load(row.subject) as load:
        expected = load.sum()
        load.order()
        load.wait(SETTLED)
        resident = load.resident()
        run = engine.checkpoint(load.pid)
        gap = load.wait(load.beat().beats + SETTLED).gap
        sample = Sample(
            frozen=gap,
            frozen_told=engine.frozen(run),
            checkpoint=run.wall,
            resident=resident["Anonymous"],
            private=resident["Pss_Anon"],
            native=load.beat().native,
            huge=resident["AnonHugePages"],
            image=engines.image_bytes(),
            files=engines.image_files(),
        )
        load.kill()
        # An order that only the restored tasks see: that they run is the answer.
        load.order()
        run = engine.restart()
        load.restored()
        sample.restart = run.wall
        sample.running = load.wait().all - run.begin
        if thorough:
            if load.sum() != expected:
                raise Failed(f"{engine.name} has restored other contents of memory")
            sample.memory = measure_memory(engine, load)
    return sample


def warm_up(all_engines: list[Engine]) -> None:
    """One round that is not counted, for caches in memory and on disk."""
    measure_limits(Memory(1, "4k"))
    for engine in all_engines:
        measure(engine, Row(Memory(0, "4k")), thorough=False)


def environment(all_engines: list[Engine]) -> dict[str, str]:
    """Where it is measured."""
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text()
    return {
        "kernel": platform.release(),
        "mode": os.environ.get("CKPT_VM_MODE", "unknown"),
        "processors": str(os.cpu_count()),
        "huge pages": huge[huge.index("[") + 1 : huge.index("]")],
        **{engine.name: engine.version() for engine in all_engines},
    }


def sweep(chosen: Sequence[Subject], all_engines: list[Engine], repetitions: int) -> list[Row]:
    """Measures some subjects, and says how far it is."""
    rows = []
    for number, subject in enumerate(chosen, start=1):
        able = [engine for engine in all_engines if may_measure(engine, subject)]
        row = Row(subject, engines={engine.name: [] for engine in able})
        many = not isinstance(subject, Memory) and subject.items > MOST_FOR_REPETITION
        times = 1 if many else repetitions
        for repetition in range(times):
            place = f"[{number}/{len(chosen)}] {subject.name}, {repetition + 1} of {times}"
            print(place, flush=True)
            if isinstance(subject, Memory):
                row.limits.append(measure_limits(subject))
            for engine in able:
                row.engines[engine.name].append(measure(engine, row, thorough=repetition == 0))
        rows.append(row)
    return rows


def run(chosen: dict[str, Sequence[Subject]], repetitions: int) -> Results:
    """Measures everything, part by part."""
    adopt_orphans()
    SCRATCH.mkdir(exist_ok=True)
    all_engines = engines.all_engines()
    results = Results(environment(all_engines))
    print("warming up", flush=True)
    warm_up(all_engines)
    for part, subjects in chosen.items():
        results.parts[part] = sweep(subjects, all_engines, repetitions)
    engines.discard_image()
    return results
