"""Finds a handler's entry point and loads a model."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ts._wire.codec import label_head
from ts._wire.messages import Fields
from ts._worker.inputs import decode_rows, raw_rows
from ts._worker.model import CONCURRENT, CONTINUOUS, SERIAL, Awaiting, EntryPoint, LoadedModel, MakeRows
from ts._worker.non_finite import NonFinite
from ts._worker.places import Places
from ts._worker.preparer import Preparer
from ts.context import Context
from ts.utils.modules import import_own
from ts.utils.util import get_yaml_config, list_classes_from_module

if TYPE_CHECKING:
    from ts._worker.tensor_hints import HintedHandler

_BUILT_IN = "ts.torch_handler"
_ENVELOPES = "ts.torch_handler.request_envelope"
_RUNTIMES = "ts.runtimes"
_DEFAULT_FUNCTION = "handle"
_MANIFEST = Path("MAR-INF") / "MANIFEST.json"


class HandlerNotFound(Exception):
    """The handler's name leads to no module, or its module to no entry point."""


def load(handle: int, fields: Fields, awaiting: Awaiting, places: Places) -> LoadedModel:
    """Loads the model that a LOAD frame describes.

    Args:
        handle: the frontend's handle for the model.
        fields: the frame's fields.
        awaiting: where coroutines run.
        places: gets one for the model, in which the process is afterwards.

    Raises:
        HandlerNotFound: there is no entry point.
        ValueError: a field is absent or malformed.
        Exception: whatever the handler's module, its `initialize` or its first call raises.
    """
    model_dir = _required(fields, "model_dir")
    places.open(handle, model_dir)
    context = _context(fields, model_dir)
    module, function = find_module(_required(fields, "handler"), model_dir, handle)
    entry_point, instance = _entry_point(module, function)
    tensors = _handed_over(context.model_yaml_config.get("tensors"))
    hinted = None if tensors is not None or fields.get("envelope") else _hinted(entry_point)
    if hinted is not None:
        tensors = hinted.signature
    if instance is None and tensors is None:
        _first_call(awaiting.result(entry_point(None, context)))
    elif hasattr(instance, "initialize"):
        awaiting.result(instance.initialize(context))
    envelope = fields.get("envelope")
    mode = _mode(fields, entry_point)
    if hinted is not None:
        entry_point = hinted.call
    preparer = None
    if fields.get("prepare_ahead") == "true":
        if mode != SERIAL:
            raise ValueError(f"prepareAhead: true, with the mode {mode} (expected: {SERIAL})")
        if envelope:
            raise ValueError(f"prepareAhead: true, with the envelope {envelope} (expected: no envelope)")
        preparer = Preparer(instance, context)
    if envelope:
        opened = _envelope(envelope)
        entry_point = _asynchronous(opened, entry_point) if mode == CONCURRENT else opened(entry_point).handle
    make_rows: MakeRows = raw_rows if fields.get("decode_input_request") == "false" else decode_rows
    if hasattr(instance, "take_items"):
        make_rows = instance.take_items
    declared = _declared(instance)
    if tensors is not None or declared is not None:
        what = "tensors:" if declared is None else f"handler: {fields['handler']},"
        _refuse_others(what, envelope, preparer, mode)
        if declared is None:
            entry_point, make_rows = _with_tensors(entry_point, tensors, awaiting)
        else:
            entry_point, make_rows = _runtime(entry_point, instance, tensors, awaiting)
    return LoadedModel(
        handle,
        context,
        entry_point,
        instance,
        make_rows,
        _number(fields, "max_response_size", sys.maxsize),
        label_head(fields.get("label_prefix") or "0000000000008000"),
        context._non_finite,
        preparer,
        mode,
        _slots(mode, preparer, fields),
        True if mode == CONTINUOUS or _is_generator(entry_point) else None,
        None if hinted is None else hinted.signature,
    )


def _mode(fields: Fields, entry_point: EntryPoint) -> str:
    """Returns the mode that the frontend asks for.

    Raises:
        ValueError: it is not known, or the handler can't do it.
    """
    mode = fields.get("mode") or SERIAL
    if mode == SERIAL:
        return mode
    if mode not in (CONCURRENT, CONTINUOUS):
        raise ValueError(f"mode: {mode!r} (expected: {SERIAL}, {CONCURRENT} or {CONTINUOUS})")
    if mode == CONTINUOUS and fields.get("envelope"):
        raise ValueError(f"mode: {mode}, with the envelope {fields['envelope']} (expected: no envelope)")
    if mode == CONCURRENT and not _is_async(entry_point):
        name = getattr(entry_point, "__qualname__", type(entry_point).__name__)
        raise ValueError(
            f"mode: {mode} (asyncCommunication), with the handler {name} (expected: an async def, since"
            " several requests run at once)"
        )
    return mode


