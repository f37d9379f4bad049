"""The rows: one family of measurements a module."""
