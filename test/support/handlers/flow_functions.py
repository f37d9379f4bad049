"""Functions of a workflow: each is one of its nodes."""

import json

from ts.utils.util import PredictionException


def pre(data, context):
    if data is None:
        return None
    return [bytes(row.get("data") or row.get("body")).upper() for row in data]


def post(data, context):
    """Joins what both branches say, and shows what it was given."""
    if data is None:
        return None
    return [
        {
            "left": bytes(row["left"]).decode(),
            "right": bytes(row["right"]).decode(),
            "header": context.get_request_header(index, "x-mark"),
        }
        for index, row in enumerate(data)
    ]


def broken(data, context):
    if data is None:
        return
    raise ValueError("always")


def reject(data, context):
    if data is None:
        return
    raise PredictionException("nothing of mine", 422)


def show(data, context):
    return None if data is None else [json.dumps(sorted(row)) for row in data]
