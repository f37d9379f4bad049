"""Answers of handlers become bodies, whichever encoder writes them."""

from __future__ import annotations

import enum
import json
import uuid
from datetime import date
from typing import Any

import numpy as np
import pytest

from ts._worker.non_finite import NonFinite
from ts._worker.outputs import encode_output, json_text


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize("unusual", [None, {1: 2}], ids=["orjson", "standard encoder"])
def test_leaves_that_json_lacks_have_one_form(unusual: Any) -> None:
    value = {
        "array": np.array([1.5, 2.0], np.float32),
        "date": date(2024, 2, 29),
        "id": uuid.UUID(int=7),
        "colour": Colour.RED,
        "beside": unusual,
    }
    expected = {
        "array": [1.5, 2.0],
        "date": "2024-02-29",
        "id": "00000000-0000-0000-0000-000000000007",
        "colour": "red",
        "beside": None if unusual is None else {"1": 2},
    }
    body, content_type = encode_output(value, NonFinite.TEXT)
    assert (bytes(body).decode(), content_type) == (json.dumps(expected, indent=2), "application/json")
    assert json_text(value, NonFinite.TEXT) == json.dumps(expected)
