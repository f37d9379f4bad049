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


def test_parameters_of_inputs_become_lists_and_of_requests_the_last_counts() -> None:
    requests = [request(["a"], n=1), request(["b"], n=2)]
    for index, one in enumerate(requests):
        said = {"content_type": "str", "m": index, **({"own": 7} if index else {})}
        one.inputs[0].parameters = Parameters.model_validate(said)
    merged = batching.merged(requests)
    assert merged.parameters is not None
    assert merged.parameters.model_dump() == {"n": 2}
    assert merged.inputs[0].parameters is not None
    assert merged.inputs[0].parameters.model_dump() == {"content_type": "str", "m": [0, 1], "own": 7}


def test_parameters_of_an_output_with_one_for_each_row_are_divided() -> None:
    requests = [request(["a", "b"]), request(["c"])]
    output = StringCodec.encode_output("y", ["a", "b", "c"])
    output.parameters = Parameters.model_validate(
        {"content_type": "str", "mark": ["x", "y", "z"], "pair": [1, 2]}
    )
    divided = batching.divided(InferenceResponse(model_name="m", outputs=[output]), requests)
    said = [one.outputs[0].parameters for one in divided]
    assert [one and one.model_dump() for one in said] == [
        {"content_type": "str", "mark": mark, "pair": [1, 2]} for mark in ("x", "z")
    ]


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


def test_answers_are_found_by_the_callers_ids() -> None:
    batched = batching.BatchedRequests({"one": request(["a"], "1"), "two": request(["b"], "2")})
    words = StringCodec.decode_input(batched.merged_request.inputs[0])
    answer = InferenceResponse(model_name="m", outputs=[StringCodec.encode_output("y", words)])
    parts = batched.split_response(answer)
    assert {name: (part.id, StringCodec.decode_output(part.outputs[0])) for name, part in parts.items()} == {
        "one": ("1", ["a"]),
        "two": ("2", ["b"]),
    }
