"""The files for Kubernetes, held against its schemas of a new and an older release; unknown keys count."""

from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
import yaml
from support.places import ROOT

RELEASES = ("1.37", "1.30")
FILES = sorted((ROOT / "kubernetes").glob("*.yaml"))
RUNTIME = ROOT / "kubernetes" / "kserve" / "cluster-serving-runtime.yaml"


def parts() -> list[Any]:
    """Returns what the files describe, each named as `kubectl` names it."""
    found = [part for file in FILES for part in yaml.safe_load_all(file.read_text())]
    return [pytest.param(part, id=f"{part['kind']}-{part['metadata']['name']}") for part in found]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("part", parts())
def test_what_is_applied_fits_the_schema(part: dict[str, Any], release: str) -> None:
    kubernetes_validate.validate(part, release, strict=True)


@pytest.mark.parametrize("release", RELEASES)
def test_the_containers_of_the_kserve_runtime_are_containers(release: str) -> None:
    containers = yaml.safe_load(RUNTIME.read_text())["spec"]["containers"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": containers}}
    kubernetes_validate.validate(pod, release, strict=True)


def test_an_unknown_key_would_be_found() -> None:
    wrong = {**parts()[0].values[0], "spek": {}}
    with pytest.raises(kubernetes_validate.ValidationError, match="spek"):
        kubernetes_validate.validate(wrong, RELEASES[0], strict=True)
