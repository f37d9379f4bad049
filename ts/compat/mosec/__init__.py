"""Mosec's API: workers in stages, one after the other, each with processes and batches of its own.

    from ts.compat.mosec import Server, Worker

A script that was written for Mosec runs as it is with the alias distribution `mosec`, or with this import.
"""

from ts.compat.mosec.errors import ClientError, DecodingError, EncodingError, ServerError, ValidationError
from ts.compat.mosec.log import get_logger
from ts.compat.mosec.runtime import Runtime
from ts.compat.mosec.server import Server
from ts.compat.mosec.worker import SSEWorker, Worker

__all__ = [
    "ClientError",
    "DecodingError",
    "EncodingError",
    "Runtime",
    "SSEWorker",
    "Server",
    "ServerError",
    "ValidationError",
    "Worker",
    "get_logger",
]
