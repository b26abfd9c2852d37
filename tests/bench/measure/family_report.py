# SPDX-License-Identifier: GPL-2.0-only
"""The tables about trees of processes and threads."""

from typing import Optional

from .report import number, show_medians, show_ratios, show_table
from .results import Row, summarise
from .trees import families

US = 1e3
QUANTITIES = ("frozen", "checkpoint", "restart", "running")


def micro(value: Optional[float]) -> str:
    return number(value / US if value is not None else None)


def parts(value: Optional[float], whole: float) -> str:
    return number(value / whole if value is not None and whole else None)


def per_task(row: Row, engine: str) -> list[str]:
    tasks = row.subject.tasks
    taken = [summarise(row.values(engine, name)) for name in (*QUANTITIES, "image")]
    *times, image = [found.median / tasks if found else None for found in taken]
    return [f"  {engine}", *(micro(time) for time in times), number(image)]


def show_per_task(rows: list[Row]) -> None:
    title = ["Per task", *(f"{name} us" for name in QUANTITIES), "image B"]
    table: list[list[str]] = []
    for row in rows:
        native = micro(row.native() / row.subject.tasks)
        table.append([f"{row.subject.name}: made and ended {native} us"])
        table += [per_task(row, engine) for engine in row.engines]
    show_table(title, table)


def show_further(rows: list[Row]) -> None:
    """What each task more takes, and how often that would do to make and end one."""
    title = ["Each further task", *(f"{name} us" for name in QUANTITIES), "image B"]
    compared = ("frozen", "restart", "running")
    title += [f"{name}/native" for name in compared]
    table: list[list[str]] = []
    for family in families(rows):
        native = family.native
        table.append([f"{family.kind}: native {micro(native)} us"])
        for engine in family.engines:
            first, last = (row.subject.tasks for row in family.ends(engine))
            taken = {name: family.further(engine, name) for name in (*QUANTITIES, "image")}
            table.append(
                [
                    f"  {engine}, {first} to {last}",
                    *(micro(taken[name]) for name in QUANTITIES),
                    number(taken["image"]),
                    *(parts(taken[name], native) for name in compared),
                ]
            )
    show_table(title, table)


def show(rows: list[Row], base: str) -> None:
    """Prints all that there is about trees."""
    show_medians("Trees", rows)
    show_ratios(rows, base)
    print("Made and ended, native: fork, exit and wait, or pthread_create and join, of the same\n")
    show_per_task(rows)
    show_further(rows)
