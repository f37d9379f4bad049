"""Requests to the arguments of a method, checked by its type hints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_type_hints

import msgspec

from mariner.arrays import NPY_TYPES, array, image, read_leaf
from mariner.defaults import Fill, filler
from mariner.errors import InvalidRequest
from mariner.faults import MISSING, invalid, shown
from mariner.hints import ANY, ARRAY, BYTES, DOCUMENT, FILE, IMAGE, TENSOR, TEXT, Hint, list_item
from mariner.members import Members
from mariner.messages import File

BODY = "body"
MSGPACK_TYPES = ("application/msgpack", "application/x-msgpack", "application/vnd.msgpack")
_LOOSE = ("", "application/octet-stream", "application/x-www-form-urlencoded")
_WHOLE = (ARRAY, BYTES, FILE, IMAGE, TENSOR)
"""Kinds of values that a body can be as a whole, beside values of the query."""
Content = bytes | bytearray | memoryview


@dataclass(frozen=True)
class Parameter:
    """One parameter that a request fills.

    Attributes:
        name: as the method has it.
        hint: its type.
        default: what it is when the request has none; `MISSING`: it must have one.
    """

    name: str
    hint: Hint
    default: Any = MISSING


@dataclass(frozen=True)
class Part:
    """One body, part of a form, or parameter of a query."""

    name: str
    type: str
    content: Content


class Reader:
    """Reads requests. One parameter is the whole body; several are the members of an object, the fields of a
    form, the parts of a multipart body, the parameters of a query. A body that is no document is the one of
    several parameters that such bodies have: a picture, beside the parameters of a query.

    Args:
        parameters: of the method.
        exact: whether members that a dataclass or typed dictionary does not have are refused.
    """

    def __init__(self, parameters: Sequence[Parameter], exact: bool = True) -> None:
        self._parameters = tuple(parameters)
        self._only = parameters[0] if len(parameters) == 1 else None
        self._document = self._only.hint.type if self._only else _document_of(parameters)
        self._whole = whole_of(parameters)
        self._exact = exact
        self._forms: dict[int, _Form] = {}

    def read(self, parts: Sequence[Part]) -> tuple[Any, ...]:
        """Returns the arguments.

        Raises:
            InvalidRequest: the request has no, or wrong, values for them.
        """
        if not self._parameters:
            return ()
        # A request without a body has an empty one.
        parts = [part for part in parts if part.name != BODY or part.type or part.content]
        if self._whole is not None:
            parts = [replace(part, name=self._whole.name) if _is_whole(part) else part for part in parts]
        body = parts[0] if len(parts) == 1 and parts[0].name == BODY else None
        if self._only is not None:
            if body is not None:
                return (self._read_whole(self._only.hint, body),)
            return (self._read_one(self._only, parts),)
        if body is not None and not any(one.name == BODY for one in self._parameters):
            found = self._decode(self._document, body)
            return tuple(getattr(found, one.name) for one in self._parameters)
        return self._read_fields(parts)

    def _read_one(self, parameter: Parameter, parts: Sequence[Part]) -> Any:
        named = [part for part in parts if _base(part.name) == parameter.name]
        body = [part for part in parts if part.name == BODY]
        if not named and body:
            # The whole body, and a query that nobody asked for.
            _refuse_unknown(parts, (BODY,))
            return self._read_whole(parameter.hint, body[0])
        fields = _fields_of(parameter.hint.type) if parameter.hint.kind == DOCUMENT else None
        if fields is not None and parts and not (named and parameter.name not in fields):
            return self._read_object(parameter.hint, fields, parts)
        _refuse_unknown(parts, (parameter.name,))
        return self._read_named(parameter, named)

    def _read_fields(self, parts: Sequence[Part]) -> tuple[Any, ...]:
        known = [one.name for one in self._parameters]
        document: Mapping[str, Any] = {}
        bodies = [part for part in parts if part.name == BODY and BODY not in known]
        if bodies:
            document = _object(bodies[0])
        _refuse_unknown([part for part in parts if part not in bodies], known)
        arguments: list[Any] = []
        problems: list[tuple[str, str]] = []
        for one in self._parameters:
            named = [part for part in parts if _base(part.name) == one.name]
            try:
                if not named and one.name in document:
                    arguments.append(self._convert(one.hint, document[one.name], f"body.{one.name}", True))
                else:
                    arguments.append(self._read_named(one, named))
            except InvalidRequest as fault:
                problems += fault.problems
        problems += [
            (f"body.{name}", f"unknown (expected: {', '.join(known)})")
            for name in document
            if name not in known
        ]
        if problems:
            raise InvalidRequest(problems)
        return tuple(arguments)

    def _read_named(self, parameter: Parameter, named: Sequence[Part]) -> Any:
        if not named:
            if parameter.default is MISSING:
                raise InvalidRequest([(parameter.name, f"missing (expected: {parameter.hint})")])
            return parameter.default
        item = list_item(parameter.hint.type) if parameter.hint.kind == DOCUMENT else None
        if item is not None and (len(named) > 1 or not _is_document(named[0].type)):
            hint = Hint.of(item)
            ordered = sorted(named, key=_place)
            return [self._read_field(hint, part) for part in ordered]
        if len(named) > 1:
            raise InvalidRequest([(parameter.name, f"given {len(named)} times (expected: once)")])
        return self._read_field(parameter.hint, named[0])

    def _read_field(self, hint: Hint, part: Part) -> Any:
        if hint.kind in (DOCUMENT, ANY) and not _is_document(part.type):
            text = _text(part)
            return self._convert(hint, text, part.name, False) if hint.kind == DOCUMENT else text
        return self._read_whole(hint, part)

    def _read_object(self, hint: Hint, fields: Mapping[str, Any], parts: Sequence[Part]) -> Any:
        _refuse_unknown(parts, tuple(fields))
        readers = {name: Hint.of(kind) for name, kind in fields.items()}
        values: dict[str, Any] = {}
        for name, kind in readers.items():
            named = [part for part in parts if _base(part.name) == name]
            if named:
                values[name] = self._field_value(kind, named)
        return self._convert(hint, values, BODY, False)

    def _field_value(self, hint: Hint, named: Sequence[Part]) -> Any:
        item = list_item(hint.type) if hint.kind == DOCUMENT else None
        if item is not None and (len(named) > 1 or not _is_document(named[0].type)):
            return [self._field_value(Hint.of(item), [part]) for part in sorted(named, key=_place)]
        part = named[-1]
        if _is_document(part.type):
            return _parsed(part)
        if hint.kind in (BYTES, IMAGE, ARRAY, TENSOR):
            return bytes(part.content)
        return self._read_whole(hint, part) if hint.kind == FILE else _text(part)

    def _read_whole(self, hint: Hint, part: Part) -> Any:
        kind, media = hint.kind, _media(part.type)
        if kind == DOCUMENT:
            return self._decode(hint.type, part)
        if kind == BYTES:
            return bytearray(part.content) if hint.type is bytearray else bytes(part.content)
        if kind == TEXT:
            return self._decode(str, part) if _is_document(part.type) else _text(part)
        if kind == FILE:
            return File(bytes(part.content), part.type, part.name)
        if kind == ANY:
            return _anything(part)
        if _is_document(part.type):
            return self._convert(hint, _parsed(part), part.name, True)
        if kind in (ARRAY, TENSOR) and media not in (*NPY_TYPES, *_LOOSE):
            if not media.startswith("text/"):
                raise _unsupported(part, "application/json, application/msgpack, application/x-npy")
            return self._convert(hint, _parsed(part), part.name, True)
        try:
            return image(part.content) if kind == IMAGE else array(hint, bytes(part.content))
        except ValueError as fault:
            raise InvalidRequest([(part.name, str(fault))]) from None

    def _decode(self, wanted: Any, part: Part) -> Any:
        packed = _media(part.type) in MSGPACK_TYPES
        if not packed and not _may_be_json(part.type):
            raise _unsupported(part, "application/json, application/msgpack")
        form = self._form(wanted)
        try:
            return form.decode(part.content, packed)
        except msgspec.ValidationError as fault:
            raise invalid(fault, part.name, lambda: _parsed(part), form.names_at) from None
        except msgspec.DecodeError as fault:
            raise _malformed(part, fault) from None
        except UnicodeDecodeError:
            raise InvalidRequest([(part.name, "expected UTF-8")]) from None

    def _form(self, kind: Any) -> _Form:
        """Returns how documents of one of the types that the parameters have are read."""
        # By identity: what a type is annotated with may have no hash.
        found = self._forms.get(id(kind))
        if found is None:
            found = self._forms[id(kind)] = _Form(kind, self._exact)
        return found

    def _convert(self, hint: Hint, value: Any, field: str, strict: bool) -> Any:
        if hint.kind == ANY:
            return value
        try:
            if hint.kind in (ARRAY, TENSOR):
                return array(hint, value)
            if hint.kind == FILE:
                raise ValueError(f"expected a part of a form, got {type(value).__name__}")
            return self._form(hint.type).convert(value, strict)
        except msgspec.ValidationError as fault:
            raise invalid(fault, field, lambda: value, self._form(hint.type).names_at) from None
        except ValueError as fault:
            raise InvalidRequest([(field, str(fault))]) from None


class _Form:
    """How documents of one type are read."""

    def __init__(self, kind: Any, exact: bool) -> None:
        self._kind = kind
        self._exact = exact
        self._decoders: dict[tuple[bool, bool], Any] = {}

    @cached_property
    def _fill(self) -> Fill | None:
        return filler(self._kind)

    @cached_property
    def _members(self) -> Members | None:
        return Members.of(self._kind)

    @cached_property
    def _is_checked(self) -> bool:
        """Whether there may be members that only the outline of the type finds."""
        return self._exact and self._members is not None and bool(self._members.closed)

    def names_at(self, path: str) -> Sequence[str]:
        """Returns the members that there may be at a path of a document."""
        return () if self._members is None else self._members.at(path)

    def decode(self, content: Content, packed: bool) -> Any:
        """Returns the value of a document; raises msgspec's errors."""
        found = self._decoder(packed, False).decode(content)
        if self._is_checked:
            self._decoder(packed, True).decode(content)
        if self._fill is not None:
            self._fill(found)
        return found

    def convert(self, value: Any, strict: bool) -> Any:
        """Returns what a decoded document means; raises msgspec's errors, and ValueError."""
        found = msgspec.convert(value, self._kind, strict=strict, dec_hook=read_leaf)
        if self._is_checked:
            self._decoder(True, True).decode(msgspec.msgpack.encode(value))
        if self._fill is not None:
            self._fill(found)
        return found

    def _decoder(self, packed: bool, outline: bool) -> Any:
        found = self._decoders.get((packed, outline))
        if found is None:
            module: Any = msgspec.msgpack if packed else msgspec.json
            kind = self._members.outline if outline and self._members is not None else self._kind
            found = self._decoders[packed, outline] = module.Decoder(kind, dec_hook=read_leaf)
        return found


