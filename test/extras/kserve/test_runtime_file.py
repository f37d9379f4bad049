"""The file that makes Mariner a runtime of KServe, held against the fields that KServe's SDK knows."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from kserve import V1alpha1ClusterServingRuntime, V1alpha1ServingRuntimeSpec, V1alpha1SupportedModelFormat
from support.places import ROOT

RUNTIME = yaml.safe_load((ROOT / "kubernetes" / "kserve" / "cluster-serving-runtime.yaml").read_text())


def unknown(given: dict[str, Any], kind: Any) -> set[str]:
    return set(given) - set(kind.attribute_map.values())


def test_kserve_knows_every_field() -> None:
    spec = RUNTIME["spec"]
    assert unknown(RUNTIME, V1alpha1ClusterServingRuntime) == set()
    assert unknown(spec, V1alpha1ServingRuntimeSpec) == set()
    for model_format in spec["supportedModelFormats"]:
        assert unknown(model_format, V1alpha1SupportedModelFormat) == set()


def test_an_unknown_field_would_be_found() -> None:
    assert unknown({"supportedFormats": []}, V1alpha1ServingRuntimeSpec) == {"supportedFormats"}


@pytest.mark.parametrize("field", ["supportedModelFormats", "protocolVersions", "containers"])
def test_what_kserve_chooses_a_runtime_by_is_there(field: str) -> None:
    assert RUNTIME["spec"][field]
