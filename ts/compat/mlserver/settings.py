"""`settings.json` and `model-settings.json`.

A value that the file has, or the constructor is given, wins over the environment's
(`MLSERVER_HTTP_PORT`, `MLSERVER_MODEL_URI`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import pydantic
from pydantic import ConfigDict, Field, PrivateAttr

from ts.compat.mlserver.environment import named, variables
from ts.compat.mlserver.imports import import_path, import_string
from ts.compat.mlserver.types import MetadataTensor
from ts.version import __version__

SERVER_PREFIX = "MLSERVER_"
MODEL_PREFIX = "MLSERVER_MODEL_"
SETTINGS_FILE = "settings.json"
MODEL_SETTINGS_FILE = "model-settings.json"


class _Settings(pydantic.BaseModel):
    model_config = ConfigDict(protected_namespaces=(), populate_by_name=True)

    @classmethod
    def _from_environment(cls, prefix: str) -> dict[str, Any]:
        names = {
            field.alias or name: not _is_plain(field.annotation) for name, field in cls.model_fields.items()
        }
        return named(prefix, names, variables())

    @classmethod
    def parse_file(cls, path: str | Path) -> Any:  # type: ignore[override]
        """Returns the settings of a file.

        Raises:
            ValueError: it is no JSON object, or a value is not as it should be.
        """
        return cls(**_read_object(Path(path)))


def _is_plain(annotation: Any) -> bool:
    plain = (str, int, float, bool)
    arguments = getattr(annotation, "__args__", ())
    return annotation in plain or any(each in plain for each in arguments if not hasattr(each, "__args__"))


def _read_object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as fault:
        raise ValueError(f"{path}: {fault} (expected: JSON)") from fault
    if not isinstance(found, dict):
        raise ValueError(f"{path}: {type(found).__name__} (expected: an object)")
    return found


class CORSSettings(_Settings):
    """Which pages of other origins may ask."""

    allow_origins: Optional[list[str]] = []  # noqa: UP045
    allow_origin_regex: Optional[str] = None  # noqa: UP045
    allow_credentials: Optional[bool] = False  # noqa: UP045
    allow_methods: Optional[list[str]] = ["GET"]  # noqa: UP045
    allow_headers: Optional[list[str]] = []  # noqa: UP045
    expose_headers: Optional[list[str]] = []  # noqa: UP045
    max_age: Optional[int] = 600  # noqa: UP045


class Settings(_Settings):
    """Settings of the server; sizes in bytes, times in seconds."""

    model_config = ConfigDict(protected_namespaces=(), populate_by_name=True, extra="ignore")

    debug: bool = False
    parallel_workers: int = 1
    parallel_workers_timeout: int = 5
    environments_dir: str = ".envs"
    model_repository_implementation: Optional[Any] = None  # noqa: UP045
    model_repository_implementation_args: dict[str, Any] = Field(default_factory=dict)
    model_repository_root: str = "."
    load_models_at_startup: bool = True
    server_name: str = "mlserver"
    server_version: str = __version__
    extensions: list[str] = Field(default_factory=list)
    host: str = "0.0.0.0"
    http_port: int = 8080
    root_path: str = ""
    grpc_port: int = 8081
    grpc_max_message_length: Optional[int] = None  # noqa: UP045
    cors_settings: Optional[CORSSettings] = None  # noqa: UP045
    metrics_endpoint: Optional[str] = "/metrics"  # noqa: UP045
    metrics_port: int = 8082
    metrics_rest_server_prefix: str = "rest_server"
    metrics_dir: str = ".metrics"
    use_structured_logging: bool = False
    logging_settings: Optional[Any] = None  # noqa: UP045
    kafka_enabled: bool = False
    kafka_servers: str = "localhost:9092"
    kafka_topic_input: str = "mlserver-input"
    kafka_topic_output: str = "mlserver-output"
    tracing_server: Optional[str] = None  # noqa: UP045
    cache_enabled: bool = False
    cache_size: int = 100
    gzip_enabled: bool = True

    def __init__(self, **values: Any) -> None:
        super().__init__(**{**self._from_environment(SERVER_PREFIX), **values})


class ModelParameters(_Settings):
    """What a model is loaded from and with; any name is allowed.

    Attributes:
        uri: of its files; a relative one is below the folder of the settings.
        version: of the model.
        environment_path: a Python environment that is there.
        environment_tarball: a Python environment to be unpacked.
        inference_pool_gid: models of one group share processes.
        autogenerate_inference_pool_gid: gives the model a group of its own.
        format: of the files.
        content_type: of requests that say none.
        extra: the model's own.
    """

    model_config = ConfigDict(protected_namespaces=(), extra="allow")

    uri: Optional[str] = None  # noqa: UP045
    version: Optional[str] = None  # noqa: UP045
    environment_path: Optional[str] = None  # noqa: UP045
    environment_tarball: Optional[str] = None  # noqa: UP045
    inference_pool_gid: Optional[str] = None  # noqa: UP045
    autogenerate_inference_pool_gid: bool = False
    format: Optional[str] = None  # noqa: UP045
    content_type: Optional[str] = None  # noqa: UP045
    extra: Optional[dict[str, Any]] = Field(default_factory=dict)  # noqa: UP045

    def __init__(self, **values: Any) -> None:
        super().__init__(**{**self._from_environment(MODEL_PREFIX), **values})


class ModelSettings(_Settings):
    """Settings of one model.

    Attributes:
        name: of the model.
        platform: what it is made with.
        versions: it can have.
        inputs: that it takes.
        outputs: that it gives.
        parallel_workers: 0: in no shared process; deprecated.
        max_batch_size: most requests that are joined; 0: none are.
        max_batch_time: longest wait for more requests, in seconds.
        implementation_: import path of the class.
        parameters: what it is loaded from and with.
        cache_enabled: whether answers are kept.
    """

    model_config = ConfigDict(protected_namespaces=(), populate_by_name=True, extra="ignore")

    name: str = ""
    platform: str = ""
    versions: list[str] = Field(default_factory=list)
    inputs: list[MetadataTensor] = Field(default_factory=list)
    outputs: list[MetadataTensor] = Field(default_factory=list)
    parallel_workers: Optional[int] = None  # noqa: UP045
    warm_workers: Optional[bool] = False  # noqa: UP045
    max_batch_size: int = 0
    max_batch_time: float = 0.0
    implementation_: str = Field(alias="implementation")
    parameters: Optional[ModelParameters] = None  # noqa: UP045
    cache_enabled: bool = False

    _source: Optional[str] = PrivateAttr(default=None)  # noqa: UP045

    def __init__(self, **values: Any) -> None:
        source = values.pop("_source", None)
        given = {**self._from_environment(MODEL_PREFIX), **values}
        for name in ("implementation", "implementation_"):
            if isinstance(given.get(name), type):
                given[name] = import_path(given[name])
        if "parameters" not in given and _parameters_given():
            given["parameters"] = ModelParameters()
        super().__init__(**given)
        self._source = source

    @classmethod
    def parse_file(cls, path: str | Path) -> ModelSettings:  # type: ignore[override]
        """Returns the settings of a file, which know where it lies; see `Settings.parse_file`."""
        return cls(**_read_object(Path(path)), _source=str(path))

    @property
    def folder(self) -> Path | None:
        """Where the file lies that the settings were read from; None: from none."""
        return Path(self._source).resolve().parent if self._source else None

    @property
    def version(self) -> str | None:
        """The model's version; None: it has none."""
        return self.parameters.version if self.parameters else None

    @property
    def implementation(self) -> Any:
        """The class of the model."""
        return import_string(self.implementation_, self.folder)

    @implementation.setter
    def implementation(self, value: type | str) -> None:
        self.implementation_ = value if isinstance(value, str) else import_path(value)


def _parameters_given() -> bool:
    return bool(ModelParameters._from_environment(MODEL_PREFIX))


def model_environment(given: Mapping[str, str]) -> bool:
    """Tells whether the environment alone names a model, as KServe's does."""
    return any(name.upper() == f"{MODEL_PREFIX}IMPLEMENTATION" and value for name, value in given.items())
