"""`mariner config check|show`: what a configuration comes to, as the server itself reads it."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ts._cli import properties
from ts._cli.errors import CommandError
from ts._cli.launch import dry_command
from ts._cli.progress import painted, wants_colour
from ts._cli.start import MAIN_CLASS
from ts._cli.table import aligned

_MAIN_CLASSES = {"mariner": MAIN_CLASS, "torchserve": "org.pytorch.serve.ModelServer"}
_DRY_RUN_SECONDS = 60.0
_LONGEST_VALUE = 60


def config(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Shows or checks the configuration; returns 0 when a server would start with it, else 1."""
    report = _report(options, environment)
    if options.json:
        print(json.dumps(report, indent=2))
    elif options.action == "show":
        _show(report, options.given)
    else:
        print(f"the configuration is {'bad' if report['problems'] else 'good'} for `{report['profile']}`")
    if not options.json:
        for word, key in (("warning", "warnings"), ("problem", "problems")):
            for text in report[key]:
                print(f"{word}: {text}", file=sys.stderr)
    return 1 if report["problems"] else 0


def _report(options: argparse.Namespace, environment: Mapping[str, str]) -> dict[str, Any]:
    """What the server says of the configuration; raises CommandError when it can't be asked."""
    config_file = properties.locate(options.ts_config, environment, Path.cwd())
    arguments = [_MAIN_CLASSES[options.profile], "--show-config"]
    if config_file is not None:
        arguments += ["--ts-config-file", str(config_file)]
    if options.model_store:
        arguments += ["--model-store", options.model_store]
    for flag in ("disable_token_auth", "enable_model_api", "allow_insecure"):
        if getattr(options, flag):
            arguments.append("--" + flag.replace("_", "-"))
    if options.app:
        arguments += ["--app", *options.app]
    if options.models:
        arguments += ["--models", *options.models]
    command, variables = dry_command(arguments, properties.load(config_file), environment)
    try:
        done = subprocess.run(
            command,
            env={**environment, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DRY_RUN_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CommandError(
            f"the server said nothing of its configuration within {_DRY_RUN_SECONDS:g} s"
        ) from None
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise CommandError(f"the server can't say its configuration: {said[-2000:]}") from None
    return report


def _show(report: Mapping[str, Any], only_given: bool) -> None:
    colour = wants_colour(sys.stdout, os.environ)
    rows: list[Sequence[str]] = [("KEY", "VALUE", "FROM")]
    for setting in report["settings"]:
        if setting["origin"] is not None or not only_given:
            rows.append((setting["key"], _shortened(setting["value"]), setting["origin"] or "default"))
    for line, row in zip(aligned(rows), rows, strict=True):
        print(painted("ready", line, colour) if row[2] not in ("default", "FROM") else line)


def _shortened(value: str | None) -> str:
    if value is None:
        return "-"
    text = value.replace("\n", " ")
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
