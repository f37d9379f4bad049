"""The servers that are compared: how each is installed, started, watched and stopped."""
