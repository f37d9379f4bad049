"""Which tests may run beside each other, which of them belong together, and which only run at night.

Two lanes run at once (`pytest -n 2 --dist loadgroup`). Tests that share a server form a group, which stays on
one lane, so that no server is started twice; all others go to the lane that is free.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from support.places import ROOT

_TESTS = str(ROOT / "test")
_SERVER, _ELSEWHERE = "server", "torchserve"
"""Fixture of a server for each profile, and the profile on which only `profiled` tests run by day."""


def arrange(items: Sequence[pytest.Item]) -> None:
    """Marks the tests with their group and with what their parameters make of them."""
    for item in items:
        if not str(item.path).startswith(_TESTS):
            continue
        if _parameters(item).get(_SERVER) == _ELSEWHERE and item.get_closest_marker("profiled") is None:
            item.add_marker("nightly")
        group = group_of(item)
        if group is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def group_of(item: pytest.Item) -> str | None:
    """Returns the name of what the test shares with others, None when all that it uses is its own."""
    scopes = _shared_fixtures(item)
    if not scopes:
        return None
    values = [str(_parameters(item)[name]) for name in sorted(scopes) if name in _parameters(item)]
    sessions = sorted(name for name, scope in scopes.items() if scope == "session")
    return "-".join([*(sessions[:1] or [f"{item.path.parent.name}/{item.path.stem}"]), *values])


def _parameters(item: pytest.Item) -> dict[str, object]:
    call = getattr(item, "callspec", None)
    return dict(call.params) if call is not None else {}


def _shared_fixtures(item: pytest.Item) -> dict[str, str]:
    """Returns the scope of each fixture of this suite that outlives the test."""
    # Pytest has no public way from a test to the scopes of its fixtures.
    definitions = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009
    last = {name: found[-1] for name, found in definitions.items() if found}
    return {
        name: str(one.scope)
        for name, one in last.items()
        if one.scope != "function" and one.func.__code__.co_filename.startswith(_TESTS)
    }
