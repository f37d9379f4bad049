"""Virtual environments of the peers and of the plots, each its own, made on first use."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from bench.context import NotAvailableError
from bench.places import PEERS

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "torchserve": ("torchserve==0.12.0", "pyyaml"),
    "mosec": ("mosec==0.9.8", "msgpack==1.2.4", "numpy==2.4.6"),
    "mlserver": ("mlserver==1.7.1", "mlserver-sklearn==1.7.1", "scikit-learn==1.9.1", "uvloop<0.21"),
    "plots": ("matplotlib==3.11.2",),
}
# torch is large, so a peer that needs it sees ours behind its own packages.
_NEEDS_TORCH = ("torchserve",)


def environment(name: str) -> Path:
    """Returns the Python of an environment.

    Raises:
        NotAvailableError: pip could not install it.
    """
    folder = PEERS / name
    python = folder / "bin" / "python"
    wanted = "\n".join(REQUIREMENTS[name])
    stamp = folder / "complete"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print(f"installing {', '.join(REQUIREMENTS[name])}", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True)
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS[name]]
    if subprocess.run(command, check=False).returncode != 0:
        raise NotAvailableError(f"`pip install {' '.join(REQUIREMENTS[name])}` failed (expected: a network)")
    if name in _NEEDS_TORCH:
        _share_torch(folder)
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _share_torch(folder: Path) -> None:
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        raise NotAvailableError("torch is not installed (expected: `make setup` was run)")
    site = next((folder / "lib").glob("python*/site-packages"))
    ours = Path(spec.origin).parents[1]
    (site / "zz_torch.pth").write_text(f"{ours}\n", encoding="utf-8")
