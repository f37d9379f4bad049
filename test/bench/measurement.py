"""What a row measures, and the JSON files that keep it between a run and its report."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Parameter = int | float | str

# On each side of a confidence interval of 95 %.
_TAIL = 0.025


@dataclass(frozen=True)
class Measurement:
    """One quantity of one system under fixed parameters, once for each round.

    Attributes:
        system: what was measured: `mariner`, a peer, or a yardstick.
        metric: what was measured of it, with its unit: `requests/s`, `p99 ms`, `errors` …
        parameters: what was set: batch, connections …
        values: one value a round, in the order of the rounds.
    """

    system: str
    metric: str
    parameters: Mapping[str, Parameter]
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.values)

    @property
    def minimum(self) -> float:
        """The lowest round."""
        return min(self.values)

    @property
    def maximum(self) -> float:
        """The highest round."""
        return max(self.values)

    def has(self, parameters: Mapping[str, Parameter]) -> bool:
        """Returns whether all of these parameters were set so."""
        return all(self.parameters.get(name) == value for name, value in parameters.items())


@dataclass(frozen=True)
class Ratio:
    """How many times another's a rate is.

    Attributes:
        median: of the rounds' ratios.
        low: the least that the median of very many rounds may be, with 95 % confidence.
        high: the most.
    """

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f}x ({self.low:.2f} - {self.high:.2f})"


def paired_ratio(ours: Measurement | None, theirs: Measurement | None) -> Ratio | None:
    """Returns how many times theirs ours is: the median of the rounds' ratios.

    The two sides of a round are measured within seconds of one another, so what the machine did to a whole
    round falls out. Where rounds are missing it is the ratio of the medians, and all that the rounds allow;
    None when one side was not measured or is zero.
    """
    if ours is None or theirs is None or theirs.minimum <= 0:
        return None
    if len(ours.values) != len(theirs.values):
        extremes = ours.minimum / theirs.maximum, ours.maximum / theirs.minimum
        return Ratio(ours.median / theirs.median, *extremes)
    ratios = sorted(mine / other for mine, other in zip(ours.values, theirs.values, strict=True))
    left_out = _left_out(len(ratios))
    return Ratio(statistics.median(ratios), ratios[left_out], ratios[-1 - left_out])


def _left_out(count: int) -> int:
    """Returns how many of the sorted values at each end the confidence interval of their median leaves out.

    It is the interval of the sign test, which asks for no distribution: each value is below the true median
    with probability 1/2. Of up to eight values it leaves out none (of up to five its confidence is less).
    """
    below = 0.0  # probability of at most so many values below the median
    for values in range(count):
        below += math.comb(count, values) / 2**count
        if below > _TAIL:
            return max(0, values - 1)
    return 0


class Recorder:
    """Collects values round by round and makes measurements of them, in order of appearance."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str, tuple[tuple[str, Parameter], ...]], list[float]] = {}

    def add(self, system: str, metric: str, value: float, **parameters: Parameter) -> None:
        """Adds the value of one round."""
        key = (system, metric, tuple(parameters.items()))
        self._values.setdefault(key, []).append(value)

    def measurements(self) -> list[Measurement]:
        """Returns everything that was added."""
        return [
            Measurement(system, metric, dict(parameters), tuple(values))
            for (system, metric, parameters), values in self._values.items()
        ]


@dataclass(frozen=True)
class Results:
    """The measurements of one row, and how they came about.

    Attributes:
        row: name of the row family: `echo`, `grpc` …
        measurements: what was measured.
        rounds: interleaved rounds.
        seconds: length of one measurement.
        date: day of the run, ISO.
        command: the command line that can be typed again.
        machine: facts of the machine: processor, cores, kernel, versions.
        notes: facts found in the run that the report must say, for instance which system could not be had.
        took_seconds: how long the row took.
    """

    row: str
    measurements: tuple[Measurement, ...]
    rounds: int
    seconds: int
    date: str
    command: str
    machine: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())
    took_seconds: float = 0.0

    def find(self, system: str, metric: str, **parameters: Parameter) -> Measurement | None:
        """Returns the measurement of a system with these parameters; None if there is none.

        Raises:
            ValueError: several fit.
        """
        found = self.select(system, metric, **parameters)
        if len(found) > 1:
            raise ValueError(
                f"{self.row}: {system} {metric} {parameters}: {len(found)} fit (expected: at most one)"
            )
        return found[0] if found else None

    def select(self, system: str, metric: str, **parameters: Parameter) -> list[Measurement]:
        """Returns all measurements of a system with these parameters."""
        return [
            one
            for one in self.measurements
            if one.system == system and one.metric == metric and one.has(parameters)
        ]


def distinct(measurements: Iterable[Measurement], name: str) -> list[Parameter]:
    """Returns the values that a parameter takes, in order of appearance."""
    return list(dict.fromkeys(one.parameters[name] for one in measurements if name in one.parameters))


def systems(measurements: Iterable[Measurement]) -> list[str]:
    """Returns the systems, in order of appearance."""
    return list(dict.fromkeys(one.system for one in measurements))


def write(results: Results, folder: Path) -> Path:
    """Writes the results of a row as `<row>.json` and returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.row}.json"
    document = {
        "row": results.row,
        "date": results.date,
        "command": results.command,
        "rounds": results.rounds,
        "seconds": results.seconds,
        "tookSeconds": round(results.took_seconds, 1),
        "machine": dict(results.machine),
        "notes": list(results.notes),
        "measurements": [_as_json(one) for one in results.measurements],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _as_json(one: Measurement) -> dict[str, Any]:
    return {
        "system": one.system,
        "metric": one.metric,
        "parameters": dict(one.parameters),
        "values": list(one.values),
        "median": one.median,
        "min": one.minimum,
        "max": one.maximum,
    }


def read(path: Path) -> Results:
    """Reads what `write` has written."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Results(
        row=document["row"],
        measurements=tuple(
            Measurement(one["system"], one["metric"], one["parameters"], tuple(one["values"]))
            for one in document["measurements"]
        ),
        rounds=document["rounds"],
        seconds=document["seconds"],
        date=document["date"],
        command=document["command"],
        machine=document["machine"],
        notes=tuple(document["notes"]),
        took_seconds=document["tookSeconds"],
    )


def read_all(folder: Path) -> dict[str, Results]:
    """Returns the results of every row that was measured, by name."""
    return {path.stem: read(path) for path in sorted(folder.glob("*.json"))}
