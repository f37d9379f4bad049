"""Images of folders of models: the Dockerfile, and the command that builds it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ts._cli.errors import CommandError
from ts.version import __version__

DOCKERFILE = "Dockerfile"
DOCKERIGNORE = ".dockerignore"
_ENVIRONMENTS = ("environment.yml", "environment.yaml", "conda.yml", "conda.yaml")
_PORTS = "8080 8081 8082"

IGNORED = """\
# What no model needs.
**/.git
**/__pycache__
**/*.pyc
**/.venv
**/.env
**/.envs
**/.metrics
"""


def dockerfile(folder: Path) -> str:
    """Returns the Dockerfile of a folder.

    Raises:
        CommandError: there is no such folder, or it wants a conda environment.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder}: no such folder", 2)
    conda = next((name for name in _ENVIRONMENTS if (folder / name).is_file()), None)
    if conda is not None:
        raise CommandError(
            f"{folder / conda}: a conda environment (expected: requirements.txt; models run in the server's "
            "Python)"
        )
    lines = [
        "FROM python:3.11-slim",
        "",
        "RUN apt-get update \\",
        "    && apt-get install -y --no-install-recommends openjdk-17-jre-headless libgomp1 \\",
        "    && rm -rf /var/lib/apt/lists/*",
        f'RUN pip install --no-cache-dir "mariner-serve[mlserver]=={__version__}"',
        "",
        "RUN useradd --uid 1000 --gid 0 --create-home mlserver",
        "ENV MLSERVER_MODELS_DIR=/mnt/models",
        "WORKDIR /mnt/models",
        "",
    ]
    if (folder / "requirements.txt").is_file():
        # Before the models: a change of those needs no new installation.
        lines += ["COPY requirements.txt .", "RUN pip install --no-cache-dir -r requirements.txt", ""]
    lines += [
        "COPY --chown=1000:0 . .",
        "USER 1000",
        f"EXPOSE {_PORTS}",
        'CMD ["sh", "-c", "exec python -m ts.compat.mlserver.cli start $MLSERVER_MODELS_DIR"]',
    ]
    return "\n".join(lines) + "\n"


def write_dockerfile(folder: Path, with_ignored: bool) -> Path:
    """Writes the Dockerfile into the folder, and `.dockerignore` if wanted; returns its path."""
    file = folder / DOCKERFILE
    file.write_text(dockerfile(folder), encoding="utf-8")
    if with_ignored:
        (folder / DOCKERIGNORE).write_text(IGNORED, encoding="utf-8")
    return file


def build(folder: Path, tag: str, no_cache: bool) -> int:
    """Has docker build the image; returns docker's exit code.

    Raises:
        CommandError: there is no docker, or no Dockerfile can be written.
    """
    text = dockerfile(folder)
    command = ["docker", "build", "--tag", tag, "--file", "-"]
    if no_cache:
        command.append("--no-cache")
    command.append(str(folder))
    try:
        done = subprocess.run(command, input=text.encode("utf-8"), check=False)
    except FileNotFoundError:
        raise CommandError("docker: no such command (expected: docker on PATH)") from None
    return done.returncode
