"""Lines of workers come to the terminal of the command that serves them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from support.waiting import eventually

from ts._cli.worker_output import WorkerOutput

STAMP = "2026-11-30T16:15:14,541"
PRINTED = f"{STAMP} [INFO ] W-9000-shop__Talk_1.0-stdout MODEL_LOG - hello  there\n"
RAISED = f"{STAMP} [WARN ] W-9001-other_model_1.0-stderr MODEL_LOG - ValueError: boom_1\n"
TOLD = f"{STAMP} [INFO ] main ai.mariner.server.Main - Model Store: N/A\n"
DIED = f"{STAMP} [WARN ] loop-1-1 ai.mariner.core.queue.WorkerReports - W-9000-shop__Talk_1.0: Worker died.\n"
AS_JSON = '{"time":"2026-11-30T16:15:14.541Z","level":"INFO","logger":"MODEL_LOG","message":"hello"}\n'


@pytest.fixture
def console(tmp_path: Path) -> Path:
    return tmp_path / "console.log"


def test_what_workers_print_has_the_name_of_their_model(console: Path) -> None:
    console.write_text(TOLD + PRINTED + RAISED + DIED + AS_JSON)
    shown = io.StringIO()
    WorkerOutput(console, "shop", shown, colour=False).show(warnings=False)
    assert shown.getvalue() == f"Talk: hello  there\nother_model: ValueError: boom_1\n{AS_JSON}"


def test_what_the_server_warns_of_is_shown_once_it_runs(console: Path) -> None:
    console.write_text(DIED)
    shown = io.StringIO()
    output = WorkerOutput(console, "shop", shown, colour=True)
    output.show(warnings=False)
    with output.followed():
        with console.open("a") as more:
            more.write(TOLD + DIED + PRINTED)
        eventually(lambda: "hello" in shown.getvalue())
        with console.open("a") as more:
            more.write(PRINTED)
    assert shown.getvalue() == DIED + "\x1b[2mTalk:\x1b[0m hello  there\n" * 2


def test_without_a_console_there_is_nothing_to_show(console: Path) -> None:
    shown = io.StringIO()
    with WorkerOutput(console, "shop", shown, colour=False).followed():
        pass
    assert shown.getvalue() == ""
