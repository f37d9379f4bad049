"""Workers for tests; each is ended with its test."""

from __future__ import annotations

import gc
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ts.tests.frontend import ROOT, Frontend, ProcessWorker, ThreadWorker, write_model


@pytest.fixture(scope="session", autouse=True)
def nothing_frozen_at_the_end() -> Iterator[None]:
    """Native libraries count what is left of them when the process ends, and complain."""
    yield
    gc.unfreeze()


@pytest.fixture(autouse=True)
def unchanged_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Takes back what loading a model changes in a process.

    What it has frozen stays so: each load collects, and would walk what all tests have imported.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    modules, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        source = getattr(sys.modules[name], "__file__", None)
        if source and source.startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def workers() -> Iterator[list[ThreadWorker | ProcessWorker]]:
    """Workers put here are closed after the test."""
    opened: list[ThreadWorker | ProcessWorker] = []
    yield opened
    for worker in opened:
        worker.close()


@pytest.fixture
def worker(workers: list[ThreadWorker | ProcessWorker]) -> ThreadWorker:
    """A worker loop in a thread."""
    made = ThreadWorker()
    workers.append(made)
    return made


@pytest.fixture
def frontend(worker: ThreadWorker) -> Frontend:
    """The frontend's end of `worker`."""
    return worker.frontend


class Processes:
    """Starts worker processes; their sockets lie in a folder with a short name."""

    def __init__(self, folder: Path, workers: list[ThreadWorker | ProcessWorker]) -> None:
        self.folder = folder
        self._workers = workers

    def start(self, model: Path, **variables: str) -> ProcessWorker:
        worker = ProcessWorker(model, self.folder / f"s{len(self._workers)}", **variables)
        self._workers.append(worker)
        return worker

    def serving(self, folder: Path, handler: str, **fields: Any) -> ProcessWorker:
        worker = self.start(write_model(folder, handler))
        worker.frontend.serving(folder, **fields)
        return worker


@pytest.fixture
def processes(workers: list[ThreadWorker | ProcessWorker]) -> Iterator[Processes]:
    """Starts worker processes that end with the test."""
    with tempfile.TemporaryDirectory(prefix="mw") as folder:
        yield Processes(Path(folder), workers)
