"""Markdown tables of results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measurement import Measurement, Parameter, Results, paired_ratio

Setting = tuple[tuple[str, Parameter], ...]


def number(value: float) -> str:
    """Returns a number with as many digits as are worth reading."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(one: Measurement) -> str:
    """Returns `median (min - max)`, or the value alone when all rounds agree."""
    if one.minimum == one.maximum:
        return number(one.median)
    return f"{number(one.median)} ({number(one.minimum)} - {number(one.maximum)})"


@dataclass(frozen=True)
class _Line:
    system: str
    setting: Setting


def table(results: Results) -> str:
    """Returns a line for each system and setting, a column for each metric.

    Where there is a rate, the last column is Mariner's under the same setting, divided by that of the line:
    the median of the rounds' ratios.
    """
    names = list(dict.fromkeys(name for one in results.measurements for name in one.parameters))
    metrics = list(dict.fromkeys(one.metric for one in results.measurements))
    cells = {(one.system, _setting(one), one.metric): one for one in results.measurements}
    lines = list(dict.fromkeys(_Line(system, setting) for system, setting, _ in cells))
    settings = list(dict.fromkeys(line.setting for line in lines))
    lines.sort(key=lambda line: settings.index(line.setting))
    compared = "requests/s" in metrics and any(line.system != "mariner" for line in lines)
    header = [*names, "system", *metrics, *(["Mariner is"] if compared else [])]
    rows = [header, ["---"] * len(header)]
    for line in lines:
        values = dict(line.setting)
        found = [cells.get((line.system, line.setting, metric)) for metric in metrics]
        row = [str(values.get(name, "")) for name in names]
        row += [line.system, *(spread(one) if one else "" for one in found)]
        rows.append([*row, *([_ratio(results, line)] if compared else [])])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _setting(one: Measurement) -> Setting:
    return tuple(one.parameters.items())


def _ratio(results: Results, line: _Line) -> str:
    ours = _exact(results.select("mariner", "requests/s"), line.setting)
    theirs = _exact(results.select(line.system, "requests/s"), line.setting)
    ratio = None if line.system == "mariner" else paired_ratio(ours, theirs)
    return "" if ratio is None else f"{ratio.median:.2f}x"


def _exact(measurements: Sequence[Measurement], setting: Setting) -> Measurement | None:
    return next((one for one in measurements if _setting(one) == setting), None)
