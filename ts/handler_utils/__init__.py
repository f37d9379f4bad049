"""Tools that handlers are built with."""