def _slots(mode: str, preparer: Preparer | None, fields: Fields) -> int:
    if mode == SERIAL:
        return 1 if preparer is None else 2
    slots = _number(fields, "concurrency", 0) or _number(fields, "batch_size", 1)
    return max(1, slots)


def _is_async(entry_point: EntryPoint) -> bool:
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    call = getattr(entry_point, "__call__", None)  # noqa: B004 (an object whose __call__ is async def)
    return any(is_kind(called) for is_kind in kinds for called in (entry_point, call))


def _is_generator(entry_point: EntryPoint) -> bool:
    return inspect.isgeneratorfunction(entry_point) or inspect.isasyncgenfunction(entry_point)


def _context(fields: Fields, model_dir: str) -> Context:
    from ts.metrics.metric_cache_yaml_impl import MetricsCacheYamlImpl

    manifest = manifest_of(model_dir)
    gpu = fields.get("gpu_id")
    context = Context(
        model_name=fields.get("model_name"),
        model_dir=model_dir,
        manifest=manifest,
        batch_size=_number(fields, "batch_size", 1),
        gpu=int(gpu) if gpu else None,
        limit_max_image_pixels=fields.get("limit_max_image_pixels") != "false",
        metrics=MetricsCacheYamlImpl.of_environment(os.environ),
        model_yaml_config=_model_config(model_dir, manifest),
    )
    context._allow_pickle = fields.get("allow_pickle") != "false"
    context._non_finite = NonFinite.of(fields.get("non_finite"))
    routes = fields.get("routes")
    context._routes = tuple(routes.split("\n")) if routes else ()
    if fields.get("worker_number"):
        context.system_properties["worker_number"] = _number(fields, "worker_number", 1)
    context.metrics.model_name = context.model_name
    context.metrics.context = context
    return context


def manifest_of(model_dir: str) -> dict[str, Any] | None:
    """Returns the manifest of a model's folder, or None when there is none.

    Raises:
        ValueError: it is no JSON object.
    """
    path = Path(model_dir) / _MANIFEST
    if not path.is_file():
        return None
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(manifest, dict):
        raise ValueError(f"{_MANIFEST}: {type(manifest).__name__} (expected: a JSON object)")
    return manifest


def _model_config(model_dir: str, manifest: dict[str, Any] | None) -> dict[str, Any]:
    name = ((manifest or {}).get("model") or {}).get("configFile")
    if not name:
        return {}
    path = Path(model_dir) / name
    if not path.is_file():
        raise ValueError(f"configFile: {name} (expected: a file in the archive)")
    return get_yaml_config(path)


