"""How requests to stateful models name what they say of their sequence: as the configuration says."""

from __future__ import annotations

import os

SEQUENCE_ID = os.environ.get("TS_HEADER_KEY_SEQUENCE_ID") or "ts_request_sequence_id"
SEQUENCE_START = os.environ.get("TS_HEADER_KEY_SEQUENCE_START") or "ts_request_sequence_start"
SEQUENCE_END = os.environ.get("TS_HEADER_KEY_SEQUENCE_END") or "ts_request_sequence_end"
