from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    Parameters,
    RepositoryIndexResponse,
    RepositoryIndexResponseItem,
    RequestInput,
    ResponseOutput,
    State,
)


def an_input(**fields: Any) -> Any:
    return RequestInput(**{"name": "x", "shape": [2], "datatype": "INT64", "data": [1, 2], **fields})


def test_what_was_not_said_is_not_written() -> None:
    assert InferenceRequest(inputs=[an_input()]).model_dump() == {
        "inputs": [{"name": "x", "shape": [2], "datatype": "INT64", "data": [1, 2]}]
    }


def test_none_is_not_written_and_a_tuple_is_a_shape() -> None:
    fields: Any = {"shape": (1, np.int64(2)), "datatype": "FP32", "data": np.float32([1, 2])}
    output = ResponseOutput(name="y", **fields)
    answer = InferenceResponse(model_name="m", model_version=None, outputs=[output])
    assert answer.model_dump_json() == (
        '{"model_name":"m","outputs":[{"name":"y","shape":[1,2],"datatype":"FP32","data":[1.0,2.0]}]}'
    )


def test_parameters_keep_what_they_do_not_know() -> None:
    parameters: Any = Parameters.model_validate({"content_type": "np", "temperature": 0.5})
    assert parameters.temperature == 0.5
    assert parameters.model_dump() == {"content_type": "np", "temperature": 0.5}


def test_data_read_like_a_list() -> None:
    data = an_input(data=np.array([3, 4])).data
    assert (len(data), data[0], list(data), data == [3, 4]) == (2, 3, [3, 4], True)
    assert type(data[0]) is int


@pytest.mark.parametrize("fields", [{"datatype": "FP31"}, {"shape": "two"}, {"name": None}])
def test_a_wrong_tensor_is_refused(fields: Any) -> None:
    with pytest.raises(ValidationError):
        an_input(**fields)


def test_states_are_texts() -> None:
    item = RepositoryIndexResponseItem(name="m", version="1", state=State.READY, reason="")
    assert RepositoryIndexResponse([item]).model_dump() == [
        {"name": "m", "version": "1", "state": "READY", "reason": ""}
    ]
