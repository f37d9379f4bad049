"""`mlserver init`: the beginning of a project."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from ts._cli.errors import CommandError

FILES = {
    "settings.json": '{\n    "debug": false\n}\n',
    "model-settings.json": (
        '{\n    "name": "my-model",\n    "implementation": "runtime.MyModel",\n'
        '    "parameters": {\n        "version": "v1"\n    }\n}\n'
    ),
    "requirements.txt": "# What the model imports.\nnumpy\n",
    "runtime.py": '''"""A model."""

import numpy as np

from ts.compat.mlserver import MLModel
from ts.compat.mlserver.codecs import decode_args


class MyModel(MLModel):
    """Doubles what it is given."""

    async def load(self) -> bool:
        """Loads what lies at `self.settings.parameters.uri`."""
        self.factor = 2
        return True

    @decode_args
    async def predict(self, x: np.ndarray) -> np.ndarray:
        """Answers a request with one input, `x`."""
        return x * self.factor
''',
}


def create(template: str | None, folder: Path) -> int:
    """Writes a project into a folder; returns the exit code.

    Args:
        template: for cookiecutter; None: the one above.
        folder: where to.

    Raises:
        CommandError: a file is there already, or there is no cookiecutter.
    """
    if template is not None:
        if shutil.which("cookiecutter") is None:
            raise CommandError("--template: needs cookiecutter (expected: pip install cookiecutter)")
        return subprocess.run(["cookiecutter", template], cwd=folder, check=False).returncode
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise CommandError(f"{folder / there[0]}: exists already (expected: an empty folder)")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    print("\n".join(FILES))
    return 0
