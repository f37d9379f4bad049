"""The command `mlserver`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ts._cli.errors import CommandError, fault_text
from ts.version import __version__

_INFER_PREFIX = "MLSERVER_INFER_"


def parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Returns the parser of the command; options of `infer` may stand in the environment."""
    found = argparse.ArgumentParser(prog="mlserver", description="Serves models of MLServer.")
    found.add_argument("--version", action="version", version=f"mlserver (mariner) {__version__}")
    commands = found.add_subparsers(dest="command", required=True, metavar="COMMAND")
    start = commands.add_parser("start", help="serve the models of a folder")
    start.add_argument("folder", help="folder with settings.json and model-settings.json files")
    build = commands.add_parser("build", help="build an image of a folder of models")
    build.add_argument("folder")
    build.add_argument("-t", "--tag", required=True, help="name of the image")
    build.add_argument("--no-cache", action="store_true", help="build all layers anew")
    dockerfile = commands.add_parser("dockerfile", help="write the Dockerfile of a folder of models")
    dockerfile.add_argument("folder")
    dockerfile.add_argument(
        "-i", "--include-dockerignore", action="store_true", help="write .dockerignore, too"
    )
    init = commands.add_parser("init", help="write the beginning of a project into the current folder")
    init.add_argument("-t", "--template", help="of cookiecutter, instead of the one that is built in")
    _add_infer(commands, environment)
    return found


def _add_infer(commands: Any, environment: Mapping[str, str]) -> None:
    infer = commands.add_parser("infer", help="send the requests of a file, one JSON object a line")

    def add(short: str, name: str, default: Any = None, kind: Any = str, **more: Any) -> None:
        given = environment.get(_INFER_PREFIX + name.upper().replace("-", "_"), default)
        flags = [flag for flag in (short, f"--{name}") if flag]
        infer.add_argument(*flags, default=given, type=kind, required=given is None, **more)

    add("-u", "url", "localhost:8080", help="host:port of the server, without http")
    add("-m", "model-name", help="name of the model")
    add("-i", "input-data-path", "-", help="file of requests; -: stdin")
    add("-o", "output-data-path", "-", help="file of answers; -: stdout")
    add("-w", "workers", 10, int, help="requests at once")
    add("-r", "retries", 3, int, help="of a request that failed for no fault of its own")
    add("-s", "batch-size", 1, int, help="requests that are joined")
    add("-t", "transport", "rest", help="rest", choices=("rest",))
    add("", "timeout", 60.0, float, help="of one request, in seconds")
    add("", "batch-interval", 0.0, float, help="pause before each request, in seconds")
    add("", "batch-jitter", 0.0, float, help="most that is added to it by chance, in seconds")
    infer.add_argument("-H", "--request-headers", action="append", default=[], metavar="NAME:VALUE")
    infer.add_argument("--use-ssl", action="store_true", help="speak TLS")
    infer.add_argument("--insecure", action="store_true", help="take any certificate")
    infer.add_argument(
        "-b", "--binary-data", action="store_true", help="send tensors as bytes behind the JSON"
    )
    infer.add_argument("-v", "--verbose", action="store_true", help="accepted; a failure is always told")
    infer.add_argument("-vv", "--extra-verbose", action="store_true", help="as --verbose")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns 0, 1 (failed) or 2 (wrong arguments)."""
    options = parser(os.environ).parse_args(argv)
    command = {
        "start": _start,
        "build": _build,
        "dockerfile": _dockerfile,
        "init": _init,
        "infer": _infer,
    }[options.command]
    try:
        return command(options)
    except CommandError as error:
        print(f"mlserver {options.command}: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, UnicodeError) as fault:
        print(f"mlserver {options.command}: {fault_text(fault)}", file=sys.stderr)
        return 1


def _start(options: argparse.Namespace) -> int:
    from ts.compat.mlserver import hosting

    folder = Path(options.folder)
    settings, models = hosting.load(folder)
    title = f"{folder.resolve().name} (MLServer)"
    return hosting.run(settings, models, os.environ, title, hosting.searched(folder))


def _build(options: argparse.Namespace) -> int:
    from ts.compat.mlserver import images

    return images.build(Path(options.folder), options.tag, options.no_cache)


def _dockerfile(options: argparse.Namespace) -> int:
    from ts.compat.mlserver import images

    print(images.write_dockerfile(Path(options.folder), options.include_dockerignore))
    return 0


def _init(options: argparse.Namespace) -> int:
    from ts.compat.mlserver import template

    return template.create(options.template, Path.cwd())


def _infer(options: argparse.Namespace) -> int:
    from ts.compat.mlserver import infer

    for name in ("workers", "batch_size"):
        if getattr(options, name) < 1:
            raise CommandError(f"--{name.replace('_', '-')}: {getattr(options, name)} (expected: >= 1)", 2)
    order = infer.Order(
        url=options.url,
        model=options.model_name,
        workers=options.workers,
        retries=options.retries,
        batch_size=options.batch_size,
        timeout=options.timeout,
        headers=_headers(options.request_headers),
        interval=options.batch_interval,
        jitter=options.batch_jitter,
        is_secure=options.use_ssl,
        is_checked=not options.insecure,
        is_binary=options.binary_data,
    )
    source, target = options.input_data_path, options.output_data_path
    text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
    if target == "-":
        return infer.run(order, text.splitlines(), sys.stdout)
    with Path(target).open("w", encoding="utf-8") as output:
        return infer.run(order, text.splitlines(), output)


def _headers(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, colon, value = text.partition(":")
        if not colon or not name.strip():
            raise CommandError(f"--request-headers: {text!r} (expected: NAME:VALUE)", 2)
        found[name.strip()] = value.strip()
    return found


if __name__ == "__main__":
    sys.exit(main())
