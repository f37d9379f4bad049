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
    assert [method.name for method in service.methods] == [
        "ServerLive",
        "ServerReady",
        "ModelReady",
        "ServerMetadata",
        "ModelMetadata",
        "ModelInfer",
        "ModelStreamInfer",
        "ModelStatistics",
        "ModelConfig",
        "RepositoryIndex",
        "RepositoryModelLoad",
        "RepositoryModelUnload",
    ]
    asked = file.message_types_by_name["ModelReadyRequest"]
    assert {field.name: field.number for field in asked.fields} == {"name": 1, "version": 2}


def test_messages_of_tensors_have_the_protocols_field_numbers() -> None:
    types = rpc.open_inference_messages().DESCRIPTOR.message_types_by_name
    numbers = {name: {field.name: field.number for field in types[name].fields} for name in types}
    assert numbers["ModelInferRequest"] == {
        "model_name": 1,
        "model_version": 2,
        "id": 3,
        "parameters": 4,
        "inputs": 5,
        "outputs": 6,
        "raw_input_contents": 7,
    }
    assert numbers["ModelInferResponse"] == {
        "model_name": 1,
        "model_version": 2,
        "id": 3,
        "parameters": 4,
        "outputs": 5,
        "raw_output_contents": 6,
    }
    assert numbers["ModelStreamInferResponse"] == {"error_message": 1, "infer_response": 2}
