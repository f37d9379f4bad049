"""Answers each request with its own body."""


def handle(data, context):
    if data is None:
        return None
    return [row.get("data") if row.get("data") is not None else row.get("body") for row in data]
