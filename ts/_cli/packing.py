"""`mariner archive SCRIPT[:NAME]`: packs an application of the Python API."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ts._cli.arguments import StrictParser
from ts._cli.errors import fault_text


def pack_script(arguments: Sequence[str]) -> int:
    """Runs the command; returns 0, 1 when it can't be packed, 2 for wrong flags."""
    parser = StrictParser(
        prog="mariner archive",
        allow_abbrev=False,
        description="Packs an application: one model on one route as .mar, everything else as .war.",
    )
    parser.add_argument("script", metavar="SCRIPT[:NAME]", help="script, and what in it is packed")
    parser.add_argument(
        "--export-path", metavar="DIR", default=".", help="where the archive goes (default: .)"
    )
    parser.add_argument(
        "--model-name", metavar="NAME", help="name of the archive (default: the application's)"
    )
    parser.add_argument("-f", "--force", action="store_true", help="replace an archive that is there")
    options = parser.parse_args(list(arguments))
    try:
        return _pack(options.script, Path(options.export_path), options.model_name, options.force)
    except (OSError, UnicodeError) as fault:
        print(f"error: {fault_text(fault)}", file=sys.stderr)
    except Exception as fault:  # the script's own, too
        print(f"error: {options.script}: {type(fault).__name__}: {fault}", file=sys.stderr)
    return 1


def _pack(text: str, folder: Path, archive: str | None, force: bool) -> int:
    from mariner.app import app_of
    from mariner.packing import pack
    from mariner.source import read_script

    path, colon, name = text.rpartition(":")
    if not colon:
        path, name = text, ""
    app = app_of(read_script(Path(path)), name or None)
    packed = pack(app, folder, archive, force)
    files = "1 file" if packed.files == 1 else f"{packed.files} files"
    print(f"wrote {packed.path} ({files})")
    return 0
