"""Draws the figures as SVG: `python -m bench.report.draw RESULTS FOLDER`, in an environment with matplotlib.

The same results give the same bytes: no dates, fixed ids, texts as texts.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

from bench.measurement import read_all
from bench.report.figures import Curve, Figure, Panel, of

mpl.use("svg")
from matplotlib import pyplot, ticker  # after the backend is chosen

# Colours that are told apart by everybody (Okabe and Ito); a system has the same one in every plot.
_COLOURS = {
    "mariner": "#0072B2",
    "torchserve": "#D55E00",
    "mosec": "#009E73",
    "mlserver": "#CC79A7",
    "limit": "#444444",
    "in-process": "#444444",
}
_OTHERS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#444444")
_MARKERS = "osD^vP*"
_REFERENCES = ("limit", "in-process")
_PANEL_WIDTH, _PANEL_HEIGHT = 4.2, 3.4


def _line(axes: Any, one: Curve, index: int) -> None:
    colour = _COLOURS.get(one.label, _OTHERS[index % len(_OTHERS)])
    style = "--" if one.label.startswith(_REFERENCES) else "-"
    marker = _MARKERS[index % len(_MARKERS)]
    axes.plot(one.x, one.y, style, color=colour, marker=marker, markersize=4, linewidth=1.6, label=one.label)
    axes.fill_between(one.x, one.low, one.high, color=colour, alpha=0.15, linewidth=0)


def _axes(axes: Any, panel: Panel) -> None:
    for index, one in enumerate(panel.curves):
        _line(axes, one, index)
    ticks = sorted({x for one in panel.curves for x in one.x})
    if len(ticks) > 1 and ticks[-1] / max(ticks[0], 1e-9) >= 4:
        axes.set_xscale("log", base=2)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    if panel.log_y:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    else:
        axes.set_ylim(bottom=0)
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_title(panel.title, fontsize=10)
    axes.set_xlabel(panel.x_label, fontsize=9)
    axes.set_ylabel(panel.y_label, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(True, which="major", linewidth=0.4, alpha=0.5)


def draw(figure: Figure, path: Path) -> None:
    """Draws one figure; the ending of the path says the format."""
    rows = -(-len(figure.panels) // figure.columns)
    size = (_PANEL_WIDTH * figure.columns, _PANEL_HEIGHT * rows)
    made, grid = pyplot.subplots(rows, figure.columns, figsize=size, squeeze=False, layout="constrained")
    cells = list(grid.flat)
    for axes, panel in zip(cells, figure.panels, strict=False):
        _axes(axes, panel)
        if len(panel.curves) > 1:
            axes.legend(fontsize=8, frameon=False)
    for axes in cells[len(figure.panels) :]:
        axes.remove()
    made.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(made)


def main() -> int:
    """Draws every figure of every row."""
    results, folder = Path(sys.argv[1]), Path(sys.argv[2])
    mpl.rcParams["svg.hashsalt"] = "mariner"
    mpl.rcParams["svg.fonttype"] = "none"
    for row in read_all(results).values():
        for figure in of(row):
            draw(figure, folder / f"{figure.name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
