"""What can be wrong with a metric."""


class MetricsCacheError(Exception):
    """Base of the errors of the metrics cache."""


class MetricsCacheKeyError(MetricsCacheError):
    """A metric or a key of the metrics configuration is not there."""


class MetricsCacheTypeError(MetricsCacheError):
    """A value has the wrong type."""


class MetricsCacheValueError(MetricsCacheError):
    """A value can't be used."""


class MetricsCachePyYamlError(MetricsCacheError):
    """The metrics configuration is not YAML."""
