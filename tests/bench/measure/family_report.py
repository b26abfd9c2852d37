# SPDX-License-Identifier: GPL-2.0-only
"""The tables about many of something: processes, threads, descriptors."""

from dataclasses import dataclass
from typing import Optional

from .families import families
from .report import number, show_medians, show_ratios, show_table
from .results import Row, summarise

US = 1e3
QUANTITIES = ("frozen", "checkpoint", "restart", "running")


@dataclass(frozen=True)
class Words:
    """What the tables call things."""

    title: str
    item: str
    native: str


TREES = Words("Trees", "task", "fork, exit and wait, or pthread_create and join, of the same")
DESCRIPTORS = Words("Descriptors", "item", "the call that makes the same, and close")
SCALE = Words("Scale", "item", "fork, exit and wait; making and closing descriptors, watches")


def micro(value: Optional[float]) -> str:
    return number(value / US if value is not None else None)


def parts(value: Optional[float], whole: float) -> str:
    return number(value / whole if value is not None and whole else None)


def per_item(row: Row, engine: str) -> list[str]:
    items = row.subject.items
    taken = [summarise(row.values(engine, name)) for name in (*QUANTITIES, "image")]
    *times, image = [found.median / items if found else None for found in taken]
    return [f"  {engine}", *(micro(time) for time in times), number(image)]


def show_per_item(rows: list[Row], words: Words) -> None:
    title = [f"Per {words.item}", *(f"{name} us" for name in QUANTITIES), "image B"]
    table: list[list[str]] = []
    for row in rows:
        native = micro(row.native() / row.subject.items)
        table.append([f"{row.subject.name}: made and ended {native} us"])
        table += [per_item(row, engine) for engine in row.engines]
    show_table(title, table)


def show_further(rows: list[Row], words: Words) -> None:
    """What each item more takes, and how often that would do to make and end one."""
    title = [f"Each further {words.item}", *(f"{name} us" for name in QUANTITIES), "image B"]
    compared = ("frozen", "restart", "running")
    title += [f"{name}/native" for name in compared]
    table: list[list[str]] = []
    for family in families(rows):
        native = family.native
        table.append([f"{family.kind}: native {micro(native)} us"])
        for engine in family.engines:
            first, last = (row.subject.items for row in family.ends(engine))
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


def show(rows: list[Row], base: str, words: Words) -> None:
    """Prints all that there is about them."""
    show_medians(words.title, rows)
    show_ratios(rows, base)
    print(f"Made and ended, native: {words.native}\n")
    show_per_item(rows, words)
    show_further(rows, words)
