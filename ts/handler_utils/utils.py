"""Streaming of replies, and import of classes by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from ts.context import Context
from ts.protocol.otf_message_handler import create_predict_response
from ts.utils.util import list_classes_from_module

__all__ = ["create_predict_response", "import_class", "send_intermediate_predict_response"]

_OK = 200


def send_intermediate_predict_response(
    ret: Sequence[Any],
    req_id_map: Mapping[int, str] | None,
    message: str,
    code: int,
    context: Context | None = None,
) -> None:
    """Sends one piece to each client of the batch, at once. The list that the handler returns holds the last
    pieces.

    Args:
        ret: the pieces, in the order of the batch.
        req_id_map: index in the batch to request id, as `context.request_ids`; its keys say which requests
            get one.
        message: a remark; nobody reads it.
        code: the HTTP status of the replies for which none is set on the context.
        context: the context that the handler was called with.

    Raises:
        RuntimeError: the context serves no request at this moment.
        RequestCancelled: nobody waits for any request of the batch any more. It is no `Exception`.
    """
    outlet = None if context is None else context._outlet
    if outlet is None:
        raise RuntimeError(
            "context: serves no request (expected: the context that the handler was called with)"
        )
    indexes = range(len(ret)) if req_id_map is None else sorted(req_id_map)
    if len(indexes) > len(ret):
        raise ValueError(f"ret: {len(ret)} pieces (expected: {len(indexes)}, one for each request)")
    outlet.send_pieces({index: ret[index] for index in indexes}, 0 if code == _OK else code)


def import_class(class_name: str, module_prefix: str | None = None) -> type:
    """Imports a class by name.

    Args:
        class_name: `module.Class`; with a prefix also `Class`, or a module that defines exactly one class.
        module_prefix: the package of that module, or the module of that class.

    Raises:
        ImportError: there is no such module or class, or the module defines more than one.
    """
    if not class_name:
        raise ImportError(f"class: {class_name!r} (expected: module.Class)")
    module_name, _, name = class_name.rpartition(".")
    if module_name or not module_prefix:
        return _class_of(module_prefix, module_name, name)
    found = getattr(importlib.import_module(module_prefix), name, None)
    if isinstance(found, type):
        return found
    try:
        module = importlib.import_module(f"{module_prefix}.{name}")
    except ModuleNotFoundError as fault:
        if fault.name not in (module_prefix, f"{module_prefix}.{name}"):
            raise
        raise ImportError(f"class: {name} (expected: a class of {module_prefix}, or its module)") from fault
    classes = list_classes_from_module(module)
    if len(classes) != 1:
        names = ", ".join(c.__name__ for c in classes) or "none"
        raise ImportError(f"module {module.__name__}: classes {names} (expected: exactly one)")
    return classes[0]


def _class_of(prefix: str | None, module_name: str, name: str) -> type:
    if not module_name:
        raise ImportError(f"class: {name} (expected: module.Class)")
    module = importlib.import_module(f"{prefix}.{module_name}" if prefix else module_name)
    found = getattr(module, name, None)
    if not isinstance(found, type):
        raise ImportError(f"class: {name} (expected: a class of {module.__name__})")
    return found
