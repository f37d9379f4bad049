"""The alias distribution: Mosec's own module names."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ts.compat.mosec
from ts.compat.mosec import errors
from ts.compat.mosec.mixin import typed_worker

ALIAS = Path(__file__).resolve().parents[4] / "aliases" / "mosec"


@pytest.fixture
def alias(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ALIAS))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "mosec"]:
        del sys.modules[name]


@pytest.mark.usefixtures("alias")
def test_names_are_those_of_the_layer() -> None:
    mosec = importlib.import_module("mosec")
    for name in ts.compat.mosec.__all__:
        assert getattr(mosec, name) is getattr(ts.compat.mosec, name)
    assert set(mosec.__all__) == set(ts.compat.mosec.__all__)
    assert importlib.import_module("mosec.errors") is errors
    assert importlib.import_module("mosec.mixin.typed_worker") is typed_worker
    assert importlib.import_module("mosec.worker").Worker is ts.compat.mosec.Worker
