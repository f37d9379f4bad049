"""Installs what this checkout needs, under the name that TorchServe's users know.

`--environment dev` (the default) is what the project's tests need, and the work of `script/setup`; `prod` is
only what a server needs. `--cuda` and `--rocm` say which torch is meant; torch itself comes from the index
that MARINER_PIP_ARGS names, so both are refused unless that is set.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_JAVA = 17


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Installs what Mariner needs.")
    parser.add_argument("--environment", choices=("prod", "dev"), default="dev", help="default: dev")
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--cuda", metavar="VERSION", help="torch for this CUDA (needs MARINER_PIP_ARGS)")
    kinds.add_argument("--rocm", metavar="VERSION", help="torch for this ROCm (needs MARINER_PIP_ARGS)")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, run none")
    return parser


def commands(environment: str, pip_arguments: Sequence[str]) -> list[list[str]]:
    """Returns what is to be run, one after the other, in the checkout."""
    if environment == "dev":
        return [[str(ROOT / "script" / "setup")]]
    pip = [sys.executable, "-m", "pip", "install", *pip_arguments]
    return [
        [*pip, "-r", str(ROOT / "requirements-torch.txt")],
        [*pip, str(ROOT), str(ROOT / "model-archiver")],
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    options = _parser().parse_args(arguments)
    pip_arguments = os.environ.get("MARINER_PIP_ARGS", "").split()
    flavour = "--cuda" if options.cuda else "--rocm" if options.rocm else None
    if flavour is not None and not pip_arguments:
        print(
            f"{flavour}: {options.cuda or options.rocm} (expected: MARINER_PIP_ARGS names the index that has "
            "torch for it, such as --index-url https://download.pytorch.org/whl/cu128)",
            file=sys.stderr,
        )
        return 2
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME") and options.environment == "prod":
        print(f"no java on PATH and JAVA_HOME is not set (expected: Java {_JAVA} or newer)", file=sys.stderr)
        return 1
    for command in commands(options.environment, pip_arguments):
        print("+", *command, flush=True)
        if not options.dry_run:
            code = subprocess.run(command, cwd=ROOT, check=False).returncode
            if code != 0:
                return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
