"""The command line of the soak: exit code 0 when every invariant held, else 1."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FOLDER), str(FOLDER.parent)]


def main() -> int:
    """Runs a soak as the flags say."""
    from soak.report import Progress, table
    from soak.run import soak

    parser = argparse.ArgumentParser(prog="soak", description=sys.modules["soak"].__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long (default: 300)")
    parser.add_argument("--seed", type=int, help="the same seed draws the same faults (default: any)")
    parser.add_argument("--leaks", default="simple", help="Netty's level of leak detection (default: simple)")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    progress = Progress(sys.stdout)
    progress.show(f"soak: {options.seconds:g} s, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="mariner-soak-") as folder:
        found = soak(Path(folder) / "server", options.seconds, seed, options.leaks, progress.show)
    print("\n".join(table(found)))
    print(f"seed {seed}")
    return 1 if found.journal.broken else 0


if __name__ == "__main__":
    sys.exit(main())
