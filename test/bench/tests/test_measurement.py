"""Measurements keep every round and survive the way through JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.measurement import Measurement, paired_ratio, read_all, write

from .results import echo_results


def median_ratio(ours: Measurement, theirs: Measurement) -> float:
    ratio = paired_ratio(ours, theirs)
    assert ratio is not None
    assert ratio.low <= ratio.median <= ratio.high
    return ratio.median


def test_a_measurement_reports_median_and_extremes_of_its_rounds() -> None:
    one = Measurement("mariner", "requests/s", {}, (9.0, 1.0, 5.0, 7.0))
    assert (one.median, one.minimum, one.maximum) == (6.0, 1.0, 9.0)


def test_a_ratio_is_taken_round_by_round_so_that_a_slow_round_counts_for_both_sides() -> None:
    ours = Measurement("mariner", "requests/s", {}, (300.0, 30.0, 330.0))
    theirs = Measurement("mosec", "requests/s", {}, (100.0, 10.0, 10.0))
    assert median_ratio(ours, theirs) == pytest.approx(3.0)


def test_a_ratio_of_unequal_rounds_is_that_of_the_medians() -> None:
    ours = Measurement("mariner", "requests/s", {}, (300.0, 200.0, 100.0))
    theirs = Measurement("mosec", "requests/s", {}, (100.0,))
    assert median_ratio(ours, theirs) == pytest.approx(2.0)


@pytest.mark.parametrize(("rounds", "low", "high"), [(1, 1, 1), (5, 1, 5), (8, 1, 8), (9, 2, 8), (25, 8, 18)])
def test_a_ratio_says_how_far_its_median_may_be_off(rounds: int, low: int, high: int) -> None:
    """The ranks are those of the sign test's tables for 95 %."""
    ours = Measurement("mariner", "requests/s", {}, tuple(float(value) for value in range(1, rounds + 1)))
    theirs = Measurement("mosec", "requests/s", {}, (1.0,) * rounds)
    ratio = paired_ratio(ours, theirs)
    assert ratio is not None
    assert (ratio.low, ratio.high) == (low, high)


@pytest.mark.parametrize("values", [None, (0.0, 5.0, 5.0)])
def test_there_is_no_ratio_to_what_was_not_measured_or_did_nothing(values: tuple[float, ...] | None) -> None:
    ours = Measurement("mariner", "requests/s", {}, (1.0, 2.0, 3.0))
    theirs = None if values is None else Measurement("mosec", "requests/s", {}, values)
    assert paired_ratio(ours, theirs) is None


def test_rounds_of_the_same_setting_become_one_measurement() -> None:
    found = echo_results().find("mosec", "requests/s", connections=16)
    assert found is not None
    assert found.values == (99.0, 100.0, 102.0)


def test_a_selection_that_fits_several_measurements_is_refused() -> None:
    with pytest.raises(ValueError, match="2 fit"):
        echo_results().find("mosec", "requests/s")


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    results = echo_results()
    write(results, tmp_path)
    assert read_all(tmp_path) == {"echo": results}
