"""Envelopes: what stands between the form of a protocol's requests and a handler's data."""
