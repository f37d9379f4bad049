"""What can be wrong with a metric. Each is also the built-in error of its kind, as handlers catch them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any


class MetricsCacheError(Exception):
    """Base of the errors of the metrics cache."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class GeneralMetricsCacheError(MetricsCacheError):
    """Something else is wrong with the metrics configuration."""


class MetricsCacheIOError(MetricsCacheError, OSError):
    """The metrics configuration can't be read."""


class MetricsCacheKeyError(MetricsCacheError, KeyError):
    """A metric or a key of the metrics configuration is not there."""


class MetricsCacheTypeError(MetricsCacheError, TypeError):
    """A value has the wrong type."""


class MetricsCacheValueError(MetricsCacheError, ValueError):
    """A value can't be used."""


if TYPE_CHECKING:

    class MetricsCachePyYamlError(MetricsCacheError):
        """The metrics configuration is not YAML."""


def __getattr__(name: str) -> Any:
    """Makes the one error whose kind is PyYAML's when it is asked for; nothing else here needs that."""
    if name != "MetricsCachePyYamlError":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import yaml

    kind = type(
        name,
        (MetricsCacheError, yaml.YAMLError),
        {"__module__": __name__, "__doc__": "The metrics configuration is not YAML."},
    )
    globals()[name] = kind
    return kind
