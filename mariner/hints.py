"""Type hints: what kind of value one means, and whether the answer of one stage fits the next."""

from __future__ import annotations

import sys
import types
import typing
from collections import abc
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from mariner.messages import File, Response, Shape
from ts._worker.tensor_hints import array_hint

DOCUMENT, TEXT, BYTES, ARRAY, TENSOR, IMAGE, FILE, ANY = (
    "document",
    "text",
    "bytes",
    "array",
    "tensor",
    "image",
    "file",
    "any",
)
FORMS = (
    "a dataclass, TypedDict, msgspec or pydantic type, array, tensor, image, bytes, str, File "
    "or what JSON has"
)
"""The types of requests and answers, for messages."""
_ASYNC_STREAMS = (abc.AsyncIterator, abc.AsyncIterable, abc.AsyncGenerator)
_STREAMS = (abc.Iterator, abc.Iterable, abc.Generator, *_ASYNC_STREAMS)
_WIDER: dict[type, tuple[type, ...]] = {int: (float, complex), float: (complex,), bool: (int, float)}


@dataclass(frozen=True)
class Hint:
    """A type as requests and answers need it.

    Attributes:
        type: what was written.
        kind: how it is read: `document` (JSON, msgpack), `text`, `bytes`, `array` (numpy), `tensor` (torch),
            `image` (PIL), `file`, `any`.
        dtype: numpy's name of an array's elements; None: any.
        shape: sizes of an array, -1 for any; None: any.
    """

    type: Any
    kind: str
    dtype: str | None = None
    shape: tuple[int, ...] | None = None

    @classmethod
    def of(cls, annotation: Any) -> Hint:
        """Reads a type hint; libraries that are not imported can't be meant by one."""
        bare = _unannotated(annotation)
        if bare is Any or bare is None or bare is object or isinstance(bare, typing.TypeVar):
            return cls(Any, ANY)
        found = None if _is_union(bare) else array_hint(annotation)
        if found is not None and found.framework == "torch":
            return cls(annotation, TENSOR, None, found.shape)
        if found is not None:
            return cls(annotation, ARRAY, found.dtype, found.shape)
        origin = get_origin(bare) or bare
        if _is_from("PIL.Image", "Image", origin):
            return cls(annotation, IMAGE)
        simple = {str: TEXT, bytes: BYTES, bytearray: BYTES, File: FILE}
        return cls(annotation, simple.get(bare, DOCUMENT) if isinstance(bare, type) else DOCUMENT)

    def __str__(self) -> str:
        return type_name(self.type)


def stream_item(annotation: Any) -> Any:
    """Returns what a stream's hint has between its brackets; None when the hint is no stream."""
    origin = get_origin(annotation) or annotation
    if origin not in _STREAMS:
        return None
    arguments = get_args(annotation)
    return arguments[0] if arguments else Any


def is_async_stream(annotation: Any) -> bool:
    """Returns whether a hint means an asynchronous stream."""
    return (get_origin(annotation) or annotation) in _ASYNC_STREAMS


def list_item(annotation: Any) -> Any:
    """Returns what a list's hint has between its brackets; None when the hint is no list."""
    if annotation is Any:
        return Any
    origin = get_origin(annotation) or annotation
    if origin not in (list, abc.Sequence, abc.MutableSequence):
        return None
    arguments = get_args(annotation)
    return arguments[0] if arguments else Any


def value_type(annotation: Any) -> Any:
    """Returns the type of the values among what a method may return: a `Response` may hold any, and a failure
    (`Label | HTTPError`) holds none.
    """
    if not _is_union(annotation):
        return Any if _is_no_value(annotation) else annotation
    kept = tuple(one for one in get_args(annotation) if not _is_no_value(one))
    return Union[kept] if kept else Any  # noqa: UP007  # made of what is known only now


def may_be(kind: type, annotation: Any) -> bool:
    """Returns whether an annotation lets a value be of a class; an unknown one does."""
    members = get_args(annotation) if _is_union(annotation) else (annotation,)
    return any(one in (Any, object) or _unannotated(one) is kind for one in members)


def _is_no_value(annotation: Any) -> bool:
    kind = _unannotated(annotation)
    return isinstance(kind, type) and issubclass(kind, (Response, BaseException))


def fits(given: Any, wanted: Any) -> bool:
    """Returns whether values of one type may be given where another one is wanted; unknown types may."""
    first, second = Hint.of(given), Hint.of(wanted)
    if ANY in (first.kind, second.kind):
        return True
    if first.kind in (ARRAY, TENSOR) or second.kind in (ARRAY, TENSOR):
        return first.kind == second.kind and _arrays_fit(first, second)
    return _types_fit(_unannotated(given), _unannotated(wanted))


def _arrays_fit(given: Hint, wanted: Hint) -> bool:
    if given.dtype and wanted.dtype and given.dtype != wanted.dtype:
        return False
    if given.shape is None or wanted.shape is None:
        return True
    pairs = zip(given.shape, wanted.shape, strict=False)
    return len(given.shape) == len(wanted.shape) and all(-1 in pair or pair[0] == pair[1] for pair in pairs)


def _types_fit(given: Any, wanted: Any) -> bool:
    if given == wanted:
        return True
    if _is_union(given):
        return all(fits(one, wanted) for one in get_args(given))
    if _is_union(wanted):
        return any(fits(given, one) for one in get_args(wanted))
    first, second = get_origin(given) or given, get_origin(wanted) or wanted
    if not isinstance(first, type) or not isinstance(second, type):
        return bool(first == second)
    if second in _WIDER.get(first, ()):
        return True
    try:
        if not issubclass(first, second):
            return False
    except TypeError:
        return True  # a protocol whose members can't be looked at
    ours, theirs = get_args(given), get_args(wanted)
    if not ours or not theirs or len(ours) != len(theirs):
        return True
    return all(
        one is ... or other is ... or fits(one, other) for one, other in zip(ours, theirs, strict=True)
    )


def type_name(annotation: Any) -> str:
    """Returns a type as its author would write it."""
    if get_origin(annotation) is Annotated:
        bare, *notes = get_args(annotation)
        shapes = "".join(f" of shape {list(note.sizes)}" for note in notes if isinstance(note, Shape))
        return f"{type_name(bare)}{shapes}"
    if annotation is None or annotation is type(None):
        return "None"
    if _is_union(annotation):
        return " | ".join(type_name(one) for one in get_args(annotation))
    origin, arguments = get_origin(annotation), get_args(annotation)
    array = array_hint(annotation)
    if origin is not None and array is not None and array.framework == "numpy":
        return f"ndarray of {array.dtype}" if array.dtype else "ndarray"
    if origin is not None and arguments:
        inner = ", ".join("..." if one is ... else type_name(one) for one in arguments)
        return f"{getattr(origin, '__name__', str(origin))}[{inner}]"
    return getattr(annotation, "__name__", str(annotation))


def _unannotated(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _is_from(module: str, name: str, found: Any) -> bool:
    known = sys.modules.get(module)
    wanted = None if known is None else getattr(known, name, None)
    return isinstance(wanted, type) and isinstance(found, type) and issubclass(found, wanted)
