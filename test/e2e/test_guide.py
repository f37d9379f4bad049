"""The user guide does what it says: its marked blocks run, page by page, and print what the page shows.

A block is marked in its fence: `sh run` and `python run` are run, `LANGUAGE file=NAME` is written to that
file, `text output` is what the block before printed. In it, `…` stands for any characters of a line, and
a line of nothing but `…` for any number of lines. `sh run exit=1` must end with that code. Every page has a
folder and a server of its own; the default ports of the text are exchanged for those of that server.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import starts
from support.operator import Operator, vmargs
from support.places import PYTHON, ROOT
from support.server import FREE_PORTS

GUIDE = ROOT / "docs" / "guide"
PAGES = sorted(GUIDE.glob("*.md"))
RUNNABLE = [page for page in PAGES if re.search(r"^```\w+ run", page.read_text("utf-8"), re.MULTILINE)]
# The ports of the text, by the name of the listener in the server's state.
PORTS = {
    "inference": 8080,
    "management": 8081,
    "metrics": 8082,
    "grpc_inference": 7070,
    "grpc_management": 7071,
}
COMMANDS = {
    "mariner": "ts._cli.main",
    "torchserve": "ts.model_server",
    "torch-model-archiver": "model_archiver",
}
BLOCK_SECONDS = 60
_FENCE = re.compile(r"^```(\w+)((?: \S+)*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDRESS = re.compile(r"\b(127\.0\.0\.1|localhost):(\d+)\b")
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    marks: tuple[str, ...]
    text: str
    line: int

    def mark(self, name: str) -> str | None:
        """Returns the value of a mark `name=value`."""
        return next((mark.partition("=")[2] for mark in self.marks if mark.startswith(f"{name}=")), None)


def blocks(page: Path) -> Iterator[Block]:
    """Reads the blocks of a page that have a language."""
    text = page.read_text("utf-8")
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(fence[1], tuple(fence[2].split()), fence[3], line)


def pattern(shown: str) -> re.Pattern[str]:
    """Returns what matches the shown output and nothing else."""
    parts = []
    for line in shown.rstrip().splitlines():
        anything = line.strip() == "…"
        parts.append(
            "(?:[^\n]*\n)*?" if anything else re.escape(line.rstrip()).replace("…", "[^\n]*?") + "\n"
        )
    return re.compile("".join(parts))


class Reader:
    """Follows a page in a folder of its own, as somebody who copies each block into a terminal."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._folder = operator.work
        self._config = operator.base / "given.properties"
        commands = operator.base / "commands"
        commands.mkdir()
        for name, module in COMMANDS.items():
            self._command(commands / name, f'exec "{PYTHON}" -m {module} "$@"')
        self._command(commands / "python", f'exec "{PYTHON}" "$@"')
        path = f"{commands}:{operator.environment['PATH']}"
        self._environment = {
            **operator.environment,
            "PATH": path,
            "MARINER": str(ROOT),
            "TS_CONFIG_FILE": str(self._config),
        }

    @staticmethod
    def _command(file: Path, line: str) -> None:
        file.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        file.chmod(0o755)

    def _listeners(self) -> dict[str, str]:
        """Returns `host:port` of each listener of the page's server, {} when none runs."""
        roots = (self._operator.runtime, self._operator.temp)
        for file in (found for root in roots for found in root.glob("mariner-*/*/state.json")):
            listeners = json.loads(file.read_text("utf-8")).get("listeners", {})
            return {name: address.rpartition("/")[2] for name, address in listeners.items()}
        return {}

    def _with_ports_of_the_server(self, text: str) -> str:
        listeners = self._listeners()
        actual = {str(port): listeners[name] for name, port in PORTS.items() if name in listeners}
        return _ADDRESS.sub(lambda found: actual.get(found[2], found[0]), text)

    def _with_ports_of_the_text(self, text: str, listeners: dict[str, str]) -> str:
        shown = {address.rpartition(":")[2]: PORTS[name] for name, address in listeners.items()}
        return _ADDRESS.sub(lambda found: f"{found[1]}:{shown.get(found[2], found[2])}", text)

    def _configure(self) -> None:
        """Free ports, and what the page itself has put into `config.properties`."""
        file = self._folder / "config.properties"
        own = file.read_text("utf-8") if file.exists() else ""
        own = _ADDRESS.sub(
            lambda found: f"{found[1]}:{0 if int(found[2]) in PORTS.values() else found[2]}", own
        )
        given = {**FREE_PORTS, "vmargs": vmargs()}
        text = "".join(f"{key}={value}\n" for key, value in given.items() if f"{key}=" not in own)
        self._config.write_text(text + own, encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Writes a file of the page."""
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def run(self, block: Block) -> tuple[int, str]:
        """Runs a block; returns its exit code and what it printed."""
        self._configure()
        before = self._listeners()
        script = self._operator.base / "block"
        script.write_text(self._with_ports_of_the_server(block.text), encoding="utf-8")
        program = {"sh": ["/bin/sh", "-eu"], "python": [PYTHON]}[block.language]
        output = self._operator.base / "output.txt"
        with output.open("wb") as printed:
            ended = subprocess.run(
                [*program, str(script)],
                cwd=self._folder,
                env={**self._environment, "PYTHONPATH": f"{self._environment['PYTHONPATH']}:{self._folder}"},
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                timeout=BLOCK_SECONDS,
                check=False,
            )
        if not before and self._listeners():
            starts.note()
        text = output.read_text("utf-8", "replace").replace("\r", "")
        return ended.returncode, self._with_ports_of_the_text(text, before or self._listeners())


def follow(page: Path, reader: Reader) -> int:
    """Does all that a page says; returns how many outputs were compared."""
    compared, printed = 0, ""
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        file = block.mark("file")
        if file is not None:
            reader.write(file, block.text)
        elif "run" in block.marks:
            code, printed = reader.run(block)
            assert code == int(block.mark("exit") or 0), f"{where}: exit code {code}\n{printed}"
        elif "output" in block.marks:
            text = printed.rstrip() + "\n"
            as_shown = pattern(block.text).fullmatch(text) is not None
            assert as_shown, f"{where}: printed\n{text}\nshown\n{block.text}"
            compared += 1
    return compared


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, operator: Operator) -> None:
    assert follow(page, Reader(operator)) >= 1, f"{page.name}: no output is shown"
    assert not operator.processes(), f"{page.name}: its server still runs"


def test_the_guide_runs_where_it_shows_commands() -> None:
    assert {page.stem for page in RUNNABLE} >= {"quickstart", "inference", "management"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    targets = [found[1] for found in _LINK.finditer(page.read_text("utf-8"))]
    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert broken == []


def test_every_page_is_on_the_map() -> None:
    listed = set(_LINK.findall((GUIDE / "index.md").read_text("utf-8")))
    assert {page.name for page in PAGES} - {"index.md"} <= {target for target, _ in listed}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_marks_are_known(page: Path) -> None:
    for block in blocks(page):
        for mark in block.marks:
            assert re.fullmatch(r"run|output|exit=\d+|file=[\w./-]+", mark), (
                f"{page.name}:{block.line}: {mark}"
            )
        assert "run" not in block.marks or block.language in ("sh", "python"), f"{page.name}:{block.line}"
