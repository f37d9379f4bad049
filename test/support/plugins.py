"""Plugins for tests: the examples, and small ones compiled here."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from support.places import ROOT, java

SDK = (
    *sorted((ROOT / "ts" / "frontend").glob("mariner-plugins-sdk-*.jar")),
    *sorted((ROOT / "ts" / "frontend").glob("gson-*.jar")),
)
EXAMPLES = ROOT / "examples" / "plugins"
ENDPOINT = "org.pytorch.serve.servingsdk.ModelServerEndpoint"
_HEAD = """
import org.pytorch.serve.servingsdk.*;
import org.pytorch.serve.servingsdk.annotations.*;
import org.pytorch.serve.servingsdk.annotations.helpers.*;
import org.pytorch.serve.servingsdk.http.*;
"""


def _jar(jar: Path, classes: Path, services: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(jar, "w") as archive:
        for file in sorted(classes.rglob("*.class")):
            archive.write(file, file.relative_to(classes).as_posix())
        for interface, name in services.items():
            archive.writestr(f"META-INF/services/{interface}", f"{name}\n")
    return jar


def compiled(
    jar: Path, sources: list[Path], services: Mapping[str, str], against: tuple[Path, ...] = SDK
) -> Path:
    """Compiles sources against an SDK and packs them with the services that they offer."""
    classes = jar.with_suffix(".classes")
    compiler = str(Path(java()).with_name("javac")) if "/" in java() else "javac"
    path = ":".join(str(entry) for entry in against)
    subprocess.run(
        [compiler, "-nowarn", "-cp", path, "-d", str(classes), *map(str, sources)], check=True, timeout=120
    )
    return _jar(jar, classes, services)


def example(folder: Path, name: str, against: tuple[Path, ...] = SDK) -> Path:
    """Builds one of the examples into a folder."""
    services = {
        file.name: file.read_text("utf-8").strip()
        for file in (EXAMPLES / name / "resources" / "META-INF" / "services").iterdir()
    }
    sources = sorted((EXAMPLES / name / "java").rglob("*.java"))
    folder.mkdir(parents=True, exist_ok=True)
    return compiled(folder / f"{name}.jar", sources, services, against)


def of_ours(folder: Path, name: str, interface: str, body: str) -> Path:
    """Builds a class of Mariner's SDK: the class `name`, whose members are `body`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{name}.java"
    source.write_text(
        f"import ai.mariner.sdk.*;\npublic class {name} implements {interface} {{\n{body}\n}}\n"
    )
    return compiled(folder / f"{name}.jar", [source], {f"ai.mariner.sdk.{interface}": name})


def endpoint(folder: Path, name: str, word: str, body: str, kind: str = "INFERENCE") -> Path:
    """Builds an endpoint: the class `name` on `/word`, whose members are `body`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{name}.java"
    mark = f'@Endpoint(urlPattern = "{word}", endpointType = EndpointTypes.{kind})'
    source.write_text(f"{_HEAD}{mark}\npublic class {name} extends ModelServerEndpoint {{\n{body}\n}}\n")
    return compiled(folder / f"{name}.jar", [source], {ENDPOINT: name})