def whole_of(parameters: Sequence[Parameter]) -> Parameter | None:
    """Returns the one of several parameters that a body of bytes fills, while the others stand in the query;
    None: there is no such one, or more.
    """
    found = [one for one in parameters if one.hint.kind in _WHOLE]
    others = [one for one in parameters if one not in found]
    fit_a_query = all(_fields_of(one.hint.type) is None for one in others)
    return found[0] if len(found) == 1 and others and fit_a_query else None


def _document_of(parameters: Sequence[Parameter]) -> Any:
    if not parameters:
        return None
    fields = [(one.name, one.hint.type, one.default) for one in parameters]
    ordered = [(name, kind, msgspec.field(default=default)) for name, kind, default in fields]
    return msgspec.defstruct("Body", ordered, kw_only=True, forbid_unknown_fields=True)


def _fields_of(kind: Any) -> dict[str, Any] | None:
    """Returns names and types of a dataclass, struct, pydantic model or TypedDict; None for other types."""
    made_of = ("__dataclass_fields__", "__struct_fields__", "model_fields", "__total__")
    if not isinstance(kind, type) or not any(hasattr(kind, name) for name in made_of):
        return None
    names = getattr(kind, "__struct_fields__", None) or getattr(kind, "model_fields", None)
    hints = get_type_hints(kind, include_extras=True)
    return {name: hints[name] for name in names} if names else hints


