"""Every OpenAPI document is valid, and servers answer what theirs say, whatever they are asked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from support import documented, rest

HERE = Path(__file__).parent
EXAMPLES = 15
SECONDS = 900
VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}


@dataclass(frozen=True)
class Site:
    """A document.

    Attributes:
        server: what serves it, a name of `support.documented`.
        path: where it is.
        attribute: of the server: the address that it describes.
    """

    server: str
    path: str = "/openapi.json"
    attribute: str = "address"


SITES = {
    "inference": Site("models", attribute="inference"),
    "management": Site("models", attribute="management"),
    "metrics": Site("models", attribute="metrics"),
    "application": Site("application"),
    "flash": Site("flash"),
    "mosec": Site("mosec", "/openapi/metadata.json"),
}
OF_TORCHSERVE = [
    ("GET", "/api-description", "inference"),
    ("OPTIONS", "/", "management"),
    ("OPTIONS", "/predictions/double", "inference"),
    ("OPTIONS", "/explanations/echo", "inference"),
    ("OPTIONS", "/models/double", "management"),
]
Address = Callable[[Site], str]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Starts the server of a site, once."""
    running: dict[str, Any] = {}
    with ExitStack() as stack:

        def found(site: Site) -> str:
            if site.server not in running:
                base = tmp_path_factory.mktemp(site.server) / "server"
                running[site.server] = stack.enter_context(getattr(documented, site.server)(base))
            return str(getattr(running[site.server], site.attribute))

        yield found


def check(document: Any, version: str) -> None:
    assert document["openapi"].startswith(version)
    assert list(VALIDATORS[version](document).iter_errors()) == []


@pytest.mark.parametrize("name", SITES)
def test_documents_are_valid(address: Address, name: str) -> None:
    site = SITES[name]
    check(rest.call(address(site), "GET", site.path).json(), "3.1")


@pytest.mark.parametrize(("method", "path", "attribute"), OF_TORCHSERVE)
def test_descriptions_are_valid(address: Address, method: str, path: str, attribute: str) -> None:
    site = Site("models", attribute=attribute)
    check(rest.call(address(site), method, path).json(), "3.0")


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("name", SITES)
def test_servers_do_what_their_documents_say(address: Address, name: str, tmp_path: Path) -> None:
    site = SITES[name]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "checks" / f"{name}.toml"]
    command += ["--no-color", "run", address(site) + site.path, "--seed", "21"]
    command += ["--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing"]
    command += ["--continue-on-failure", "--request-timeout", "60", "--warnings", "off"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
