"""What an import that failed at load has to do with the packages that the archive asks for."""

from __future__ import annotations

from pathlib import Path

from ts._wire.messages import Fields
from ts._worker.loading import manifest_of

_USUAL = "requirements.txt"


def missing_requirements(fault: BaseException, fields: Fields) -> str:
    """Returns, for an import that failed, that the archive's requirements were not installed; else "".

    Args:
        fault: why the load failed.
        fields: those of LOAD; `requirements` is `installed` when they were.
    """
    if not isinstance(fault, ImportError) or fields.get("requirements") == "installed":
        return ""
    model_dir = fields.get("model_dir") or ""
    try:
        described = (manifest_of(model_dir) or {}).get("model") or {}
    except (OSError, ValueError):
        return ""
    name = described.get("requirementsFile") or _USUAL
    if not Path(model_dir, name).is_file():
        return ""
    return f" (the archive's {name} was not installed)"
