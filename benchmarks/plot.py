"""Draw the `plot` of a result: `python -m benchmarks.plot RESULT.json PICTURE.svg`.

Runs in the contenders' environment, which has the plotting library. A result says what is drawn:
`bars` (a name and a number each) or `lines` (a panel for each measure, a line for each name).
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl  # type: ignore[import-not-found]
from matplotlib.figure import Figure  # type: ignore[import-not-found]

COLOURS = ("#0072B2", "#999999", "#D55E00", "#009E73")  # told apart by colour-blind eyes too


def main() -> None:
    """Draw what the arguments name."""
    source, picture = Path(sys.argv[1]), Path(sys.argv[2])
    plot = json.loads(source.read_text(encoding="utf-8"))["plot"]
    # The same result gives the same bytes; text stays text.
    mpl.rcParams |= {"svg.hashsalt": source.stem, "svg.fonttype": "none", "font.size": 9}
    figure = {"bars": draw_bars, "lines": draw_lines}[plot["kind"]](plot)
    figure.savefig(picture, format="svg", bbox_inches="tight", metadata={"Date": None})


def draw_bars(plot: dict[str, Any]) -> Figure:
    """One bar a name from the top down; those to look at, and the parts of bars, are coloured."""
    names = [bar["name"] for bar in plot["bars"]]
    values = [bar["value"] for bar in plot["bars"]]
    figure = Figure(figsize=(7.5, 0.8 + 0.35 * len(names)))
    axes = figure.subplots()
    colours = [COLOURS[0] if name in plot["coloured"] else COLOURS[1] for name in names]
    bars = axes.barh(names, values, color=colours)
    if "part" in plot:
        parts = [bar["part"] for bar in plot["bars"]]
        axes.barh(names, parts, height=0.4, color=COLOURS[0], label=plot["part"])
        axes.legend(frameon=False)
    axes.bar_label(bars, labels=[f"{value:,.1f}" for value in values], padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_xlabel(plot["unit"])
    axes.set_title(plot["title"])
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def draw_lines(plot: dict[str, Any]) -> Figure:
    """One panel a measure, from zero on, so that a straight line means twice for twice."""
    panels = plot["panels"]
    rows = math.ceil(len(panels) / 2)
    figure = Figure(figsize=(8.4, 3.2 * rows), layout="constrained")
    for axes, panel in zip(figure.subplots(rows, 2).flat, panels, strict=True):
        for colour, line in zip(COLOURS, panel["lines"], strict=False):
            axes.plot(line["x"], line["y"], marker="o", color=colour, label=line["name"])
        axes.set(xlabel=panel["x"], ylabel=panel["y"], title=panel["title"])
        axes.set_xlim(left=0)
        axes.set_ylim(0, 1.15 * max(y for line in panel["lines"] for y in line["y"]))
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(plot["title"])
    return figure


if __name__ == "__main__":
    main()
