"""What the plots show, without drawing: figures of panels of curves, taken from the results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bench.measurement import Measurement, Parameter, Results, distinct


@dataclass(frozen=True)
class Curve:
    """One line of a panel: medians, with the lowest and highest round of each."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Panel:
    """A pair of axes.

    Attributes:
        title: what the curves have in common.
        x_label: what varies, with its unit.
        y_label: what was measured, with its unit.
        curves: the lines.
        log_y: whether the scale is logarithmic: where the systems differ by more than a few times.
    """

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    log_y: bool = False


@dataclass(frozen=True)
class Figure:
    """One file: panels in rows of so many columns."""

    name: str
    columns: int
    panels: tuple[Panel, ...]


def curve(label: str, measurements: list[Measurement], x: str) -> Curve | None:
    """Returns the curve of these measurements over a parameter; None if there are none."""
    if not measurements:
        return None
    ordered = sorted(measurements, key=lambda one: float(one.parameters[x]))
    return Curve(
        label,
        tuple(float(one.parameters[x]) for one in ordered),
        tuple(one.median for one in ordered),
        tuple(one.minimum for one in ordered),
        tuple(one.maximum for one in ordered),
    )


def _panel(
    results: Results, title: str, x: tuple[str, str], metric: str, log_y: bool, **fixed: Parameter
) -> Panel:
    name, x_label = x
    found = [
        one
        for one in results.measurements
        if one.metric == metric and one.has(fixed) and name in one.parameters
    ]
    labels = list(dict.fromkeys(one.system for one in found))
    curves = [curve(label, [one for one in found if one.system == label], name) for label in labels]
    return Panel(title, x_label, metric, tuple(one for one in curves if one), log_y)


CONNECTIONS = ("connections", "connections")


def _echo(results: Results) -> list[Figure]:
    figures = []
    for batch in distinct(results.measurements, "batch"):
        panels = (
            _panel(results, f"echo, batch {batch}", CONNECTIONS, "requests/s", True, batch=batch),
            _panel(results, "median latency", CONNECTIONS, "p50 ms", True, batch=batch),
            _panel(results, "99th percentile", CONNECTIONS, "p99 ms", True, batch=batch),
        )
        figures.append(Figure(f"echo-batch-{batch}", 3, panels))
    return figures


def _labelled(
    results: Results, metric: str, series: Mapping[str, tuple[str, Mapping[str, Parameter]]]
) -> Panel:
    """Returns a panel over connections with one curve for each named system and setting."""
    curves = [
        curve(label, results.select(system, metric, **parameters), "connections")
        for label, (system, parameters) in series.items()
    ]
    return Panel("", "connections", metric, tuple(one for one in curves if one))


def _level(results: Results, batch: int, policy: str, model: Parameter, across: Curve | None) -> Curve | None:
    """Returns the rate without a server as a level line across the others."""
    found = results.find("in-process", "requests/s", model=model, batch=batch, policy=policy)
    if found is None or across is None:
        return None
    wide = len(across.x)
    return Curve(
        f"in-process, batch {batch}",
        across.x,
        (found.median,) * wide,
        (found.minimum,) * wide,
        (found.maximum,) * wide,
    )


def _models(results: Results) -> list[Figure]:
    figures = []
    for model in distinct(results.measurements, "model"):
        at: dict[str, Parameter] = {"model": model}
        systems: dict[str, tuple[str, Mapping[str, Parameter]]] = {
            f"mariner, batch {batch}": ("mariner", {**at, "batch": batch, "policy": policy})
            for batch, policy in ((1, "none"), (4, "greedy"), (8, "greedy"))
        }
        systems["torchserve, batch 1"] = ("torchserve", {**at, "batch": 1})
        systems["torchserve, batch 8"] = ("torchserve", {**at, "batch": 8})
        rates = _labelled(results, "requests/s", systems)
        across = next(iter(rates.curves), None)
        levels = [
            _level(results, batch, policy, model, across) for batch, policy in ((1, "none"), (8, "greedy"))
        ]
        rates = replace(rates, title=f"{model}", curves=(*rates.curves, *(one for one in levels if one)))
        slow = replace(_labelled(results, "p99 ms", systems), title="99th percentile", log_y=True)
        figures.append(Figure(f"models-{model}", 2, (rates, slow)))
        policies = [
            policy for policy in distinct(results.measurements, "policy") if policy not in ("none", "greedy")
        ]
        chosen: dict[str, tuple[str, Mapping[str, Parameter]]] = {
            f"mariner, {policy}": ("mariner", {**at, "batch": 8, "policy": policy})
            for policy in ("greedy", *policies)
        }
        if any(results.select("mariner", "requests/s", **at, policy=policy) for policy in policies):
            panels = tuple(
                replace(_labelled(results, metric, chosen), title=title, log_y=metric != "requests/s")
                for metric, title in (
                    ("requests/s", f"{model}, batch 8"),
                    ("p50 ms", "median latency"),
                    ("p99 ms", "99th percentile"),
                )
            )
            figures.append(Figure(f"policies-{model}", 3, panels))
    return figures


def _scaling(results: Results) -> list[Figure]:
    handlers = [one for one in distinct(results.measurements, "handler") if one != "echo"]
    panels = [
        _panel(results, f"handler: {handler}", ("workers", "workers"), "requests/s", False, handler=handler)
        for handler in handlers
    ]
    panels += [
        _panel(results, f"echo, {what}", (what, what), "requests/s", False)
        for what in ("event loops", "models")
    ]
    return [Figure("scaling", 2, tuple(panel for panel in panels if panel.curves))]


def _open_loop(results: Results) -> list[Figure]:
    due = ("requests/s due", "requests/s due")
    panels = (
        _panel(results, "open loop, median latency", due, "p50 ms", True),
        _panel(results, "99th percentile", due, "p99 ms", True),
    )
    return [Figure("open-loop", 2, panels)]


_FIGURES: Mapping[str, Callable[[Results], list[Figure]]] = {
    "echo": _echo,
    "models": _models,
    "scaling": _scaling,
    "open_loop": _open_loop,
}


def of(results: Results) -> list[Figure]:
    """Returns the figures of a row; rows that are better read as a table have none."""
    make = _FIGURES.get(results.row)
    return make(results) if make else []
