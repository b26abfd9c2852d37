# SPDX-License-Identifier: GPL-2.0-only
"""The picture: for each quantity a column of bars, and a line where criu is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Sequence
from xml.sax.saxutils import escape, quoteattr

from .report import COMPARED, number
from .results import Row, summarise

TITLES = {
    "frozen": "frozen",
    "checkpoint": "whole checkpoint",
    "restart": "whole restart",
    "running": "until it runs again",
    "image": "image",
}
# Of a bar, and of the number in it.
COLOURS = (("#0d7d72", "#ffffff"), ("#a9bccf", "#1f2933"))
INK, FAINT, MARK = "#1f2933", "#7b8794", "#ba2525"

LEFT, TOP, RIGHT, BOTTOM = 110, 92, 20, 30
COLUMN, GAP = 150, 26
BAR, BETWEEN = 11, 12
# The largest ratio that fits into a column; longer bars are cut.
SCALE = 1.25
# A bar that is shorter has its number beside it.
ROOMY = 34


@dataclass
class Canvas:
    """Collects shapes."""

    shapes: list[str]

    def rect(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self.shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'fill="{fill}"/>'
        )

    def line(self, x: float, top: float, bottom: float, colour: str, dash: str = "none") -> None:
        self.shapes.append(
            f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" '
            f'stroke="{colour}" stroke-dasharray="{dash}"/>'
        )

    def text(self, x: float, y: float, text: str, **style: str) -> None:
        wanted = {"fill": INK, **{name.replace("_", "-"): value for name, value in style.items()}}
        attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in wanted.items())
        self.shapes.append(f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(text)}</text>')

    def document(self, width: float, height: float) -> str:
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="11">'
        )
        ground = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
        return "\n".join([head, ground, *self.shapes, "</svg>", ""])


def draw_legend(canvas: Canvas, engines: list[str], base: str) -> None:
    x = float(LEFT)
    for engine, (colour, _) in zip(engines, COLOURS):
        canvas.rect(x, 40, 12, BAR, colour)
        canvas.text(x + 18, 50, engine)
        x += 40 + 7 * len(engine)
    canvas.line(x + 6, 38, 53, MARK, "3 2")
    canvas.text(x + 18, 50, f"{base} = 1; shorter is better", fill=MARK)


def draw_bars(canvas: Canvas, x: float, y: float, row: Row, engines: list[str], what: str) -> None:
    base = next(iter(row.engines))
    for engine, (colour, within) in zip(engines, COLOURS):
        ratio = summarise(row.ratios(engine, what, base))
        if ratio:
            length = min(ratio.median, SCALE) / SCALE * COLUMN
            canvas.rect(x, y, max(length, 1.0), BAR, colour)
            label = number(ratio.median)
            if length > ROOMY:
                canvas.text(x + 5, y + BAR - 2, label, fill=within)
            else:
                canvas.text(x + length + 4, y + BAR - 2, label)
        y += BAR + 1


def write(rows: Sequence[Row], base: str, names: dict[str, str], path: Path) -> None:
    """Draws the ratios to an engine, of what that one has measured, too."""
    rows = [row for row in rows if base in row.engines]
    if not rows:
        return
    engines = [name for name in rows[0].engines if name != base]
    step = len(engines) * (BAR + 1) + BETWEEN
    height = TOP + len(rows) * step + BOTTOM
    width = LEFT + len(COMPARED) * (COLUMN + GAP) - GAP + RIGHT
    canvas = Canvas([])
    title = f"{names[engines[0]]} beside {names[base]}"
    canvas.text(LEFT, 24, title, font_size="15", font_weight="bold")
    draw_legend(canvas, engines, base)

    bottom = height - BOTTOM
    for index, row in enumerate(rows):
        y = TOP + index * step
        canvas.text(LEFT - 10, y + step / 2 - 2, row.subject.name, text_anchor="end")
    for place, what in enumerate(COMPARED):
        x = LEFT + place * (COLUMN + GAP)
        canvas.text(x, TOP - 16, TITLES[what], font_weight="bold")
        for index, row in enumerate(rows):
            draw_bars(canvas, x, TOP + index * step, row, engines, what)
        canvas.line(x, TOP - 6, bottom, FAINT)
        canvas.line(x + COLUMN / SCALE, TOP - 6, bottom, MARK, "3 2")
    mode = "counted instructions" if names["mode"] == "icount" else names["mode"]
    note = f"kernel {names['kernel']}, {mode}, huge pages {names['huge pages']}; medians"
    canvas.text(LEFT, height - 10, note, fill=FAINT)
    path.write_text(canvas.document(width, height))
