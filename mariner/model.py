"""A model: a class or function with type hints, and the resources it is to have."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from mariner.errors import DefinitionError
from mariner.faults import MISSING
from mariner.hints import ANY, Hint, is_async_stream, list_item, may_be, stream_item, type_name, value_type
from mariner.messages import Request, Response
from mariner.reading import Parameter

if TYPE_CHECKING:
    from mariner.graph import Flow, Step

_MOST_RETRIES = 100
_METHODS = ("predict", "__call__")
_TARGET = TypeVar("_TARGET", bound=Callable[..., Any])


@dataclass(frozen=True)
class Resources:
    """What a model has for itself. Absent values are the server's own.

    Attributes:
        replicas: worker processes.
        batch: most requests that the method gets at once, as lists; None: it gets them one by one.
        wait: longest wait for a batch to fill, seconds; None: an idle worker takes what is there.
        timeout: longest run, whole seconds.
        device: `cpu` or `gpu`.
        concurrency: most requests of an `async def` method that run at once in one worker.
        queue: most requests that may wait.
        retries: how often a request is tried again here when an exception or the loss of the worker ends it.
        env: environment variables, set before the model's module is imported.
        options: more options of models, as `model-config.yaml` has them.
    """

    replicas: int = 1
    batch: int | None = None
    wait: float | None = None
    timeout: float | None = None
    device: str | None = None
    concurrency: int | None = None
    queue: int | None = None
    retries: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("replicas", "batch", "concurrency", "queue"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise DefinitionError(f"{name}: {value!r} (expected: a whole number >= 1)")
        if type(self.retries) is not int or not 0 <= self.retries <= _MOST_RETRIES:
            raise DefinitionError(
                f"retries: {self.retries!r} (expected: a whole number from 0 to {_MOST_RETRIES})"
            )
        if self.timeout is not None and (self.timeout < 1 or self.timeout != int(self.timeout)):
            raise DefinitionError(f"timeout: {self.timeout!r} (expected: whole seconds >= 1)")
        if self.wait is not None and not 0 <= self.wait < 1e6:
            raise DefinitionError(f"wait: {self.wait!r} (expected: seconds >= 0)")
        if self.wait is not None and self.batch is None:
            raise DefinitionError(f"wait: {self.wait!r} without batch (expected: both)")
        if self.device not in (None, "cpu", "gpu"):
            raise DefinitionError(f"device: {self.device!r} (expected: cpu or gpu)")

    def model_options(self, concurrent: bool) -> dict[str, Any]:
        """Returns them as `model-config.yaml` has them."""
        found: dict[str, Any] = {
            "minWorkers": self.replicas,
            "maxWorkers": self.replicas,
            "batchSize": self.batch or 1,
            "maxBatchDelay": None if self.wait is None else round(self.wait * 1000),
            "responseTimeout": None if self.timeout is None else int(self.timeout),
            "deviceType": self.device,
            "jobQueueSize": self.queue,
            "asyncCommunication": True if concurrent else None,
            "asyncConcurrency": self.concurrency if concurrent else None,
            **self.options,
        }
        return {name: value for name, value in found.items() if value is not None}


class Model(Generic[_TARGET]):
    """A class or function that can be served. It is called as what it was made of: `Sentiment()` makes an
    object of the class.

    Attributes:
        target: the class or function.
        name: within an application.
        resources: what it has for itself.
        examples: requests that a worker answers before it is ready, each the arguments of the method.
    """

    def __init__(
        self, target: _TARGET, name: str, resources: Resources, examples: tuple[tuple[Any, ...], ...] = ()
    ) -> None:
        self.target = target
        self.name = name
        self.resources = resources
        self.examples = examples
        self.__wrapped__ = target
        self.__doc__ = target.__doc__
        self._check()

    @classmethod
    def of(cls, target: Any) -> Model[Any]:
        """Returns a model as it is, a plain class or function with the resources that all have."""
        if isinstance(target, Model):
            return target
        if inspect.isclass(target) or inspect.isroutine(target):
            made: Any = target
            return cls(made, made.__name__, Resources())
        raise DefinitionError(f"{type(target).__name__} {target!r} (expected: a class or function)")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Calls what the model was made of."""
        return self.target(*arguments, **named)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (self.target,) if isinstance(self.target, type) else ()

    def __rshift__(self, other: Step) -> Flow:
        from mariner.graph import Flow

        return Flow.of(self) >> other

    def __rrshift__(self, other: Step) -> Flow:
        from mariner.graph import Flow

        return Flow.of(other) >> self

    def __repr__(self) -> str:
        return f"<mariner.Model {self.name}>"

    def having(self, **changes: Any) -> Model[_TARGET]:
        """Returns the same model with other resources: `Encode.having(replicas=4)`."""
        name = changes.pop("name", self.name)
        return Model(self.target, name, replace(self.resources, **changes), self.examples)

    @cached_property
    def method_name(self) -> str | None:
        """Name of the method that answers; None for a function."""
        if not inspect.isclass(self.target):
            return None
        for name in _METHODS:
            if callable(getattr(self.target, name, None)):
                if name == "__call__" and "__call__" not in dir_of(self.target):
                    continue
                return name
        raise DefinitionError(f"{self.name}: no method (expected: predict or __call__)")

    @property
    def method(self) -> Callable[..., Any]:
        """The function that answers, unbound."""
        return getattr(self.target, self.method_name) if self.method_name else self.target

    @property
    def where(self) -> str:
        """The method, for messages."""
        return f"{self.name}.{self.method_name}" if self.method_name else self.name

    @cached_property
    def _hints(self) -> dict[str, Any]:
        try:
            return typing.get_type_hints(self.method, include_extras=True)
        except (NameError, TypeError) as fault:
            raise DefinitionError(f"{self.where}: its type hints can't be read: {fault}") from fault

    @cached_property
    def _all_parameters(self) -> list[inspect.Parameter]:
        found = list(inspect.signature(self.method).parameters.values())
        return found[1:] if self.method_name and not self._is_static else found

    @property
    def _is_static(self) -> bool:
        raw = inspect.getattr_static(self.target, self.method_name or "")
        return isinstance(raw, (staticmethod, classmethod))

    @cached_property
    def order(self) -> tuple[bool, ...]:
        """For each parameter of the method: whether it gets the `Request` instead of a value."""
        return tuple(self._is_request(one.name) for one in self._all_parameters)

    def _is_request(self, name: str) -> bool:
        found = self._hints.get(name)
        return found is Request or (self.resources.batch is not None and list_item(found) is Request)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a request fills, each with the type of one request."""
        found = []
        for one, is_request in zip(self._all_parameters, self.order, strict=True):
            if is_request:
                continue
            default = MISSING if one.default is one.empty else one.default
            found.append(Parameter(one.name, Hint.of(self._type_of(one)), default))
        return tuple(found)

    def _type_of(self, one: inspect.Parameter) -> Any:
        if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.KEYWORD_ONLY):
            raise DefinitionError(f"{self.where}: {one} (expected: plain parameters)")
        hint = self._hints.get(one.name, Any)
        if stream_item(hint) is not None and list_item(hint) is None:
            raise DefinitionError(f"{self.where}: {one.name}: {type_name(hint)} (expected: a whole value)")
        return self._of_one(hint, one.name)

    @cached_property
    def answer(self) -> Any:
        """Type of the answer to one request; of one piece when it streams. Not told: `Any`."""
        hint = self._hints.get("return", Any)
        return value_type(stream_item(hint) if self.streams else self._of_one(hint, "its answer"))

    @cached_property
    def may_respond(self) -> bool:
        """Whether its hint lets it answer a `Response`, with a status of its own."""
        if self.streams:
            return False
        return may_be(Response, self._of_one(self._hints.get("return", Any), "its answer"))

    def _of_one(self, hint: Any, what: str) -> Any:
        if self.resources.batch is None or hint is Any:
            return hint
        item = list_item(hint)
        if item is None:
            size = self.resources.batch
            raise DefinitionError(
                f"{self.where}: {what}: {type_name(hint)} "
                f"(expected: list[{type_name(hint)}], since batch={size})"
            )
        return item

    @cached_property
    def streams(self) -> bool:
        """Whether it answers piece by piece."""
        hint = self._hints.get("return", Any)
        told = hint is not Any and list_item(hint) is None and stream_item(hint) is not None
        return told or inspect.isgeneratorfunction(self.method) or inspect.isasyncgenfunction(self.method)

    @cached_property
    def asynchronous(self) -> bool:
        """Whether its method is a coroutine function, or returns an asynchronous stream."""
        return (
            inspect.iscoroutinefunction(self.method)
            or inspect.isasyncgenfunction(self.method)
            or is_async_stream(self._hints.get("return", Any))
        )

    @property
    def concurrent(self) -> bool:
        """Whether a worker runs several of its requests at once."""
        return self.asynchronous and self.resources.batch is None

    def _check(self) -> None:
        """Raises DefinitionError when it can't be served."""
        _ = self.parameters, self.answer
        if self.streams and self.resources.batch is not None:
            raise DefinitionError(
                f"{self.where}: a stream with batch={self.resources.batch} (expected: no batch)"
            )
        if self.resources.concurrency is not None and not self.concurrent:
            raise DefinitionError(
                f"{self.where}: concurrency={self.resources.concurrency} "
                "(expected: an async def without batch)"
            )
        for example in self.examples:
            if len(example) != len(self.parameters):
                raise DefinitionError(
                    f"{self.where}: example: {len(example)} values (expected: {len(self.parameters)})"
                )

    @property
    def is_typed(self) -> bool:
        """Whether any of its parameters has a hint."""
        return any(one.hint.kind != ANY for one in self.parameters)


