"""Components: a model, and the one method of it that is served."""

from __future__ import annotations

import inspect
import keyword
import sys
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ts.compat.flash.ports import INPUTS, OUTPUTS, Connection, Parameter, Parameters
from ts.compat.flash.servable import Servable
from ts.compat.flash.types import BaseType

_Method = TypeVar("_Method", bound=Callable[..., Any])
_RESERVED = ("inputs", "outputs", "uid")
_MARK = "_flash_exposed"
_PARAMETERS = ("model", "config")


@dataclass(frozen=True)
class Exposed:
    """What `expose` says of a method."""

    inputs: Mapping[str, BaseType]
    outputs: Mapping[str, BaseType]


@dataclass(frozen=True)
class ComponentMeta:
    """What belongs to a component beside what its class made.

    Attributes:
        exposed: name of the method.
        models: as they were given.
        config: as it was given.
    """

    uid: str
    exposed: str
    models: Any
    config: Mapping[str, Any] | None
    inputs: Parameters
    outputs: Parameters

    @property
    def connections(self) -> list[Connection]:
        """All that were made from here."""
        places = (self.inputs, self.outputs)
        return [one for ports in places for name in ports for one in ports[name].connections]


def expose(inputs: Mapping[str, BaseType], outputs: Mapping[str, BaseType]) -> Callable[[_Method], _Method]:
    """Marks the method of a component that is served.

    Args:
        inputs: types of its parameters, by name.
        outputs: types of what it returns: by key of a dict, or in the order of a sequence.

    Raises:
        TypeError: it is no dict of types.
        ValueError: a dict is empty.
        SyntaxError: a name can't be one of Python's.
        AttributeError: a name is no text.
    """
    exposed = Exposed(_checked(INPUTS, inputs), _checked(OUTPUTS, outputs))

    def mark(method: _Method) -> _Method:
        setattr(method, _MARK, exposed)
        return method

    return mark


def _checked(position: str, types: Any) -> Mapping[str, BaseType]:
    if not isinstance(types, dict):
        raise TypeError(f"expose: {position}: {types!r} (expected: a dict of types)")
    if not types:
        raise ValueError(f"expose: {position}: an empty dict (expected: at least one name)")
    for name, datatype in types.items():
        if not isinstance(name, str):
            raise AttributeError(f"expose: {position}: {name!r} (expected: a name)")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise SyntaxError(f"expose: {position}: {name!r} (expected: a name that Python allows)")
        if not isinstance(datatype, BaseType):
            raise TypeError(f"expose: {position}: {name}: {datatype!r} (expected: an object of a BaseType)")
    return dict(types)


class ModelComponent:
    """A model that is served by the one method that has `@expose`.

    A subclass has `__init__(self, model)` or `__init__(self, model, config)`. An object of it has `inputs`,
    `outputs` and `uid`, and calling it calls its method.
    """

    _flashserve_meta_: ComponentMeta

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in _RESERVED:
            if name in cls.__dict__:
                raise TypeError(f"{cls.__name__}.{name}: (expected: another name, this one is taken)")
        exposed_name(cls)
        _check_init(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> ModelComponent:
        """Checks what `__init__` will get, and adds inputs and outputs."""
        if cls is ModelComponent:
            raise TypeError("ModelComponent: (expected: a class of it with an exposed method)")
        name = exposed_name(cls)
        exposed: Exposed = getattr(getattr(cls, name), _MARK)
        _check_method(cls, name, exposed)
        given = inspect.signature(cls.__init__).bind(None, *args, **kwargs).arguments
        _check_models(cls.__name__, given["model"])
        config = given.get("config")
        if config is not None:
            _check_config(cls.__name__, config)
        made = super().__new__(cls)
        uid = uuid.uuid4().hex

        def ports(position: str, types: Mapping[str, BaseType]) -> Parameters:
            return Parameters({key: Parameter(key, kind, uid, position) for key, kind in types.items()})

        made._flashserve_meta_ = ComponentMeta(
            uid,
            name,
            given["model"],
            config,
            ports(INPUTS, exposed.inputs),
            ports(OUTPUTS, exposed.outputs),
        )
        return made

    @property
    def inputs(self) -> Parameters:
        """Parameters of the method."""
        return self._flashserve_meta_.inputs

    @property
    def outputs(self) -> Parameters:
        """What the method returns."""
        return self._flashserve_meta_.outputs

    @property
    def uid(self) -> str:
        """A name that no other component has."""
        return self._flashserve_meta_.uid

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the exposed method."""
        return getattr(self, self._flashserve_meta_.exposed)(*args, **kwargs)


def exposed_name(kind: type) -> str:
    """Returns the name of a component's exposed method; raises SyntaxError unless there is exactly one."""
    names = [name for name in dir(kind) if hasattr(inspect.getattr_static(kind, name), _MARK)]
    if len(names) != 1:
        shown = ", ".join(names) or "no method"
        raise SyntaxError(
            f"{kind.__name__}: {shown} with the expose decorator (expected: exactly one method)"
        )
    return names[0]


def _check_init(kind: type) -> None:
    names = list(inspect.signature(kind.__init__).parameters)[1:]  # type: ignore[misc]
    if names not in (["model"], ["model", "config"]):
        shown = ", ".join(names) or "none"
        raise SyntaxError(
            f"{kind.__name__}.__init__: parameters {shown} (expected: model, or model and config)"
        )


def _check_method(kind: type, name: str, exposed: Exposed) -> None:
    parameters = list(inspect.signature(getattr(kind, name)).parameters)[1:]
    if set(parameters) != set(exposed.inputs):
        raise RuntimeError(
            f"{kind.__name__}.{name}: parameters {parameters}, but inputs {list(exposed.inputs)} "
            "(expected: the same names)"
        )


def _check_models(name: str, models: Any) -> None:
    found = models
    if isinstance(models, dict):
        if not all(isinstance(key, str) for key in models):
            raise TypeError(f"{name}: model: keys {list(models)} (expected: names)")
        found = list(models.values())
    if not isinstance(found, (list, tuple)):
        found = [found]
    if not found:
        raise ValueError(f"{name}: model: {models!r} is empty (expected: at least one model)")
    for model in found:
        if not _is_model(model):
            raise TypeError(
                f"{name}: model: {model!r} (expected: a Servable, a torch.nn.Module, or some of them)"
            )


def _is_model(model: Any) -> bool:
    torch = sys.modules.get("torch")
    return isinstance(model, Servable) or (torch is not None and isinstance(model, torch.nn.Module))


def _check_config(name: str, config: Any) -> None:
    if not isinstance(config, dict):
        raise TypeError(f"{name}: config: {config!r} (expected: a dict)")
    if not config:
        raise ValueError(f"{name}: config: an empty dict (expected: at least one entry)")
    for key, value in config.items():
        if not isinstance(key, str) or not isinstance(value, (str, bytes, int, float)):
            raise TypeError(
                f"{name}: config: {key!r}: {value!r} (expected: names with texts, bytes or numbers)"
            )
