"""Which tests only run at night.

Two lanes run at once (`pytest -n 2 --dist loadfile`). The tests of a file stay on one lane, so that a server
of a file's own is started once; the servers of the whole run are started on each lane. Files go to the lane
that is free.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from support.places import ROOT

_TESTS = str(ROOT / "test")
_SERVER, _ELSEWHERE = "server", "torchserve"
"""Fixture of a server for each profile, and the profile on which only `profiled` tests run by day."""


def arrange(items: Sequence[pytest.Item]) -> None:
    """Marks the tests with what their parameters make of them."""
    for item in items:
        if not str(item.path).startswith(_TESTS):
            continue
        if _parameters(item).get(_SERVER) == _ELSEWHERE and item.get_closest_marker("profiled") is None:
            item.add_marker("nightly")


def _parameters(item: pytest.Item) -> dict[str, object]:
    call = getattr(item, "callspec", None)
    return dict(call.params) if call is not None else {}
