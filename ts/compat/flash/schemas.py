"""Bodies of requests and answers: their pydantic models, and what is wrong with a request."""

from __future__ import annotations

import json
import uuid
import warnings
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from mariner.errors import HTTPError
from ts.compat.flash.graph import Way
from ts.compat.flash.ports import Parameter
from ts.compat.flash.types import BaseType, Repeated
from ts.compat.flash.types.base import fields_of, result_of

Problem = dict[str, Any]
_TAKEN = "model_config"
"""No field of a model of pydantic 2 may be called so; names with `_` before them are none either."""
_CONTAINERS = (dict, frozenset, list, set, tuple)
_PLAIN = (bool, float, int, list, tuple)
_CONFIG = ConfigDict(
    arbitrary_types_allowed=True,
    protected_namespaces=(),
    coerce_numbers_to_str=True,
    ser_json_inf_nan="constants",
)


class Unprocessable(HTTPError):
    """A request that the types do not allow; answered as FastAPI does.

    Args:
        problems: each with `type`, `loc`, `msg` and `input`.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(422, "; ".join(str(one["msg"]) for one in problems))
        self.problems = list(problems)

    def document(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"detail": self.problems}


class Asked(NamedTuple):
    """A request.

    Attributes:
        session: the client's name for it, or a new one.
        payload: by key the fields of its value; for lists, those of each entry.
    """

    session: str
    payload: Mapping[str, Any]


_NO_JSON: Problem = {
    "type": "model_type",
    "loc": ["body"],
    "msg": "Input should be an object of JSON, with the content type application/json",
}
EMPTY_BODY: Problem = {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}


class EndpointProtocol:
    """What an endpoint takes and answers.

    Attributes:
        name: of the endpoint.
        way: its components.
        request_model: the pydantic model of a request.
        response_model: the pydantic model of an answer.
    """

    def __init__(self, way: Way) -> None:
        self.name = way.name
        self.way = way
        title = way.name.title()
        self.request_model = _request_model(title, way.payload)
        self.response_model = _response_model(title, way)

    @property
    def route(self) -> str:
        """Path of the endpoint."""
        return self.way.endpoint.route

    def read(self, body: bytes | bytearray | memoryview, media: str = "") -> Asked:
        """Checks a request.

        Args:
            body: what the client sent.
            media: its content type; empty: JSON.

        Raises:
            Unprocessable: it is not what the types say.
        """
        if not _is_json(media):
            raise Unprocessable([{**_NO_JSON, "input": _shown(bytes(body).decode("utf-8", "replace"))}])
        try:
            asked: Any = self.request_model.model_validate_json(bytes(body))
        except ValidationError as fault:
            raise Unprocessable(_problems(fault, body)) from None
        payload = asked.payload
        values = {key: _plain(payload.__dict__[key]) for key in self.way.payload}
        return Asked(asked.session or str(uuid.uuid4()), values)

    def write(self, session: str, results: Mapping[str, Any]) -> bytes:
        """Returns the body of an answer.

        Raises:
            ValueError: a result is not what its type says, or no number of JSON.
        """
        try:
            found = self.response_model.model_validate({"result": dict(results), "session": session})
        except ValidationError as fault:
            raise ValueError(f"{self.name}: its result: {fault} (expected: as `serialize` says)") from None
        plain = found.model_dump(mode="json")
        try:
            text = json.dumps(plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        except ValueError as fault:
            raise ValueError(f"{self.name}: its result: {fault} (expected: numbers that JSON has)") from None
        return text.encode()

    def meta(self) -> dict[str, Any]:
        """Returns the JSON schema of a request, in the manner of pydantic 1."""
        schema = self.request_model.model_json_schema(ref_template="#/definitions/{model}")
        definitions = schema.pop("$defs", {})
        found: dict[str, Any] = _elder({"definitions": definitions, **schema})
        return found


def bad_value(protocol: EndpointProtocol, key: str, text: str) -> Unprocessable:
    """Returns the failure of a value that has the right form, but can't be read."""
    return Unprocessable(
        [{"type": "value_error", "loc": ["body", "payload", key], "msg": text, "input": None}]
    )


def _is_json(media: str) -> bool:
    kind = media.partition(";")[0].strip().lower()
    return kind in ("", "application/json") or (kind.startswith("application/") and kind.endswith("+json"))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return dict(value.__dict__)


