"""Handler classes of the days of multi-model-server."""
