"""Models as the Open Inference Protocol sees them: parameters are inputs, what is returned are outputs.

Arrays with a type and a shape are tensors of those; `str`, `bytes`, `int`, `float` and `bool` are tensors of
one element, lists of them of one dimension.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mariner.errors import InvalidRequest
from mariner.faults import MISSING
from mariner.hints import list_item
from mariner.messages import Response
from mariner.reading import Part
from mariner.writing import JSON, Reply, reply_of
from ts._worker.arrays import as_numpy, as_torch, of_array
from ts._worker.signature import Signature, TensorSpec
from ts._worker.tensor_entry import answer_of, wanted_of
from ts._worker.tensor_hints import ONLY, array_hint, fields_in, outputs_of, texts_of
from ts._worker.tensor_reader import read_form, read_text
from ts._worker.tensors import MEDIA_TYPE, Message, Tensor, TensorError

if TYPE_CHECKING:
    from mariner.model import Model
    from ts.context import Context

_ANY = -1
_FAILED = 400
_SIMPLE = {str: "BYTES", bytes: "BYTES", int: "INT64", float: "FP64", bool: "BOOL"}


class Asked(NamedTuple):
    """A request of the protocol, and whether it came in the form of workers (else as JSON)."""

    message: Message
    is_form: bool


class Tensors:
    """What a model takes and gives as tensors.

    Args:
        model: the model.
        inputs: each a parameter.
    """

    def __init__(self, model: Model[Any], inputs: Sequence[TensorSpec]) -> None:
        self._name = model.name
        self._streams = model.streams
        self._parameters = model.parameters
        # Requests of a model with batches are joined as lists, not along a dimension.
        self.signature = Signature(tuple(inputs), outputs_of(model.answer, spec_of), False, "numpy")

    @classmethod
    def of(cls, model: Model[Any]) -> Tensors | None:
        """Reads a model's hints; None: they say too little of a parameter."""
        found = [spec_of(one.name, one.hint.type, one.default is not MISSING) for one in model.parameters]
        specs = [spec for spec in found if spec is not None]
        return cls(model, specs) if specs and len(specs) == len(found) else None

    def asked(self, parts: Sequence[Part], takes_pieces: bool) -> Asked | None:
        """Reads a request of the protocol; None: it is none.

        Args:
            parts: of the request.
            takes_pieces: whether the client asked for an answer in pieces.

        Raises:
            InvalidRequest: it does not fit.
        """
        part = parts[0] if len(parts) == 1 else None
        if part is None or not (part.type == MEDIA_TYPE or _is_protocol(part)):
            return None
        try:
            is_form = part.type == MEDIA_TYPE
            message = read_form(part.content) if is_form else read_text(part.content)
            self.signature.check(message)
        except TensorError as fault:
            raise InvalidRequest([(part.name, str(fault))], 400) from None
        if self._streams and not takes_pieces:
            raise InvalidRequest(
                [(self._name, "it streams (expected: infer_stream, generate_stream or ModelStreamInfer)")],
                400,
            )
        return Asked(message, is_form)

    def arguments(self, message: Message) -> tuple[Any, ...]:
        """Returns the arguments of the method.

        Raises:
            InvalidRequest: texts are not in UTF-8.
        """
        given = {tensor.name: tensor for tensor in message.tensors}
        return tuple(
            _value(one.hint.type, given[one.name]) if one.name in given else one.default
            for one in self._parameters
        )

    def reply(self, asked: Asked, value: Any, context: Context) -> Reply:
        """Writes what the method returned.

        Raises:
            InvalidRequest: an output that is asked for does not exist.
            TypeError: it is nothing that tensors can hold.
        """
        if not isinstance(value, Response):
            value = Response(value)
        if value.status >= _FAILED:
            return reply_of(value, JSON)
        try:
            outputs = [of_array(name, _array(one), kind) for name, one, kind in self._named(value.value)]
        except TensorError as fault:
            raise TypeError(str(fault)) from None
        try:
            body = answer_of(asked.message, wanted_of(asked.message, outputs), asked.is_form, context)
        except TensorError as fault:
            raise InvalidRequest([("outputs", str(fault))], 400) from None
        return Reply(body.body, body.content_type, value.status, value.headers)

    def _named(self, value: Any) -> list[tuple[str, Any, str | None]]:
        kinds = {spec.name: spec.datatype for spec in self.signature.outputs}
        fields = fields_in(value)
        if fields is None and isinstance(value, dict) and ONLY not in kinds:
            fields = value
        if fields is None and isinstance(value, tuple):
            names = list(kinds) or [f"{ONLY}_{index}" for index in range(len(value))]
            fields = dict(zip(names, value, strict=True))
        return [(str(name), one, kinds.get(name)) for name, one in (fields or {ONLY: value}).items()]


def spec_of(name: str, hint: Any, optional: bool = False) -> TensorSpec | None:
    """Returns the tensor that a hint means; None: none."""
    array = array_hint(hint)
    if array is not None:
        return array.spec(name, optional)
    if isinstance(hint, type) and hint in _SIMPLE:
        return TensorSpec(name, _SIMPLE[hint], (1,), optional)
    item = list_item(hint)
    return TensorSpec(name, _SIMPLE[item], (_ANY,), optional) if item in _SIMPLE else None


def _is_protocol(part: Part) -> bool:
    """Tells a request of the protocol from the JSON of an array, or of parameters."""
    from ts.runtimes.rows import is_protocol

    try:
        return is_protocol(json.loads(bytes(part.content)))
    except (ValueError, RecursionError):
        return False


def _value(hint: Any, tensor: Tensor) -> Any:
    array, item = array_hint(hint), hint if isinstance(hint, type) and hint in _SIMPLE else list_item(hint)
    if array is not None and array.framework == "torch":
        return as_torch(tensor)
    try:
        found = as_numpy(tensor)
        if item is str or (array is not None and array.dtype == "str"):
            found = texts_of(found)
    except (TensorError, UnicodeDecodeError) as fault:
        raise InvalidRequest([(tensor.name, str(fault))], 400) from None
    if array is not None:
        # A method may work on what is its own, as on arrays from JSON.
        return found if found.flags.writeable else found.copy()
    return found.tolist() if item is not hint else found.tolist()[0]


def _array(value: Any) -> Any:
    """Returns what holds a value: an array as it is, a single value as a row of one, a document as JSON."""
    if hasattr(value, "dtype"):
        return value
    if isinstance(value, (str, bytes, bool, int, float)):
        return [value]
    simple = isinstance(value, (list, tuple)) and all(isinstance(one, tuple(_SIMPLE)) for one in value)
    if simple:
        return list(value)
    import msgspec

    from mariner.arrays import plain

    return [msgspec.json.encode(value, enc_hook=plain).decode()]
