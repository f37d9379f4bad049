"""Tensors as type hints say them: `NDArray[np.float32]`, `torch.Tensor`, and what `Annotated` adds.

A shape is a note with `sizes` (`mariner.Shape`), or numpy's own way: `np.ndarray[tuple[int, Literal[3]],
np.dtype[np.float32]]`, where `int` is any. The elements of a torch tensor are a note, too: `torch.float32`.
Libraries that are not imported can't be meant by a hint, and are not imported here.
"""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from ts._worker.arrays import datatype_named
from ts._worker.model import EntryPoint
from ts._worker.signature import Framework, Signature, TensorSpec
from ts.context import Context

_ANY = -1
_CONTEXT = "context"
_OBJECTS = ("bytes", "object", "str")
_FIELDS = ("_fields", "__dataclass_fields__", "__struct_fields__", "model_fields")
ONLY = "output"
"""Name of an output that has none."""


@dataclass(frozen=True, slots=True)
class ArrayHint:
    """An array as a hint says it.

    Attributes:
        framework: whose it is.
        dtype: numpy's name of its elements, or `bfloat16`; None: any.
        shape: sizes, -1 for any; None: any number of any sizes.
    """

    framework: Framework
    dtype: str | None
    shape: tuple[int, ...] | None

    def spec(self, name: str, optional: bool = False) -> TensorSpec | None:
        """Returns the tensor that it is; None: it says too little."""
        datatype = "BYTES" if self.dtype in _OBJECTS else datatype_named(self.dtype)
        if datatype is None or self.shape is None:
            return None
        return TensorSpec(name, datatype, self.shape, optional)


def array_hint(annotation: Any) -> ArrayHint | None:
    """Reads a hint, of an array or of one that may be missing; None: it is neither."""
    bare: Any = annotation
    notes: tuple[Any, ...] = ()
    if get_origin(annotation) is Annotated:
        bare, *rest = get_args(annotation)
        notes = tuple(rest)
    bare = _present(bare)
    origin = get_origin(bare) or bare
    shape = next((note.sizes for note in notes if _is_sizes(getattr(note, "sizes", None))), None)
    if _is_from("numpy", "ndarray", origin):
        sizes, elements = (*get_args(bare), None, None)[:2]
        return ArrayHint("numpy", _numpy_dtype(elements), _numpy_shape(sizes) if shape is None else shape)
    if _is_from("torch", "Tensor", origin):
        torch = sys.modules["torch"]
        dtype = next(
            (str(note).removeprefix("torch.") for note in notes if isinstance(note, torch.dtype)), None
        )
        return ArrayHint("torch", dtype, shape)
    return None


def _is_sizes(found: Any) -> bool:
    return isinstance(found, tuple) and all(type(size) is int for size in found)


def _is_from(module: str, name: str, found: Any) -> bool:
    known = sys.modules.get(module)
    wanted = None if known is None else getattr(known, name, None)
    return isinstance(wanted, type) and isinstance(found, type) and issubclass(found, wanted)


def _numpy_dtype(elements: Any) -> str | None:
    """Returns the name in `np.dtype[np.float32]`."""
    scalar = (*get_args(elements), None)[0]
    numpy = sys.modules["numpy"]
    if not isinstance(scalar, type) or not issubclass(scalar, numpy.generic):
        return None
    try:
        return str(numpy.dtype(scalar).name)
    except TypeError:
        return None  # `np.floating` and the like


