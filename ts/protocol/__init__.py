"""Names of the protocol that handlers import; the protocol itself is in `ts._wire`."""
