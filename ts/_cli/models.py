"""`mariner models` and `mariner describe`: what a running server has, and how it is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ts._cli.client import Endpoint, endpoint
from ts._cli.errors import CommandError
from ts._cli.progress import wants_colour
from ts._cli.status import readable_size
from ts._cli.table import aligned

_PAGE = 100
# States of a version, in words that `mariner status` has too.
READY, LOADING, FAILED, UNLOADED, NO_WORKERS = "ready", "loading", "failed", "unloaded", "no workers"


def model_path(model: str, version: str | None = None, *rest: str) -> str:
    """Returns the path of a model, or of one version of it."""
    return "/" + "/".join(
        quote(part, safe="") for part in ("models", model, version, *rest) if part is not None
    )


def models(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Lists every version of every model; returns 0, also when there is none."""
    server = endpoint(options, environment)
    versions = all_versions(server)
    if options.json:
        print(json.dumps(versions, indent=2))
        return 0
    if not versions:
        print("no model is registered (add one with: mariner register ARCHIVE)")
        return 0
    rows: list[tuple[str, ...]] = [("MODEL", "VERSION", "DEFAULT", "STATE", "WORKERS", "WAITING", "ARCHIVE")]
    rows += [_row(entry) for entry in versions]
    print("\n".join(aligned(rows, wants_colour(sys.stdout, os.environ), state_column=3)))
    return 0


def all_versions(server: Endpoint) -> list[dict[str, Any]]:
    """Returns what the server says of every version of every model; raises CommandError with its reason."""
    return [entry for name in _names(server) for entry in versions_of(server, name)]


def _names(server: Endpoint) -> list[str]:
    names: list[str] = []
    page: str | None = "0"
    while page is not None:
        document = server.document("GET", f"/models?{urlencode({'limit': _PAGE, 'next_page_token': page})}")
        if not isinstance(document, dict) or not isinstance(document.get("models"), list):
            raise CommandError(f"{server.address} is no management API of a model server")
        names += [str(entry["modelName"]) for entry in document["models"]]
        page = document.get("nextPageToken")
    return names


def versions_of(server: Endpoint, model: str, version: str | None = "all") -> list[dict[str, Any]]:
    """Returns what the server says of one version (None: the default one) or of all; raises CommandError when
    there is no such model."""
    document = server.document("GET", model_path(model, version))
    if not isinstance(document, list):
        raise CommandError(f"{server.address} is no management API of a model server")
    return document


def state_of(entry: Mapping[str, Any]) -> str:
    """Returns one word for how a version is."""
    workers = entry.get("workers") or []
    ready = sum(worker.get("status") == "READY" for worker in workers)
    if entry.get("unloaded"):
        return UNLOADED
    if not workers:
        return NO_WORKERS
    if ready >= max(1, int(entry.get("minWorkers") or 0)):
        return READY
    return FAILED if not ready and entry.get("lastFailure") else LOADING


def workers_of(entry: Mapping[str, Any]) -> str:
    """Returns how many of the wanted workers are ready: `1/2`."""
    workers = entry.get("workers") or []
    ready = sum(worker.get("status") == "READY" for worker in workers)
    return f"{ready}/{entry.get('minWorkers', len(workers))}"


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        str(entry["modelName"]),
        str(entry["modelVersion"]),
        "yes" if entry.get("defaultVersion") else "",
        state_of(entry),
        workers_of(entry),
        str((entry.get("jobQueueStatus") or {}).get("pendingRequests", 0)),
        str(entry.get("modelUrl", "")),
    )


def describe(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Shows one model: all its versions, or the named one."""
    server = endpoint(options, environment)
    if options.handler:
        document = server.document("GET", model_path(options.model, options.version) + "?customized=true")
        print(json.dumps(document, indent=2))
        return 0
    entries = versions_of(server, options.model, options.version or "all")
    if options.json:
        print(json.dumps(entries, indent=2))
        return 0
    colour = wants_colour(sys.stdout, os.environ)
    print("\n\n".join("\n".join(_described(entry, colour)) for entry in entries))
    return 0


def _described(entry: Mapping[str, Any], colour: bool) -> list[str]:
    mark = ", the default version" if entry.get("defaultVersion") else ""
    lines = [f"model {entry['modelName']} {entry['modelVersion']}{mark}"]
    queue = entry.get("jobQueueStatus") or {}
    waiting = queue.get("pendingRequests", 0)
    facts = [
        ("state", state_of(entry)),
        ("archive", str(entry.get("modelUrl", ""))),
        ("workers", f"{workers_of(entry)} ready, at most {entry.get('maxWorkers', '?')}"),
        ("batch", f"up to {entry.get('batchSize')}, {entry.get('maxBatchDelay')} ms"),
        ("waiting", f"{waiting} of {waiting + queue.get('remainingCapacity', 0)}"),
        ("time-outs", f"{entry.get('responseTimeout')} s, start {entry.get('startupTimeout')} s"),
    ]
    if entry.get("lastFailure"):
        facts.append(("failure", str(entry["lastFailure"]).strip().splitlines()[-1]))
    lines += [f"  {line}" for line in aligned(facts)]
    lines += [
        f"  {line}" for line in aligned(_worker_rows(entry.get("workers") or []), colour, state_column=1)
    ]
    return lines


def _worker_rows(workers: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    if not workers:
        return []
    rows: list[tuple[str, ...]] = [("WORKER", "STATE", "PID", "MEMORY", "SINCE")]
    for worker in workers:
        memory = int(worker.get("memoryUsage") or 0)
        rows.append(
            (
                str(worker.get("id", "")),
                str(worker.get("status", "")).lower(),
                str(worker.get("pid", "-")),
                readable_size(memory) if memory else "-",
                str(worker.get("startTime", "")),
            )
        )
    return rows
