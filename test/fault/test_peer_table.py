"""The table of faults on peers: what its cells say, and where it is written. No peer is started."""

from __future__ import annotations

import pytest
from peers.faults import FAULTS, ROWS
from peers.table import (
    BEGIN,
    END,
    Row,
    Seen,
    after,
    connection,
    counted,
    health,
    markdown,
    recovery,
    replaced,
    seen,
    within,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "at once"), (0.49, "at once"), (0.5, "after 1 s"), (1.4, "after 1 s"), (2.6, "after 3 s")],
)
def test_times_are_rounded_so_that_another_machine_sees_them_too(seconds: float, text: str) -> None:
    assert after(seconds) == text


def test_a_limit_is_at_least_a_second() -> None:
    assert within(0.2) == "1 s"


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (Seen(507, 0.1), "507 at once"),
        (Seen(None, 10.02, "silent"), "no answer in 10 s"),
        (Seen(None, 3.1, "closed"), "connection closed after 3 s"),
        (Seen(None, 0.0, "refused"), "connection refused at once"),
    ],
)
def test_a_request_is_told_by_its_status_or_by_its_end(what: Seen, text: str) -> None:
    assert seen(what) == text


def test_recovery_says_when_or_that_there_was_none() -> None:
    assert recovery(2.2, 30) == "next answer after 2 s"
    assert recovery(None, 30) == "no next answer in 30 s"
    assert recovery(None, 30, "the server ends") == "the server ends"


def test_health_is_told_by_its_changes() -> None:
    assert health(["200", "200"]) == "200 throughout"
    assert health(["200", "200", "503", "200"]) == "200, then 503, then 200"
    assert health([]) == "not asked"


def test_outcomes_are_counted_the_most_frequent_first() -> None:
    outcomes = [Seen(200, 1.0)] * 5 + [Seen(500, 1.0)] + [Seen(None, 10.0, "silent")] * 2
    assert counted(outcomes) == "5 x 200, 2 x no answer, 1 x 500"


def test_a_connection_is_open_answered_or_closed() -> None:
    assert connection(None, 30, True) == "open after 30 s"
    assert connection(408, 5.2, False) == "408 after 5 s"
    assert connection(None, 0.1, False) == "closed at once"


def test_a_cell_that_was_not_measured_says_so() -> None:
    table = markdown([Row("a", "A"), Row("b", "B")], {"One": {"a": "1|2", "b": "3"}, "Two": {"a": "4"}})
    assert table.splitlines() == [
        "| fault | One | Two |",
        "|---|---|---|",
        "| A | 1\\|2 | 4 |",
        "| B | 3 | not measured |",
    ]


def test_only_what_is_between_the_markers_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold \\1\n{END}\nafter\n"
    once = replaced(page, "new \\1\n")
    assert once == f"before\n{BEGIN}\nnew \\1\n{END}\nafter\n"
    assert replaced(once, "new \\1\n") == once


@pytest.mark.parametrize("page", ["", BEGIN, f"{BEGIN}{END}{BEGIN}{END}"])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="expected: one of each"):
        replaced(page, "table")


def test_rows_have_names_of_their_own_and_faults_belong_to_rows() -> None:
    keys = [row.key for row in ROWS]
    assert len(keys) == len(set(keys))
    assert set(FAULTS) - {"clients"} <= set(keys)
