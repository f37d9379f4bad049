"""Virtual environments in which the packages of the Python that makes them are seen as well."""

from __future__ import annotations

import site
import sys
import sysconfig
import venv
from pathlib import Path

# Sorts after most names: what this adds to the module path comes behind what the environment's own files add.
_LINK = "zz_server.pth"


def make_environment(folder: Path) -> Path:
    """Makes an environment without pip.

    Args:
        folder: where; must not be there, or be empty.

    Returns:
        Its interpreter.

    Raises:
        OSError: it can't be written.
    """
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    # An environment made from another one would by itself see the packages of what that was made from.
    # Folders are added as the interpreter itself does it, with the `.pth` files in them.
    lines = [f"import site; site.addsitedir({folder!r})\n" for folder in server_packages()]
    (packages_of(folder) / _LINK).write_text("".join(lines), encoding="utf-8")
    return folder / "bin" / "python"


def packages_of(folder: Path) -> Path:
    """Where an environment in this folder keeps its packages."""
    scheme = "venv" if "venv" in sysconfig.get_scheme_names() else sysconfig.get_default_scheme()
    return Path(sysconfig.get_path("purelib", scheme, {"base": str(folder), "platbase": str(folder)}))


def server_packages() -> list[str]:
    """The folders of packages of the running interpreter, in the order in which it looks there."""
    found = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        found.insert(0, site.getusersitepackages())
    return list(dict.fromkeys(folder for folder in found if Path(folder).is_dir()))


def identity() -> str:
    """What environments of the running interpreter depend on, in one line."""
    parts = [
        sys.implementation.cache_tag or sys.implementation.name,
        sys.version.replace("\n", " "),
        sysconfig.get_platform(),
        sys.executable,
        sys.prefix,
        *server_packages(),
    ]
    return "|".join(parts)