def _numpy_shape(sizes: Any) -> tuple[int, ...] | None:
    """Returns what `tuple[int, Literal[3]]` says; `tuple[int, ...]` says nothing."""
    given = get_args(sizes)
    if get_origin(sizes) is not tuple or Ellipsis in given:
        return None
    found = []
    for one in given:
        values = get_args(one)
        literal = get_origin(one) is Literal and len(values) == 1 and type(values[0]) is int
        if not literal and one is not int:
            return None
        found.append(values[0] if literal else _ANY)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class HintedHandler:
    """A handler whose parameters are tensors: `def handle(x: Rows, context: Context) -> Rows`.

    Attributes:
        signature: its tensors.
        function: itself.
        texts: parameters that get texts instead of bytes.
        context: its parameter for the context; None: it has none.
    """

    signature: Signature
    function: Callable[..., Any]
    texts: frozenset[str]
    context: str | None

    @classmethod
    def of(cls, function: EntryPoint) -> HintedHandler | None:
        """Reads the hints of a handler; None: it takes rows and the context, as TorchServe's do.

        Raises:
            ValueError: some parameters are tensors, and others are not, or say too little.
        """
        if not inspect.isroutine(function) or not getattr(function, "__annotations__", None):
            return None
        try:
            hints = typing.get_type_hints(function, include_extras=True)
        except (NameError, TypeError, AttributeError):
            return None  # names for type checkers only; nothing can be said of them here
        given = {one.name: one for one in inspect.signature(function).parameters.values()}
        context = _context_of(given, hints)
        arrays = {name: array_hint(hints.get(name)) for name in given if name != context}
        if not _are_meant(arrays, context):
            return None
        specs = [_input(given[name], arrays[name]) for name in arrays]
        frameworks = sorted({found.framework for found in arrays.values() if found is not None})
        if len(frameworks) > 1:
            raise ValueError(
                f"{_name(function)}: arrays of {' and '.join(frameworks)} (expected: of one library)"
            )
        outputs = outputs_of(hints.get("return"))
        batches = all(spec.shape[:1] == (_ANY,) for spec in (*specs, *outputs))
        texts = frozenset(
            name for name, found in arrays.items() if found is not None and found.dtype == "str"
        )
        signature = Signature(tuple(specs), outputs, batches, frameworks[0])
        return cls(signature, function, texts, context)

    def call(self, inputs: Mapping[str, Any], context: Context) -> Any:
        """Calls it with arrays by name."""
        arguments = {name: texts_of(value) if name in self.texts else value for name, value in inputs.items()}
        if self.context is not None:
            arguments[self.context] = context
        answer = self.function(**arguments)
        if inspect.isawaitable(answer):
            return self._awaited(answer)
        return self._named(answer)

    async def _awaited(self, answer: Awaitable[Any]) -> Any:
        return self._named(await answer)

    def _named(self, answer: Any) -> Any:
        """Returns outputs by name, or as they are where the hints name them."""
        fields = fields_in(answer)
        if fields is not None:
            return fields
        if self.signature.outputs or isinstance(answer, (Mapping, Generator)):
            return answer
        if isinstance(answer, (list, tuple)):
            return {f"{ONLY}_{index}": value for index, value in enumerate(answer)}
        return {ONLY: answer}


def _context_of(given: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]) -> str | None:
    """Returns the parameter for the context: of its type, of its name, or the second one without a hint."""
    typed = next((name for name in given if hints.get(name) is Context), None)
    if typed is not None:
        return typed
    plain = [name for name, one in given.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    last = plain[1] if len(plain) == 2 else None
    return next((name for name in plain if name in (_CONTEXT, last) and name not in hints), None)


def _are_meant(arrays: Mapping[str, ArrayHint | None], context: str | None) -> bool:
    """Tells tensors from the hint of a `handle(data, context)` for TorchServe, where it is not true."""
    told = [found for found in arrays.values() if found is not None and found.dtype is not None]
    rows = context is not None and len(arrays) == 1
    return bool(told) and (not rows or told[0].shape is not None)


def _present(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [one for one in get_args(annotation) if one is not type(None)]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _input(parameter: inspect.Parameter, found: ArrayHint | None) -> TensorSpec:
    spec = found.spec(parameter.name, parameter.default is not parameter.empty) if found is not None else None
    if spec is None or parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise ValueError(
            f"handler: parameter {parameter} (expected: an array with its type and shape, such as "
            "Annotated[NDArray[np.float32], Shape(-1, 3)], since it takes tensors)"
        )
    return spec


def _array_spec(name: str, annotation: Any) -> TensorSpec | None:
    found = array_hint(annotation)
    return None if found is None else found.spec(name)


def outputs_of(
    annotation: Any, spec_of: Callable[[str, Any], TensorSpec | None] = _array_spec
) -> tuple[TensorSpec, ...]:
    """Returns the tensors of an answer: one, a tuple of them, or a class with fields.

    Where one says too little, none is told.

    Args:
        annotation: of the answer.
        spec_of: returns the tensor of a name and a hint.
    """
    named = _fields_of(annotation)
    if named is None:
        kinds = get_args(annotation) if get_origin(annotation) is tuple else ()
        several = {f"{ONLY}_{index}": kind for index, kind in enumerate(kinds)}
        named = several if kinds and Ellipsis not in kinds else {ONLY: annotation}
    found = [spec_of(name, kind) for name, kind in named.items()]
    known = tuple(spec for spec in found if spec is not None)
    return known if len(known) == len(found) else ()


def _fields_of(kind: Any) -> dict[str, Any] | None:
    """Returns names and hints of a class with fields; None for other types."""
    if not isinstance(kind, type) or not (
        typing.is_typeddict(kind) or any(hasattr(kind, one) for one in _FIELDS)
    ):
        return None
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except (NameError, TypeError):
        return None


def fields_in(value: Any) -> dict[str, Any] | None:
    """Returns the fields of a NamedTuple, dataclass, or model of msgspec or pydantic; None: it is none."""
    names = next((getattr(type(value), one) for one in _FIELDS if hasattr(type(value), one)), None)
    return None if names is None else {name: getattr(value, name) for name in names}


def texts_of(array: Any) -> Any:
    """Returns an array of bytes as one of texts; raises UnicodeDecodeError."""
    import numpy

    return numpy.array([each.decode("utf-8") for each in array.reshape(-1).tolist()], dtype=object).reshape(
        array.shape
    )


def _name(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))
