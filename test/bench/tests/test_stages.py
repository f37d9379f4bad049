"""The row `stages`: every layout is a route of one application, and all do the same work."""

from __future__ import annotations

import importlib
import sys

import pytest

from bench.places import HANDLERS
from bench.rows import stages
from bench.rows.models import body


def test_layouts_are_routes_that_answer_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("PIL")
    monkeypatch.syspath_prepend(str(HANDLERS))
    app = importlib.import_module("photo_stages").app
    monkeypatch.delitem(sys.modules, "photo_stages")
    photo = body(stages._PHOTO, "cpu")
    with app.local() as local:
        answers = [local.post(path, content=photo) for path in stages.LAYOUTS.values()]
    assert {answer.status for answer in answers} == {200}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert len(answers[0].json()) == 5


def test_stages_have_workers_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    folder = stages.application()
    found = {path.parent.name: path.read_text("utf-8") for path in folder.glob("stages/*/model-config.yaml")}
    assert '"minWorkers": 2' in found["Decode"]
    assert '"minWorkers": 1' in found["Network"]
    assert '"batchSize": 8' in found["Network"]