def _required(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not value:
        raise ValueError(f"{name}: absent (expected: a field of LOAD)")
    return value


def _number(fields: Fields, name: str, default: int) -> int:
    value = fields.get(name)
    if not value:
        return default
    if not value.isdecimal():
        raise ValueError(f"{name}: {value!r} (expected: a number)")
    return int(value)


def find_module(handler: str, model_dir: str, handle: int = 0) -> tuple[ModuleType, str | None]:
    """Imports the module of a handler `[folder/]module[.py][:function]`; returns it and the function's name.

    The archive's own module wins over a built-in one of the same name. What the module's import raises comes
    through.

    Raises:
        HandlerNotFound: there is neither.
    """
    path, _, function = handler.partition(":")
    name = path.rpartition("/")[2]
    name = name[:-3] if name.endswith(".py") else name
    own_file = Path(model_dir, *name.split(".")).with_suffix(".py")
    if own_file.is_file() or (own_file.with_suffix("") / "__init__.py").is_file():
        return import_own(name, own_file, f"model_{handle}"), function or None
    if name.isidentifier() and _is_runtime(name):
        return importlib.import_module(f"{_RUNTIMES}.{name}"), function or None
    if _exists(name):
        return importlib.import_module(name), function or None
    if _exists(f"{_BUILT_IN}.{name}"):
        return importlib.import_module(f"{_BUILT_IN}.{name}"), function or None
    raise HandlerNotFound(f"handler: {handler!r} (expected: a module in the archive or a built-in handler)")


def _is_runtime(name: str) -> bool:
    """Tells whether a name is one of `ts.runtimes`; libraries have the same names, and are no handlers."""
    from ts.runtimes.kinds import NAMES

    return name in NAMES


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError as fault:
        if fault.name and (name == fault.name or name.startswith(f"{fault.name}.")):
            return False
        raise
    except ValueError:
        return name in sys.modules


def _entry_point(module: ModuleType, function: str | None) -> tuple[EntryPoint, Any]:
    """Returns the entry point, and the handler object when the handler is a class."""
    named = getattr(module, function or _DEFAULT_FUNCTION, None)
    if callable(named) and not inspect.isclass(named):
        return named, None
    handler_class = named if inspect.isclass(named) else _handler_class(module)
    instance = handler_class()
    method = getattr(instance, function, None) if function and named is None else None
    entry_point = method or getattr(instance, _DEFAULT_FUNCTION, None)
    if not callable(entry_point):
        raise HandlerNotFound(f"handler class {handler_class.__name__}: no method 'handle'")
    return entry_point, instance


def _handler_class(module: ModuleType) -> type:
    own = list_classes_from_module(module)
    candidates = [c for c in own if callable(getattr(c, _DEFAULT_FUNCTION, None))] or own
    tops = [c for c in candidates if not any(c in other.__mro__[1:] for other in candidates)]
    if len(tops) > 1:
        base = sys.modules.get(f"{_BUILT_IN}.base_handler")
        derived = [c for c in tops if base is not None and issubclass(c, base.BaseHandler)]
        tops = derived if len(derived) == 1 else tops
    if not tops:
        raise HandlerNotFound(f"handler {_file_of(module)}: neither a function 'handle' nor a class")
    if len(tops) > 1:
        names = ", ".join(sorted(c.__name__ for c in tops))
        raise HandlerNotFound(
            f"handler {_file_of(module)}: several classes could be the handler: {names} "
            f"(expected: one, or its name: {_file_of(module)}:{tops[0].__name__})"
        )
    return tops[0]


def _file_of(module: ModuleType) -> str:
    """Returns a module's name as its author knows it: here each model's has one of its own."""
    file = getattr(module, "__file__", None)
    return module.__name__ if file is None else Path(file).name


def _asynchronous(envelope: Callable[[EntryPoint], Any], entry_point: EntryPoint) -> EntryPoint:
    """Wraps a coroutine function; each request has an envelope of its own, since several are open at once."""

    async def handle(data: Any, context: Context) -> Any:
        opened = envelope(entry_point)
        opened.context = context
        return opened.format_output(await entry_point(opened.parse_input(data), context))

    return handle


def _handed_over(tensors: Any) -> Any:
    """Returns `tensors` of model-config.yaml, or None where they are only shown to clients.

    Raises:
        ValueError: those are malformed.
    """
    if not isinstance(tensors, dict) or tensors.get("framework") != "none":
        return tensors
    from ts._worker.signature import Signature

    Signature.of(tensors)
    return None


def _refuse_others(what: str, envelope: str | None, preparer: Preparer | None, mode: str) -> None:
    if envelope or preparer is not None or mode != SERIAL:
        other = f"the envelope {envelope}" if envelope else "prepareAhead" if preparer else f"mode {mode}"
        raise ValueError(f"{what} with {other} (expected: only one of them)")


def _with_tensors(entry_point: EntryPoint, tensors: Any, awaiting: Awaiting) -> tuple[EntryPoint, MakeRows]:
    # Only for the models that need it.
    from ts._worker.signature import Signature
    from ts._worker.tensor_entry import TensorEntry, tensor_rows

    signature = tensors if isinstance(tensors, Signature) else Signature.of(tensors)
    return TensorEntry(entry_point, signature, awaiting).handle, tensor_rows


def _hinted(entry_point: EntryPoint) -> HintedHandler | None:
    """What a handler's type hints say of its tensors; most have none, and need nothing more."""
    if not getattr(entry_point, "__annotations__", None):
        return None
    from ts._worker.tensor_hints import HintedHandler

    return HintedHandler.of(entry_point)


def _declared(instance: Any) -> Any:
    """What a handler of `ts.runtimes`, or one like those, says of its tensors; None: it is none."""
    module = sys.modules.get(f"{_RUNTIMES}.declared")
    declared = getattr(instance, "declared", None)
    return declared if module is not None and isinstance(declared, module.Declared) else None


def _runtime(
    entry_point: EntryPoint, instance: Any, tensors: Any, awaiting: Awaiting
) -> tuple[EntryPoint, MakeRows]:
    from ts._worker.signature import Signature
    from ts.runtimes.entry import RuntimeEntry

    if tensors is not None:
        instance.declared = instance.declared.replaced(Signature.of(tensors))
    entry = RuntimeEntry(entry_point, instance.declared, awaiting)
    return entry.handle, entry.rows


def _first_call(answer: Any) -> None:
    """Runs a generator handler up to its first yield, so that its initialisation happens."""
    if inspect.isgenerator(answer):
        next(answer, None)
        answer.close()


def _envelope(name: str) -> Callable[[EntryPoint], Any]:
    module = importlib.import_module(f"{_ENVELOPES}.{name}") if _exists(f"{_ENVELOPES}.{name}") else None
    classes = [] if module is None else list_classes_from_module(module)
    base = sys.modules.get(f"{_ENVELOPES}.base")
    found = [c for c in classes if base is not None and issubclass(c, base.BaseEnvelope)]
    if len(found) != 1:
        raise HandlerNotFound(
            f"envelope: {name!r} (expected: body, json, kserve, kservev2 or a module beside them)"
        )
    return found[0]