def _problems(fault: ValidationError, body: bytes | bytearray | memoryview) -> list[Problem]:
    found: list[Problem] = []
    for error in fault.errors(include_url=False, include_context=False):
        if error["type"] == "json_invalid":
            return [_broken(bytes(body))]
        problem = {
            "type": error["type"],
            "loc": ["body", *error["loc"]],
            "msg": error["msg"],
            "input": _shown(error["input"]),
        }
        found.append(problem)
    return found


def _shown(value: Any) -> Any:
    """Returns what was sent, for the client to see, if it is small."""
    text = json.dumps(value, default=str)
    return value if len(text) <= 1000 else text[:1000]


def _broken(body: bytes) -> Problem:
    place, why = 0, "no text, or too deep"
    try:
        json.loads(body)
    except json.JSONDecodeError as fault:
        place, why = fault.pos, fault.msg
    except UnicodeDecodeError as fault:
        place = fault.start
    except RecursionError:
        pass
    return {
        "type": "json_invalid",
        "loc": ["body", place],
        "msg": "JSON decode error",
        "input": {},
        "ctx": {"error": why},
    }


def _request_model(title: str, payload: Mapping[str, Parameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for key, parameter in payload.items():
        fields[key] = _value_type(f"{title}_{key.title()}", parameter.datatype)
    inner = _model(f"{title}_Payload", fields)
    return _model(f"{title}_RequestModel", {"session": (str | None, None), "payload": (inner, ...)})


def _model(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    for key in fields:
        if key.startswith("_") or key == _TAKEN:
            raise ValueError(f"{name}: {key!r} (expected: a name without `_` before it, other than {_TAKEN})")
    with warnings.catch_warnings():
        # A field called `json` hides a method of the model, which nobody asks for.
        warnings.filterwarnings("ignore", "Field name .* shadows an attribute")
        found: type[BaseModel] = create_model(name, __config__=_CONFIG, **fields)
    return found


def _value_type(name: str, datatype: BaseType) -> tuple[Any, Any]:
    if isinstance(datatype, Repeated):
        entry: Any = _value_type(name, datatype.dtype)[0]
        return (list[entry], Field(..., max_length=datatype.max_len))
    fields = fields_of(datatype)
    return (_model(name, {key: (_in_order(kind), default) for key, (kind, default) in fields.items()}), ...)


def _in_order(kind: Any) -> Any:
    """Returns an annotation whose alternatives are tried from the left, as pydantic 1 does: 3 is 3.0 where
    `float | int` is expected.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        ordered: Any = Union[tuple(_in_order(one) for one in parts)]  # noqa: UP007
        return Annotated[ordered, Field(union_mode="left_to_right")]
    if origin in _CONTAINERS:
        return origin[tuple(one if one is ... else _in_order(one) for one in parts)]
    return kind


def _response_model(title: str, way: Way) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for step in way.steps:
        for key, name in step.results.items():
            fields[key] = (_result_type(step.component.outputs[name].datatype), ...)
    ordered = {key: fields[key] for key in way.endpoint.outputs}
    inner = _model(f"{title}_Results", ordered)
    return _model(f"{title}_Response", {"result": (inner, ...), "session": (str, ...)})


def _result_type(datatype: BaseType) -> Any:
    if isinstance(datatype, Repeated):
        inner = _result_type(datatype.dtype)
        return list[inner]  # type: ignore[valid-type]
    return _answered(result_of(datatype))


def _answered(kind: Any) -> Any:
    """Returns an annotation that takes elements of tensors and arrays for numbers, and rows for lists."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return Union[tuple(_answered(one) for one in parts)]  # noqa: UP007
    if origin in _CONTAINERS:
        found = origin[tuple(one if one is ... else _answered(one) for one in parts)]
        return Annotated[found, BeforeValidator(_of_array)]
    return Annotated[kind, BeforeValidator(_of_array)] if kind in _PLAIN else kind


def _of_array(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") and hasattr(value, "shape") else value


def _elder(schema: Any) -> Any:
    """Returns a schema without what pydantic 2 says of values that may be absent."""
    if isinstance(schema, list):
        return [_elder(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _elder(value) for key, value in schema.items()}
    kinds = found.get("anyOf")
    if isinstance(kinds, list) and {"type": "null"} in kinds:
        others = [kind for kind in kinds if kind != {"type": "null"}]
        del found["anyOf"]
        found.update(others[0] if len(others) == 1 else {"anyOf": others})
        if found.get("default", ...) is None:
            del found["default"]
    return found