def _base(name: str) -> str:
    """Returns the name of a part; `tag[0]` is an earlier one of the name `tag`."""
    return re.sub(r"\[\d+\]$", "", name)


def _place(part: Part) -> int:
    found = re.search(r"\[(\d+)\]$", part.name)
    return int(found[1]) if found else 1 << 30


def _refuse_unknown(parts: Sequence[Part], known: Sequence[str]) -> None:
    unknown = [part.name for part in parts if part.name not in known and _base(part.name) not in known]
    if unknown:
        expected = ", ".join(known)
        raise InvalidRequest([(name, f"unknown (expected: {expected})") for name in unknown])


def _media(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_document(content_type: str) -> bool:
    media = _media(content_type)
    return media == "application/json" or media.endswith("+json") or media in MSGPACK_TYPES


def _may_be_json(content_type: str) -> bool:
    media = _media(content_type)
    return media in ("application/json", *_LOOSE) or media.startswith("text/") or media.endswith("+json")


def _is_whole(part: Part) -> bool:
    """Whether it is a body of bytes, not of a document with members."""
    if part.name != BODY or _is_document(part.type):
        return False
    return not (_may_be_json(part.type) and bytes(part.content[:64]).lstrip().startswith(b"{"))


def _unsupported(part: Part, expected: str) -> InvalidRequest:
    return InvalidRequest([(part.name, f"content type {part.type!r} (expected: {expected})")], 415)


def _malformed(part: Part, fault: Exception) -> InvalidRequest:
    form = "msgpack" if _media(part.type) in MSGPACK_TYPES else "JSON"
    text = str(fault).removeprefix("JSON is malformed: ").removeprefix("MessagePack data is malformed: ")
    return InvalidRequest([(part.name, f"expected {form}: {text}")], 400)


def _parsed(part: Part) -> Any:
    decode: Any = msgspec.msgpack.decode if _media(part.type) in MSGPACK_TYPES else msgspec.json.decode
    try:
        return decode(part.content)
    except msgspec.DecodeError as fault:
        raise _malformed(part, fault) from None


def _object(part: Part) -> Mapping[str, Any]:
    if not _is_document(part.type) and not _may_be_json(part.type):
        raise _unsupported(part, "application/json, application/msgpack")
    value = _parsed(part)
    if not isinstance(value, dict):
        raise InvalidRequest([(part.name, f"expected an object, got {shown(value)}")])
    return value


def _text(part: Part) -> str:
    found = re.search(r"charset=\"?([\w.:-]+)", part.type, re.IGNORECASE)
    charset = found[1] if found else "utf-8"
    try:
        return bytes(part.content).decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise InvalidRequest([(part.name, f"expected text in {charset}")]) from None


def _anything(part: Part) -> Any:
    if _is_document(part.type):
        return _parsed(part)
    return _text(part) if _media(part.type).startswith("text/") else bytes(part.content)
