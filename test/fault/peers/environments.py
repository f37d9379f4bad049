"""The virtual environments of the peers, made on first use below `build/fault-peers/venvs`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "fault-peers"
HANDLERS = Path(__file__).resolve().parent / "handlers"


def peer_python(name: str, packages: list[str], needs_torch: bool = False) -> Path:
    """Returns the interpreter of a peer's own virtual environment, which holds these packages.

    torch is large: a peer that needs it sees the one of this interpreter behind its own packages, or gets
    one of its own where there is none.

    Raises:
        subprocess.CalledProcessError: pip could not install them; it has said why.
    """
    folder = BUILD / "venvs" / name
    python = folder / "bin" / "python"
    complete = folder / "complete"
    wanted = " ".join(packages)
    if complete.exists() and complete.read_text(encoding="utf-8") == wanted:
        return python
    print(f"installing {wanted}", file=sys.stderr, flush=True)
    # The base interpreter: an environment made from an environment's python would link to that one.
    base = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
    torch = importlib.util.find_spec("torch") if needs_torch else None
    more = ["torch"] if needs_torch and torch is None else []
    subprocess.run([python, "-m", "pip", "install", "-q", *packages, *more], check=True)
    if torch is not None and torch.origin is not None:
        site = next((folder / "lib").glob("python*/site-packages"))
        (site / "zz_torch.pth").write_text(f"{Path(torch.origin).parents[1]}\n", encoding="utf-8")
    complete.write_text(wanted, encoding="utf-8")
    return python


def installed_version(python: Path, package: str) -> str:
    """Returns the version of a package in an environment.

    Raises:
        subprocess.CalledProcessError: it is not installed there.
    """
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
