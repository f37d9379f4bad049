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


class Jars:
    """Plugins of one folder, compiled together: starting the compiler takes longer than its work."""

    def __init__(self, folder: Path, against: tuple[Path, ...] = SDK) -> None:
        self._folder = folder
        self._against = against
        self._plugins: list[tuple[str, list[Path], Mapping[str, str]]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def example(self, name: str) -> Jars:
        """Adds one of the examples."""
        services = {
            file.name: file.read_text("utf-8").strip()
            for file in (EXAMPLES / name / "resources" / "META-INF" / "services").iterdir()
        }
        self._plugins.append((name, sorted((EXAMPLES / name / "java").rglob("*.java")), services))
        return self

    def endpoint(self, name: str, word: str, body: str, kind: str = "INFERENCE") -> Jars:
        """Adds an endpoint: the class `name` on `/word`, whose members are `body`."""
        mark = f'@Endpoint(urlPattern = "{word}", endpointType = EndpointTypes.{kind})'
        text = f"{_HEAD}{mark}\npublic class {name} extends ModelServerEndpoint {{\n{body}\n}}\n"
        return self._of_text(name, text, ENDPOINT)

    def of_ours(self, name: str, interface: str, body: str) -> Jars:
        """Adds a class of Mariner's SDK: the class `name`, whose members are `body`."""
        text = f"import ai.mariner.sdk.*;\npublic class {name} implements {interface} {{\n{body}\n}}\n"
        return self._of_text(name, text, f"ai.mariner.sdk.{interface}")

    def _of_text(self, name: str, text: str, interface: str) -> Jars:
        source = self._folder / f"{name}.java"
        source.write_text(text, "utf-8")
        self._plugins.append((name, [source], {interface: name}))
        return self

    def build(self) -> None:
        """Makes a jar of each, with the services that it offers."""
        classes = self._folder / "classes"
        compiler = str(Path(java()).with_name("javac")) if "/" in java() else "javac"
        path = ":".join(str(entry) for entry in self._against)
        sources = [str(source) for _, several, _ in self._plugins for source in several]
        subprocess.run(
            [compiler, "-nowarn", "-cp", path, "-d", str(classes), *sources], check=True, timeout=120
        )
        for name, several, services in self._plugins:
            own = {source.stem for source in several}
            with zipfile.ZipFile(self._folder / f"{name}.jar", "w") as archive:
                for file in sorted(classes.rglob("*.class")):
                    if file.stem.partition("$")[0] in own:
                        archive.write(file, file.relative_to(classes).as_posix())
                for interface, provider in services.items():
                    archive.writestr(f"META-INF/services/{interface}", f"{provider}\n")


def example(folder: Path, name: str, against: tuple[Path, ...] = SDK) -> None:
    """Builds one of the examples into a folder."""
    Jars(folder, against).example(name).build()


def endpoint(folder: Path, name: str, word: str, body: str, kind: str = "INFERENCE") -> None:
    """Builds an endpoint: the class `name` on `/word`, whose members are `body`."""
    Jars(folder).endpoint(name, word, body, kind).build()
