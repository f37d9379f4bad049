"""Values between stages by way of a Redis server."""

from __future__ import annotations

import os
from typing import Any

from ts.compat.mosec.worker import Worker

_URL_VARIABLE = "MOSEC_REDIS_URL"
_DEFAULT_URL = "redis://localhost:6379/0"
_LAST_ID = "mosec:last_id"


class RedisShmIPCMixin(Worker):
    """Leaves what goes to the next stage in Redis, and sends its key. A value is removed when it is read."""

    _client: Any = None

    @classmethod
    def set_redis_url(cls, url: str) -> None:
        """Says where Redis is, in this process and those that it starts."""
        os.environ[_URL_VARIABLE] = url

    def _get_client(self) -> Any:
        if self._client is None:
            import redis

            self._client = redis.from_url(os.environ.get(_URL_VARIABLE) or _DEFAULT_URL)
        return self._client

    def serialize_ipc(self, data: Any) -> bytes:
        """Stores a value; returns its key."""
        client = self._get_client()
        key = b"mosec:%d" % client.incr(_LAST_ID)
        client.set(key, bytes(super().serialize_ipc(data)))
        return key

    def deserialize_ipc(self, data: Any) -> Any:
        """Returns the value of a key, and removes it.

        Raises:
            KeyError: it is not there.
        """
        key = bytes(data)
        found = self._get_client().getdel(key)
        if found is None:
            raise KeyError(f"redis: no {key!r} (expected: a value of the stage before)")
        return super().deserialize_ipc(found)
