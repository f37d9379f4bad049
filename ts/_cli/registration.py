"""`mariner register|scale|unregister|set-default`: changes the models of a running server."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ts._cli.client import Endpoint, endpoint
from ts._cli.errors import CommandError
from ts._cli.models import model_path, versions_of


def _say(options: argparse.Namespace, document: Any) -> None:
    """Prints what the server answered: the document, or its sentence."""
    if options.json:
        print(json.dumps(document, indent=2))
    else:
        print(document.get("status", document) if isinstance(document, dict) else document)


def _change(
    options: argparse.Namespace,
    server: Endpoint,
    method: str,
    path: str,
    parameters: Mapping[str, Any] | None = None,
) -> Any:
    """Does a call that may take as long as a model takes to load; returns its document."""
    given = {name: value for name, value in (parameters or {}).items() if value is not None}
    query = f"?{urlencode(given)}" if given else ""
    try:
        return server.document(method, path + query, timeout=getattr(options, "timeout", None))
    except CommandError as fault:
        if isinstance(fault.__cause__, TimeoutError):
            raise CommandError(f"{fault}; it may still go on") from fault
        raise


def register(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Registers an archive, and waits until its workers are ready unless told not to."""
    server = endpoint(options, environment)
    parameters = {
        "url": options.archive,
        "model_name": options.model_name,
        "handler": options.handler,
        "initial_workers": options.workers,
        "batch_size": options.batch_size,
        "max_batch_delay": options.max_batch_delay,
        "response_timeout": options.response_timeout,
        "startup_timeout": options.startup_timeout,
        "synchronous": "false" if options.no_wait else "true",
    }
    _say(options, _change(options, server, "POST", "/models", parameters))
    return 0


def scale(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Sets the number of workers, and waits until they are ready unless told not to."""
    server = endpoint(options, environment)
    if options.max is not None and options.max < options.workers:
        raise CommandError(
            f"--max: {options.max} (expected: >= {options.workers}, the workers kept alive)", 2
        )
    parameters = {
        "min_worker": options.workers,
        "max_worker": options.workers if options.max is None else options.max,
        "synchronous": "false" if options.no_wait else "true",
    }
    path = model_path(options.model, options.version)
    _say(options, _change(options, server, "PUT", path, parameters))
    return 0


def unregister(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Removes one version, or all of them; the default version goes last."""
    server = endpoint(options, environment)
    versions: list[str | None] = [options.version]
    if options.all:
        entries = versions_of(server, options.model)
        entries.sort(key=lambda entry: bool(entry.get("defaultVersion")))
        versions = [str(entry["modelVersion"]) for entry in entries]
    for version in versions:
        _say(options, _change(options, server, "DELETE", model_path(options.model, version)))
    return 0


def set_default(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Makes a registered version the default one."""
    server = endpoint(options, environment)
    path = f"{model_path(options.model, options.version)}/{quote('set-default')}"
    _say(options, _change(options, server, "PUT", path))
    return 0
