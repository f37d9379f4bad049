"""Models of MLServer as folders of the engine's model store."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cmp_to_key
from pathlib import Path
from typing import Any

from ts.compat.mlserver.environments import python_of
from ts.compat.mlserver.hosted import SETTINGS_COPY, Surroundings, copy_of
from ts.compat.mlserver.settings import ModelSettings, Settings
from ts.compat.mlserver.types import MetadataTensor

DEFAULT_VERSION = "1.0"
"""Of a model that says none: the engine's models have one."""
DEFAULT_GROUP = "mlserver"
CACHE_MIB = 64
# What Starlette allows whatever it is told.
_SAFE_HEADERS = ("Accept", "Accept-Language", "Content-Language", "Content-Type")
_CONCURRENCY = 64
_HANDLER = '''"""Hosts a model of MLServer."""

from ts.compat.mlserver.handler import {base}


class Hosted({base}):
    """{name}."""
'''


def problems(settings: Settings, models: Iterable[ModelSettings]) -> list[str]:
    """Returns what the settings ask for that there is not; each with what was expected."""
    found = []
    if settings.kafka_enabled:
        found.append("kafka_enabled: true (expected: false; there is no Kafka)")
    if settings.tracing_server:
        found.append(f"tracing_server: {settings.tracing_server!r} (expected: none; there is no tracing yet)")
    if settings.root_path:
        found.append(f"root_path: {settings.root_path!r} (expected: none; a proxy has to remove it)")
    for model in models:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", model.name):
            found.append(f"model name: {model.name!r} (expected: letters, digits, . _ and -)")
    return found


def remarks(settings: Settings) -> list[str]:
    """Returns which settings were given and have no effect."""
    without_effect = {
        "debug": "answers have no tracebacks",
        "model_repository_root": "models lie in the folder of the command",
        "parallel_workers_timeout": "workers get what they need to stop",
        "metrics_dir": "workers' metrics go through the server",
        "metrics_rest_server_prefix": "metrics have the engine's names",
        "logging_settings": "logs are configured as the engine's are",
        "cache_size": "answers are kept by their size, 64 MiB a model",
        "server_version": "the server has a version",
        "extensions": "the server has its own",
    }
    given = settings.model_fields_set
    found = [f"{name}: no effect: {why}" for name, why in without_effect.items() if name in given]
    if settings.metrics_endpoint not in (None, "/metrics"):
        found.append(f"metrics_endpoint: {settings.metrics_endpoint!r}: no effect: it is /metrics")
    if not settings.gzip_enabled:
        found.append("gzip_enabled: false: no effect: answers are packed if a client asks for that")
    return found


def pool_of(model: ModelSettings, settings: Settings) -> str | None:
    """Returns the pool whose processes a model shares; None: it has processes of its own."""
    parameters = model.parameters
    if parameters is not None and (parameters.environment_path or parameters.environment_tarball):
        # Of another Python.
        return None
    if parameters is not None and parameters.inference_pool_gid:
        return f"{DEFAULT_GROUP}-{parameters.inference_pool_gid}"
    if parameters is not None and parameters.autogenerate_inference_pool_gid:
        return None
    if settings.parallel_workers < 1 or model.parallel_workers == 0:
        return None
    return DEFAULT_GROUP


def options_of(model: ModelSettings, settings: Settings, group: str | None) -> dict[str, Any]:
    """Returns the engine's options of a model.

    Args:
        model: its settings.
        settings: of the server.
        group: whose processes it shares; None: it has processes of its own.

    Raises:
        ValueError: its environment is not there.
    """
    workers = 1 if model.parallel_workers == 0 else max(1, settings.parallel_workers)
    options: dict[str, Any] = {"minWorkers": workers, "maxWorkers": workers}
    if is_batched(model):
        options["batchSize"] = model.max_batch_size
        options["maxBatchDelay"] = math.ceil(model.max_batch_time * 1000)
    elif group is None:
        options["asyncCommunication"] = True
        options["asyncConcurrency"] = _CONCURRENCY
    if group is not None:
        options["workerGroup"] = group
    if model.inputs or model.outputs:
        options["tensors"] = {
            "framework": "none",
            "inputs": [_shown(tensor) for tensor in model.inputs],
            "outputs": [_shown(tensor) for tensor in model.outputs],
        }
    python = python_of(model, Path(settings.environments_dir))
    if python is not None:
        options["pythonExecutable"] = str(python)
    if settings.cache_enabled and model.cache_enabled:
        options["responseCacheMb"] = CACHE_MIB
    return options


def _shown(tensor: MetadataTensor) -> dict[str, Any]:
    return {"name": tensor.name, "datatype": str(tensor.datatype), "shape": tensor.shape}


