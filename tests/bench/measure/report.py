# SPDX-License-Identifier: GPL-2.0-only
"""The tables that are printed, those about single processes above all."""

from typing import Iterable, Optional, Sequence

from .aims import Aim
from .results import Row, Summary, summarise

MS = 1e6
KIB = 1024.0
TIMES = ("frozen", "checkpoint", "restart", "running")
COMPARED = (*TIMES, "image")
# What is compared with what the machine can do.
LIMITS = (
    ("frozen", "memcpy"),
    ("frozen", "fork"),
    ("checkpoint", "write"),
    ("checkpoint", "checksum"),
    ("restart", "checksum"),
)


def number(value: Optional[float]) -> str:
    """Three digits that mean something."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def scaled(summary: Optional[Summary], unit: float) -> str:
    return number(summary.median / unit if summary else None)


def ratio(values: Sequence[float]) -> str:
    summary = summarise(values)
    return number(summary.median if summary else None)


def show_table(title: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints columns, the first one flush left; a row with one cell is a heading."""
    full = [title, *(row for row in rows if len(row) > 1)]
    widths = [max(len(row[column]) for row in full) for column in range(len(title))]
    for row in (title, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        print("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
    print()


def measured(row: Row, engine: str) -> list[str]:
    """A line of the table of medians."""
    told = summarise(row.values(engine, "frozen_told"))
    times = [summarise(row.values(engine, quantity)) for quantity in TIMES]
    spread = max(time.spread for time in times if time)
    return [
        f"  {engine}",
        scaled(times[0], MS),
        scaled(told, MS),
        *(scaled(time, MS) for time in times[1:]),
        f"{spread:.0%}",
        scaled(summarise(row.values(engine, "resident")), KIB),
        scaled(summarise(row.values(engine, "private")), KIB),
        scaled(summarise(row.values(engine, "image")), KIB),
        scaled(summarise(row.values(engine, "memory")), KIB),
    ]


def show_medians(heading: str, rows: Sequence[Row]) -> None:
    title = [
        heading, "frozen ms", "told ms", "checkpoint ms", "restart ms", "running ms", "spread",
        "resident KiB", "private KiB", "image KiB", "memory KiB",
    ]
    table: list[list[str]] = []
    for row in rows:
        table.append([row.subject.name])
        table += [measured(row, engine) for engine in row.engines]
    show_table(title, table)


def show_ratios(rows: Sequence[Row], base: str) -> None:
    title = [f"{base} = 1", "frozen", "checkpoint", "restart", "running", "image"]
    table: list[list[str]] = []
    for row in rows:
        if base not in row.engines:
            continue
        table.append([row.subject.name])
        for engine in row.engines:
            if engine != base:
                cells = [ratio(row.ratios(engine, quantity, base)) for quantity in COMPARED]
                table.append([f"  {engine}", *cells])
    show_table(title, table)


def show_limits(rows: Sequence[Row]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row.limits[0]))
    table = []
    for row in rows:
        taken = [summarise(best[name] for best in row.limits if name in best) for name in names]
        table.append([row.subject.name, *(scaled(summary, MS) for summary in taken)])
    show_table(["Just before, in ms", *names], table)

    table = []
    for row in rows:
        table.append([row.subject.name])
        for engine in row.engines:
            cells = [ratio(row.limit_ratios(engine, *pair)) for pair in LIMITS]
            table.append([f"  {engine}", *cells])
    show_table(["Times that", *(f"{ours}/{best}" for ours, best in LIMITS)], table)


def show_aims(judged: Iterable[Aim]) -> None:
    print("Aims, for information")
    for aim in judged:
        verdict = "met" if aim.value <= aim.limit else "NOT MET"
        print(f"  {aim.name:62} {number(aim.value):>8}  of {number(aim.limit):>8} {verdict:>8}")
    print()


def show_environment(environment: dict[str, str]) -> None:
    print()
    print(", ".join(f"{name}: {value}" for name, value in environment.items()))
    if environment["mode"] == "icount":
        print("Time is counted in instructions: 1 ms is a million of them.")
    print()


def show(rows: Sequence[Row], base: str) -> None:
    """Prints all that there is about single processes."""
    show_medians("Medians", rows)
    show_ratios(rows, base)
    show_limits(rows)
