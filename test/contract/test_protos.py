"""The proto files, as clients compile them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import rpc


@pytest.mark.parametrize("name", rpc.SERVICES)
def test_a_proto_file_compiles_alone_with_one_include_path(name: str, tmp_path: Path) -> None:
    assert rpc.compile_proto(name, tmp_path) == 0
    stem = name.removesuffix(".proto")
    assert (tmp_path / f"{stem}_pb2.py").is_file()
    assert (tmp_path / f"{stem}_pb2_grpc.py").is_file()


def test_packages_and_services_have_torchserves_names() -> None:
    inference, management = rpc.inference_messages().DESCRIPTOR, rpc.management_messages().DESCRIPTOR
    assert inference.package == "org.pytorch.serve.grpc.inference"
    assert list(inference.services_by_name) == ["InferenceAPIsService"]
    assert management.package == "org.pytorch.serve.grpc.management"
    assert list(management.services_by_name) == ["ManagementAPIsService"]


def test_the_open_inference_protocol_has_its_own_names() -> None:
    file = rpc.open_inference_messages().DESCRIPTOR
    assert file.package == "inference"
    service = file.services_by_name["GRPCInferenceService"]
    assert [method.name for method in service.methods] == ["ServerLive", "ServerReady", "ModelReady"]
    asked = file.message_types_by_name["ModelReadyRequest"]
    assert {field.name: field.number for field in asked.fields} == {"name": 1, "version": 2}