def is_batched(model: ModelSettings) -> bool:
    """Tells whether requests are joined."""
    return model.max_batch_size > 1 and model.max_batch_time > 0


def write(
    store: Path,
    models: Sequence[ModelSettings],
    settings: Settings,
    around: Surroundings | None = None,
) -> list[str]:
    """Writes one folder for each model; returns what loads them, as `--models` takes it: of a model with
    several versions the one that answers where none is asked for comes first.
    """
    pools = Counter(pool_of(model, settings) for model in models)
    names: Counter[str] = Counter()
    found = []
    for model in sorted(models, key=cmp_to_key(_compare), reverse=True):
        pool = pool_of(model, settings)
        # Who is alone in a pool need not take turns.
        group = pool if pool is not None and pools[pool] > 1 else None
        # The first version has the model's name, by which the repository loads it.
        folder = model.name if not names[model.name] else f"{model.name}__{model.version}"
        names[model.name] += 1
        _write_model(store / folder, model, options_of(model, settings, group), around)
        found.append(f"{model.name}={folder}")
    return found


def _compare(one: ModelSettings, other: ModelSettings) -> int:
    """Above 0: the one is newer. Without a version is newest; two numbers are compared as numbers."""
    mine, theirs = one.version, other.version
    if not mine or not theirs:
        return bool(theirs) - bool(mine)
    if mine.isdecimal() and theirs.isdecimal():
        return int(mine) - int(theirs)
    return (mine > theirs) - (mine < theirs)


def _write_model(
    folder: Path, model: ModelSettings, options: dict[str, Any], around: Surroundings | None
) -> None:
    (folder / "MAR-INF").mkdir(parents=True)
    manifest = {
        "createdOn": "",
        "runtime": "python",
        "model": {
            "modelName": model.name,
            "handler": "hosted_model.py",
            "modelVersion": model.version or DEFAULT_VERSION,
            "configFile": "model-config.yaml",
        },
        "archiverVersion": "0",
    }
    base = "BatchedModel" if is_batched(model) else "HostedModel"
    texts = {
        "MAR-INF/MANIFEST.json": json.dumps(manifest, indent=2) + "\n",
        # JSON is YAML, too.
        "model-config.yaml": json.dumps(options, indent=2) + "\n",
        "hosted_model.py": _HANDLER.format(base=base, name=model.name),
        SETTINGS_COPY: copy_of(model, around),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def configuration(settings: Settings) -> dict[str, str]:
    """Returns the engine's configuration for a server of these settings.

    Raises:
        ValueError: a setting of CORS has no counterpart.
    """
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    # MLServer has no bound for REST; there must be one.
    most = settings.grpc_max_message_length or 0
    size = str(most if most > 0 else 128 * 1024 * 1024)
    address = f"http://{host}:{settings.http_port}"
    found = {
        "inference_address": address,
        "management_address": address,
        "metrics_address": f"http://{host}:{settings.metrics_port}",
        "grpc_inference_address": settings.host,
        "grpc_inference_port": str(settings.grpc_port),
        "grpc_management_address": settings.host,
        "grpc_management_port": str(settings.grpc_port),
        "enable_model_api": "true",
        "expose_errors": "true",
        "default_workers_per_model": "1",
        "job_queue_size": "1000",
        "max_request_size": size,
        "max_response_size": size,
        "log_format": "json" if settings.use_structured_logging else "text",
    }
    if not settings.metrics_endpoint:
        found["enable_metrics_api"] = "false"
    return {**found, **_cors(settings)}


def _cors(settings: Settings) -> dict[str, str]:
    cors = settings.cors_settings
    if cors is None:
        return {}
    origins = cors.allow_origins or []
    if cors.allow_credentials and "*" in origins:
        raise ValueError("cors_settings: allow_credentials with the origin * (expected: named origins)")
    found = {
        "cors_allowed_origin": ",".join(origins),
        "cors_allowed_origin_pattern": cors.allow_origin_regex or "",
    }
    if not any(found.values()):
        return {}
    methods, headers = cors.allow_methods or [], cors.allow_headers or []
    found |= {
        "cors_allowed_methods": "*" if "*" in methods else ", ".join(methods),
        "cors_allowed_headers": "*" if "*" in headers else ", ".join(sorted({*headers, *_SAFE_HEADERS})),
        "cors_exposed_headers": ", ".join(cors.expose_headers or []),
        "cors_allow_credentials": "true" if cors.allow_credentials else "",
        "cors_max_age": "" if cors.max_age is None else str(cors.max_age),
    }
    return {key: value for key, value in found.items() if value}
