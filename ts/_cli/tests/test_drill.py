"""`mariner drill`: its archive and sample, its scorecard, and what stops it before a server runs."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ts._cli.drill.command import SCENARIOS
from ts._cli.drill.sample import Sample, find_archive, sample_for
from ts._cli.drill.scorecard import FAILED, NOTED, PASSED, Growth, Lines, Result, Scorecard
from ts._cli.errors import CommandError
from ts._cli.parsers import command_parser
from ts._cli.tests.conftest import Installation

MANIFEST = json.dumps({"model": {"modelName": "m", "configFile": "model-config.yaml"}})


def as_zip(base: Path, files: dict[str, str]) -> Path:
    path = base / "m.mar"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def as_tar(base: Path, files: dict[str, str]) -> Path:
    path = base / "m.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"m/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def as_folder(base: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (base / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (base / "m" / name).write_text(text)
    return base / "m"


def archive_of(base: Path, yaml: str | None, **more: str) -> Path:
    config = {} if yaml is None else {"model-config.yaml": yaml}
    return as_zip(base, {"MAR-INF/MANIFEST.json": MANIFEST, **config, **more})


@pytest.mark.parametrize("pack", [as_zip, as_tar, as_folder])
def test_the_first_warmup_entry_is_the_sample(
    pack: Callable[[Path, dict[str, str]], Path], tmp_path: Path
) -> None:
    yaml = "warmup:\n- {file: in/sample.json}\n- {text: other}\n"
    files = {"MAR-INF/MANIFEST.json": MANIFEST, "model-config.yaml": yaml, "in/sample.json": "[1]"}
    found = sample_for(pack(tmp_path, files), None, None)
    assert found == Sample(b"[1]", "application/octet-stream", "warmup file in/sample.json")


@pytest.mark.parametrize(
    ("entry", "body", "content_type"),
    [
        ("{json: {a: [1, 2]}}", b'{"a": [1, 2]}', "application/json"),
        ("{text: hello}", b"hello", "text/plain"),
        ("{text: <a/>, contentType: text/xml}", b"<a/>", "text/xml"),
        ("{file: cat.jpg}", b"cat", "application/octet-stream"),
        ("{file: cat.jpg, contentType: image/jpeg}", b"cat", "image/jpeg"),
    ],
)
def test_each_kind_of_warmup_entry(tmp_path: Path, entry: str, body: bytes, content_type: str | None) -> None:
    archive = archive_of(tmp_path, f"warmup: [{entry}]", **{"cat.jpg": "cat"})
    found = sample_for(archive, None, None)
    assert (found.body, found.content_type) == (body, content_type)


def test_an_input_file_comes_before_the_archive(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "warmup: [{text: no}]")
    (tmp_path / "in.json").write_text("{}")
    assert sample_for(archive, str(tmp_path / "in.json"), None).headers == {
        "Content-Type": "application/json"
    }
    assert sample_for(archive, str(tmp_path / "in.json"), "a/b").content_type == "a/b"


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        (None, "--input FILE"),
        ("minWorkers: 1", "--input FILE"),
        ("warmup: []", "--input FILE"),
        ("warmup: {a: [", "--input FILE"),
        ("warmup: 3", "expected: a list"),
        ("warmup: [{picture: x}]", "expected: file, json or text"),
        ("warmup: [{file: none.txt}]", "none.txt (expected: a file in the archive)"),
    ],
)
def test_without_a_sample_the_message_says_what_to_do(tmp_path: Path, yaml: str | None, says: str) -> None:
    with pytest.raises(CommandError, match="warmup") as told:
        sample_for(archive_of(tmp_path, yaml), None, None)
    assert says in str(told.value)


def test_a_model_is_a_path_or_a_name_in_the_store(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, None)
    assert find_archive(str(archive), None) == archive
    assert find_archive("m", str(tmp_path)) == archive
    assert find_archive("m.mar", str(tmp_path)) == archive
    with pytest.raises(CommandError, match="'n' \\(expected: a model in"):
        find_archive("n", str(tmp_path))
    with pytest.raises(CommandError, match="--model-store directory not found"):
        find_archive("m", str(tmp_path / "none"))


def test_a_broken_archive_says_so(tmp_path: Path) -> None:
    (tmp_path / "m.mar").write_bytes(b"neither zip nor tar")
    with pytest.raises(CommandError, match="can't be read"):
        sample_for(tmp_path / "m.mar", None, None)


CARD = Scorecard(
    "m",
    (
        Result("loads", PASSED, "ready", 1.0),
        Result("alike", NOTED, "other bytes", 0.1),
        Result("killed", PASSED, "500", 0.9, 0.5),
        Result("stopped", FAILED, "no answer", 3.0, 2.25),
    ),
    Growth(200, 1_500_000, -300_000),
)


def test_the_summary_counts_and_names_the_slowest() -> None:
    assert CARD.summary() == [
        "passed 3 of 4, 1 with a note",
        "slowest recovery  2.2 s (stopped)",
        "memory growth     worker +1.5 MB, server -0.3 MB over 200 requests",
    ]
    assert not CARD.clean
    early = Scorecard("m", CARD.results[:2], None)
    assert early.summary() == ["passed 2 of 2, 1 with a note"]
    assert early.clean


def test_the_scorecard_for_machines() -> None:
    content = json.loads(CARD.as_json())
    assert (content["passed"], content["total"], content["slowest_recovery_seconds"]) == (3, 4, 2.25)
    assert content["growth"] == {"requests": 200, "worker_bytes": 1_500_000, "server_bytes": -300_000}
    assert content["scenarios"][3] == {
        "name": "stopped",
        "verdict": "failed",
        "seen": "no answer",
        "seconds": 3.0,
        "recovery_seconds": 2.25,
    }


def shown(encoding: str, colour: bool) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    lines = Lines(stream, colour, ["loads", "worker killed"])
    lines.show(Result("loads", PASSED, "“ready”", 1.0))
    lines.show(Result("worker killed", FAILED, "no answer", 3.0))
    return raw.getvalue().decode(encoding)


def test_lines_suit_their_stream() -> None:
    assert shown("utf-8", False) == (
        "✓ loads            1.00 s  “ready”\n✗ worker killed    3.00 s  no answer\n"
    )
    assert shown("ascii", False) == (
        "+ loads            1.00 s  ?ready?\nx worker killed    3.00 s  no answer\n"
    )
    assert "\x1b[32m✓\x1b[0m loads" in shown("utf-8", True)
    assert "\x1b[31m✗\x1b[0m worker killed" in shown("utf-8", True)


def test_flags() -> None:
    given = command_parser().parse_args(["drill", "m.mar", "--input", "x", "--quick", "--json"])
    assert (given.command, given.model, given.input, given.quick, given.json) == (
        "drill",
        "m.mar",
        "x",
        True,
        True,
    )
    assert (given.model_store, given.content_type, given.load_timeout) == (None, None, 120.0)


def test_quick_keeps_the_end_of_the_server() -> None:
    quick = [scenario.name for scenario in SCENARIOS if scenario.quick]
    assert len(quick) < len(SCENARIOS)
    assert quick[-2:] == ["SIGTERM under load", "nothing left"]


def test_what_can_t_be_drilled_starts_no_server(installation: Installation) -> None:
    done = installation.mariner("drill", "none.mar")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "mariner drill: MODEL: 'none.mar' (expected: an archive's path, or --model-store and a name in it)\n"
    )
    archive_of(installation.store, None)
    done = installation.mariner("drill", "m", "--model-store", str(installation.store))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--input FILE" in done.stderr
    assert installation.calls() == []


def test_a_server_that_does_not_start_shows_why_and_leaves_nothing(installation: Installation) -> None:
    archive_of(installation.store, "warmup: [{text: x}]")
    installation.script(states=[], prints=["the last words"], exit=3)
    done = installation.mariner("drill", "m", "--model-store", str(installation.store))
    assert done.returncode == 1
    assert done.stderr == "mariner drill: the private server did not start\n  the last words\n"
    assert [path for path in installation.temp.iterdir() if "drill" in path.name] == []
