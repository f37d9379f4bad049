"""Handlers that models can be served with as they are, and the base class of most others."""
