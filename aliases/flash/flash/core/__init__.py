"""The name under which scripts of Flash Serve find it; see `ts.compat.flash`."""
