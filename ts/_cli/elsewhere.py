"""`mariner status --address`: how a server elsewhere is, as far as one of its listeners tells."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from ts._cli.client import Endpoint, endpoint
from ts._cli.errors import CommandError
from ts._cli.models import NO_WORKERS, READY, UNLOADED, all_versions, state_of, workers_of
from ts._cli.progress import painted, wants_colour
from ts._cli.status import NOT_READY, NOT_RUNNING
from ts._cli.status import READY as READY_CODE
from ts._cli.table import aligned


@dataclass(frozen=True)
class Seen:
    """What a listener tells. `server`: name and version of its product, None where it does not say;
    `models`: what the management API says of each version, None where that API is not served; `problems`:
    why the server is not ready."""

    address: str
    server: str | None
    serves: Sequence[str]
    ready: bool
    models: Sequence[Mapping[str, Any]] | None
    problems: Sequence[str]


def status_of(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Prints how the server is; returns 0 ready, 1 not ready, 3 where none answers. Raises CommandError with
    the server's reason when it does not tell."""
    server = endpoint(options, environment)
    try:
        seen = look(server)
    except CommandError as fault:
        # Nobody there, or nobody to be trusted: a cause of the system. A refusal has none.
        raise CommandError(str(fault), NOT_RUNNING if fault.__cause__ is not None else 1) from fault
    if options.json:
        print(json.dumps([asdict(seen)], indent=2))
    else:
        print("\n".join(_described(seen, wants_colour(sys.stdout, os.environ))))
    return READY_CODE if seen.ready else NOT_READY


def look(server: Endpoint) -> Seen:
    """Asks the listener; raises CommandError when it does not answer, or refuses."""
    root = server.call("GET", "/").document
    known = isinstance(root, dict) and isinstance(root.get("serves"), list)
    # TorchServe says nothing of itself there; it is asked as the API whose address this is meant to be.
    serves = [str(api) for api in root["serves"]] if known else ["management"]
    name = f"{root.get('server')} {root.get('version')}" if known else None
    models = all_versions(server) if "management" in serves else None
    problems = [f"{_label(entry)}: {_state(entry)}" for entry in models or () if not _is_up(entry)]
    if "inference" in serves:
        missing = _missing(server)
        problems = missing and (problems or missing)
    elif models is None:
        raise CommandError(
            f"{server.address} serves {' and '.join(serves) or 'nothing'} "
            "(expected: the address of the management or the inference API)"
        )
    return Seen(server.address, name, serves, not problems, models, problems)


def _missing(server: Endpoint) -> list[str]:
    """What the readiness probe says is missing."""
    answer = server.call("GET", "/readyz")
    if answer.status == HTTPStatus.OK:
        return []
    document = answer.document
    reasons = document.get("reasons") if isinstance(document, dict) else None
    return [str(reason) for reason in reasons or ["a model is not ready"]]


def _is_up(entry: Mapping[str, Any]) -> bool:
    state = state_of(entry)
    return state in (READY, UNLOADED) or (state == NO_WORKERS and not entry.get("minWorkers"))


def _label(entry: Mapping[str, Any]) -> str:
    return f"{entry['modelName']} {entry['modelVersion']}"


def _state(entry: Mapping[str, Any]) -> str:
    failure = str(entry.get("lastFailure") or "").strip().splitlines()
    return f"{state_of(entry)}, {failure[-1]}" if failure else state_of(entry)


def _described(seen: Seen, colour: bool) -> list[str]:
    word = "ready" if seen.ready else "not ready"
    facts = [painted(word, word, colour), *([seen.server] if seen.server else []), ", ".join(seen.serves)]
    lines = [f"{seen.address}  {'  '.join(facts)}"]
    rows: list[tuple[str, ...]] = [("MODEL", "VERSION", "STATE", "WORKERS")] if seen.models else []
    for entry in seen.models or ():
        rows.append((str(entry["modelName"]), str(entry["modelVersion"]), state_of(entry), workers_of(entry)))
    lines += [f"  {line}" for line in aligned(rows, colour, state_column=2)]
    return lines + [f"  problem: {problem}" for problem in seen.problems]
