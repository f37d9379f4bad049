from typing import Any

import numpy as np
import pytest

from ts.compat.mlserver import batching
from ts.compat.mlserver.codecs import NumpyCodec, StringCodec
from ts.compat.mlserver.errors import InferenceError
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, Parameters


def request(payload: Any, id: str = "1", **said: Any) -> InferenceRequest:
    codec = NumpyCodec if isinstance(payload, np.ndarray) else StringCodec
    parameters = Parameters.model_validate(said) if said else None
    return InferenceRequest(id=id, inputs=[codec.encode_input("x", payload)], parameters=parameters)


def test_requests_are_joined_and_answers_divided() -> None:
    requests = [request(np.array([[1, 2]])), request(np.array([[3, 4], [5, 6]]), "2")]
    merged: Any = batching.merged(requests)
    assert (merged.inputs[0].shape, merged.inputs[0].data) == ([3, 2], [1, 2, 3, 4, 5, 6])
    answer = InferenceResponse(
        model_name="m", outputs=[NumpyCodec.encode_output("y", NumpyCodec.decode_input(merged.inputs[0]) * 2)]
    )
    first: Any
    second: Any
    first, second = batching.divided(answer, requests)
    assert (first.id, first.outputs[0].shape, first.outputs[0].data) == ("1", [1, 2], [2, 4])
    assert (second.id, second.outputs[0].data) == ("2", [6, 8, 10, 12])


def test_lists_are_joined_too() -> None:
    merged = batching.merged([request(["a"]), request(["b", "c"])])
    assert StringCodec.decode_input(merged.inputs[0]) == ["a", "b", "c"]


def test_parameters_become_lists_but_not_the_content_type() -> None:
    merged = batching.merged(
        [request(["a"], content_type="str", n=1), request(["b"], content_type="str", n=2)]
    )
    assert merged.parameters is not None
    assert merged.parameters.model_dump() == {"content_type": "str", "n": [1, 2]}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (request(np.array([[1, 2]])), request(np.array([[1, 2, 3]]))),
        (request(np.array([[1, 2]])), request(np.array([[1.0, 2.0]]))),
        (request(["a"]), request(["a"], content_type="str")),
    ],
)
def test_what_does_not_go_together_has_another_key(one: InferenceRequest, other: InferenceRequest) -> None:
    assert batching.key_of(one) != batching.key_of(other)


def test_inputs_of_different_rows_run_alone() -> None:
    inputs = [StringCodec.encode_input("a", ["x"]), StringCodec.encode_input("b", ["x", "y"])]
    assert batching.key_of(InferenceRequest(inputs=inputs)) is None


def test_an_output_without_the_rows_is_refused() -> None:
    requests = [request(np.array([[1]])), request(np.array([[2]]))]
    answer = InferenceResponse(model_name="m", outputs=[NumpyCodec.encode_output("y", np.array([[1]]))])
    with pytest.raises(InferenceError, match=r"expected: 2 rows"):
        batching.divided(answer, requests)
