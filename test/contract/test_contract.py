"""Runs the yaml cases of this folder over REST and gRPC, under both profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import cases
from support.server import RunningServer

CASES = list(cases.load(Path(__file__).parent))


@pytest.mark.parametrize("case", CASES, ids=[f"{c.name} [{c.api}, {c.profile}]" for c in CASES])
def test_case(case: cases.Case, request: pytest.FixtureRequest) -> None:
    server = request.getfixturevalue(f"{case.profile}_server")
    assert isinstance(server, RunningServer)
    cases.run(case, server)
