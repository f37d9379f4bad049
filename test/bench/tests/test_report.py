"""Tables, figures and the generated part of the page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.report import figures, page
from bench.report.tables import number, table

from .results import echo_results


def test_a_table_has_a_line_for_each_system_and_setting_and_the_ratio_to_mariner() -> None:
    lines = table(echo_results()).splitlines()
    assert lines[0] == "| batch | connections | system | requests/s | p50 ms | p99 ms | errors | Mariner is |"
    assert lines[2] == "| 1 | 1 | mariner | 300 (299 - 302) | 0.50 | 2.50 | 0 |  |"
    assert lines[3] == "| 1 | 1 | mosec | 100 (99.0 - 102) | 0.50 | 2.50 | 0 | 3.00x |"
    assert len(lines) == 6


@pytest.mark.parametrize(("value", "text"), [(0.0, "0"), (0.123, "0.12"), (12.34, "12.3"), (1234.5, "1,234")])
def test_numbers_have_as_many_digits_as_are_worth_reading(value: float, text: str) -> None:
    assert number(value) == text


def test_only_the_text_between_the_markers_is_replaced() -> None:
    old = f"by hand\n{page.BEGIN}\nold\n{page.END}\nalso by hand\n"
    assert page.between_markers(old, "new") == f"by hand\n{page.BEGIN}\nnew\n{page.END}\nalso by hand\n"


@pytest.mark.parametrize(
    "text", ["", page.BEGIN, f"{page.END}{page.BEGIN}", f"{page.BEGIN}{page.BEGIN}{page.END}"]
)
def test_a_page_without_a_pair_of_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="markers"):
        page.between_markers(text, "new")


def test_the_page_says_machine_command_notes_and_what_was_not_measured() -> None:
    body = page.body({"echo": echo_results()}, {"echo": ["echo-batch-1"]})
    assert "| processor | Abacus |" in body
    assert "Medians of 3 interleaved rounds (min - max), 2026-01-02: `test/bench/run --rows echo" in body
    assert "- limit is left out: no jars" in body
    assert "![echo-batch-1](images/performance/echo-batch-1.svg)" in body


def test_a_row_that_was_not_measured_again_keeps_its_section_and_tells_its_machine() -> None:
    old = page.body({"echo": echo_results()}, {"echo": ["echo-batch-1"]})
    kept = page.sections(old)
    assert list(kept) == ["echo"]
    assert kept["echo"].endswith("Measured on another machine: processor Abacus; cores 2.")
    grpc = replace(echo_results(), row="grpc", machine={"processor": "Abacus 2"})
    new = page.body({"grpc": grpc}, {}, kept)
    assert "| processor | Abacus 2 |" in new
    assert kept["echo"] in new
    assert "Not measured in this run: Echo, 1 KB" in new
    # Once more, the machine is told once.
    assert page.sections(new)["echo"] == kept["echo"]
    assert page.body({"echo": echo_results()}, {}, page.sections(new)).count("another machine") == 1


def test_the_page_lists_the_floors_of_the_rows_that_were_measured() -> None:
    section = page.floors_section({"echo": echo_results(mariner=400, mosec=100)})
    assert (
        "| echo | batch 1, connections 16 | mosec (batch 1, connections 16) | 4.00x (3.94 - 4.03) | 3x |  |"
        in section
    )
    assert (
        "| echo | batch 1, connections 16 | limit (batch 1, connections 16) | not measured | 0.6x | missed |"
        in (section)
    )
    assert "bodies" not in section


def test_a_figure_has_a_curve_for_each_system_with_the_spread_of_the_rounds() -> None:
    (figure,) = figures.of(echo_results())
    rates = figure.panels[0]
    assert [curve.label for curve in rates.curves] == ["mariner", "mosec"]
    assert (rates.curves[0].x, rates.curves[0].y) == ((1.0, 16.0), (300.0, 300.0))
    assert (rates.curves[0].low, rates.curves[0].high) == ((299.0, 299.0), (302.0, 302.0))
