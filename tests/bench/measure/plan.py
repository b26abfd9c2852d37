# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, in which order."""

import os
import platform
import subprocess
from pathlib import Path

from . import engines
from .engines import Engine
from .launch import PROGRAMS, SCRATCH, Failed, file_bytes, memory_cgroup, peak
from .load import Load, Subject, adopt_orphans
from .results import Results, Row, Sample

# Beats to wait for, so that the gap of a freeze has an end.
SETTLED = 3



def subjects(sizes: list[int], pages: list[str]) -> list[Subject]:
    """The processes that are measured: a size of 0 is the minimal one."""
    return [
        Subject(mib, kind)
        for mib in sizes
        for kind in (pages if mib else ["4k"])
    ]


def measure_limits(subject: Subject) -> dict[str, int]:
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
    """Saves a process, kills it and brings it back."""
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
            huge=resident["AnonHugePages"],
            image=engines.image_bytes(),
            files=engines.image_files(),
        )
        load.kill()
        # An order that only the restored process sees: its first beat is the answer.
        load.order()
        run = engine.restart()
        load.restored()
        sample.restart = run.wall
        sample.running = load.wait().first - run.begin
        if thorough:
            if load.sum() != expected:
                raise Failed(f"{engine.name} has restored other contents of memory")
            sample.memory = measure_memory(engine, load)
    return sample


def warm_up(all_engines: list[Engine]) -> None:
    """One round that is not counted, for caches in memory and on disk."""
    measure_limits(Subject(1, "4k"))
    for engine in all_engines:
        measure(engine, Row(Subject(0, "4k")), thorough=False)


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


def run(chosen: list[Subject], repetitions: int) -> Results:
    """Measures everything, and says how far it is."""
    adopt_orphans()
    SCRATCH.mkdir(exist_ok=True)
    all_engines = engines.all_engines()
    results = Results(environment(all_engines), [])
    print("warming up", flush=True)
    warm_up(all_engines)
    for number, subject in enumerate(chosen, start=1):
        row = Row(subject, engines={engine.name: [] for engine in all_engines})
        for repetition in range(repetitions):
            place = f"[{number}/{len(chosen)}] {subject.name}, {repetition + 1} of {repetitions}"
            print(place, flush=True)
            row.limits.append(measure_limits(subject))
            for engine in all_engines:
                row.engines[engine.name].append(measure(engine, row, thorough=repetition == 0))
        results.rows.append(row)
    engines.discard_image()
    return results