def dir_of(kind: type) -> set[str]:
    """Returns what a class and its bases define, without what every class has."""
    return {name for base in kind.__mro__ for name in vars(base)}


@overload
def model(target: _TARGET, /) -> Model[_TARGET]: ...


@overload
def model(
    target: None = None,
    /,
    *,
    name: str | None = None,
    replicas: int = 1,
    batch: int | None = None,
    wait: float | None = None,
    timeout: float | None = None,
    device: str | None = None,
    concurrency: int | None = None,
    queue: int | None = None,
    retries: int = 0,
    env: Mapping[str, str] | None = None,
    example: Any = MISSING,
    options: Mapping[str, Any] | None = None,
) -> Callable[[_TARGET], Model[_TARGET]]: ...


def model(target: Any = None, /, *, name: str | None = None, example: Any = MISSING, **resources: Any) -> Any:
    """Makes a model of a class with `predict` or `__call__`, or of a function.

    Args:
        target: the class or function; left out when there are resources to be given.
        name: within an application; None: that of the class or function.
        example: a request that each worker answers before it is ready; a tuple for several parameters.
        resources: see `Resources`.

    Raises:
        DefinitionError: it can't be served like that.
    """
    examples: tuple[tuple[Any, ...], ...] = ()
    if example is not MISSING:
        examples = (example if isinstance(example, tuple) else (example,),)
    for key in ("env", "options"):
        if resources.get(key) is None:
            resources.pop(key, None)

    def made(found: Any) -> Model[Any]:
        if isinstance(found, Model):
            raise DefinitionError(
                f"{found.name}: a model already (expected: .having(...) for other resources)"
            )
        return Model(found, name or found.__name__, Resources(**resources), examples)

    return made if target is None else made(target)
