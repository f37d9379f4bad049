"""Inputs of models of tables: one array, or a column for each name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ts.runtimes.declared import Call


def frame(call: Call, columns: Sequence[str]) -> Any:
    """Returns the inputs as a model of tables takes them.

    One input is itself. Columns become a DataFrame of pandas in the model's order where pandas is installed,
    else one array, which needs columns of numbers.

    Raises:
        ValueError: columns of texts, without pandas.
    """
    inputs = {name: texts(value) for name, value in call.inputs.items()}
    if len(inputs) == 1 and next(iter(inputs)) not in columns:
        array = next(iter(inputs.values()))
        return _named(array, columns) if columns and array.ndim == 2 else array
    order = list(columns) or list(inputs)
    flat = {name: inputs[name].reshape(len(inputs[name])) for name in order}
    try:
        import pandas
    except ModuleNotFoundError:
        import numpy

        if any(value.dtype == object for value in flat.values()):
            raise ValueError("columns of texts need pandas (expected: pip install pandas)") from None
        return numpy.stack(list(flat.values()), axis=1)
    return pandas.DataFrame(flat)


def _named(array: Any, columns: Sequence[str]) -> Any:
    """With the names that it was fitted with, where pandas is there: else scikit-learn warns at each call."""
    try:
        import pandas
    except ModuleNotFoundError:
        return array
    return pandas.DataFrame(array, columns=list(columns))


def texts(array: Any) -> Any:
    """Returns an array of bytes as one of texts; any other as it is."""
    if array.dtype != object:
        return array
    import numpy

    found = numpy.empty(array.shape, dtype=object)
    found.reshape(-1)[:] = [
        each.decode("utf-8") if isinstance(each, bytes) else each for each in array.reshape(-1).tolist()
    ]
    return found


def native(value: Any) -> Any:
    """Returns an answer of a library (array, sparse matrix, DataFrame, list) as an array; objects that are no
    numbers as texts.
    """
    import numpy

    if hasattr(value, "toarray"):
        value = value.toarray()
    array = numpy.asarray(value.to_numpy() if hasattr(value, "to_numpy") else value)
    if array.dtype.kind != "O":
        return array
    try:
        return array.astype(float)
    except (TypeError, ValueError):
        found = numpy.empty(array.shape, dtype=object)
        found.reshape(-1)[:] = [
            each if isinstance(each, bytes) else str(each) for each in array.reshape(-1).tolist()
        ]
        return found
