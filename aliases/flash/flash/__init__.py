"""The name under which scripts of Flash Serve find it; see `ts.compat.flash`."""

__version__ = "0.8.2"
"""Of Flash, whose API this is."""


def __getattr__(name: str) -> object:
    """Tells what else of Flash is looked for."""
    raise AttributeError(f"flash.{name} (expected: flash.core.serve, which is all that Mariner has of Flash)")
