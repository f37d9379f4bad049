"""The command: plays the faults on the servers, keeps the results, and writes the table into the page."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from peers.environments import BUILD, ROOT
from peers.faults import FAULTS, ROWS
from peers.kinds import KINDS
from peers.table import markdown, replaced

PAGE = ROOT / "docs" / "reliability.md"
RESULTS = BUILD / "results"


def measure(key: str, faults: list[str]) -> None:
    """Plays faults on a server; each result is kept at once, so that a run can be finished later."""
    kind = KINDS[key]
    title = kind.title()
    file = RESULTS / f"{key}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    for name in faults:
        began = time.monotonic()
        try:
            cells = FAULTS[name](kind)
        except Exception as fault:
            # The others are worth playing; this one stays as `not measured`.
            print(f"{key} {name}: {fault!r}", file=sys.stderr, flush=True)
            continue
        # Read each time: another run may play other faults on the same server.
        known: dict[str, Any] = {"cells": {}}
        if file.exists():
            known = json.loads(file.read_text(encoding="utf-8"))
        known["title"] = title
        known["cells"].update(cells)
        file.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        print(f"{key} {cells} ({time.monotonic() - began:.0f} s)", flush=True)


def publish(page: Path) -> None:
    """Joins the results of all servers into one file and into the page's table."""
    files = [RESULTS / f"{key}.json" for key in KINDS]
    found = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()}
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    (BUILD / "results.json").write_text(text, encoding="utf-8")
    table = markdown(ROWS, {one["title"]: one["cells"] for one in found.values()})
    page.write_text(replaced(page.read_text(encoding="utf-8"), table), encoding="utf-8")


def main() -> int:
    """Runs the command; exit code 0 when all that was asked for has been played."""
    parser = argparse.ArgumentParser(prog="fault-peers", description=__doc__)
    parser.add_argument("--servers", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--faults", nargs="+", choices=FAULTS, default=list(FAULTS))
    parser.add_argument("--no-page", action="store_true", help="measure only")
    parser.add_argument("--only-page", action="store_true", help="write the page from kept results")
    options = parser.parse_args()
    # So that the servers are killed with the command.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not options.only_page:
        for key in options.servers:
            measure(key, options.faults)
    if not options.no_page:
        publish(PAGE)
    return 0


sys.exit(main())
