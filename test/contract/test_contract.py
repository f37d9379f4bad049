"""Runs the yaml cases of this folder over REST and gRPC, under both profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import cases
from support.server import RunningServer

CASES = list(cases.load(Path(__file__).parent))


# The server is looked up when a case runs; its group is the one of tests that ask for it by name.
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            c, id=f"{c.name} [{c.api}, {c.profile}]", marks=pytest.mark.xdist_group(f"{c.profile}_server")
        )
        for c in CASES
    ],
)
def test_case(case: cases.Case, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(f"{case.profile}_server")
    assert isinstance(server, RunningServer)
    cases.run(case, server)
