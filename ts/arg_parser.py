"""TorchServe's public path of its argument parsers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from ts._cli.torchserve import torchserve_parser


class ArgParser:
    """The parsers of the command `torchserve` and of TorchServe's worker."""

    @staticmethod
    def ts_parser() -> argparse.ArgumentParser:
        """Returns the parser of `torchserve`."""
        return torchserve_parser()

    @staticmethod
    def model_service_worker_args() -> argparse.ArgumentParser:
        """Returns a parser of the arguments that TorchServe gave its workers, for tools that start them
        alone."""
        parser = argparse.ArgumentParser(
            prog="model-server-worker", description="A worker of the model server."
        )
        parser.add_argument(
            "--sock-type", required=True, choices=["unix", "tcp"], help="kind of socket to serve"
        )
        parser.add_argument("--sock-name", help="path of the Unix socket")
        parser.add_argument("--host", help="address of the TCP socket")
        parser.add_argument("--port", help="port of the TCP socket")
        parser.add_argument("--metrics-config", help="metrics configuration (YAML)")
        return parser

    @staticmethod
    def extract_args(args: Sequence[str] | None = None) -> argparse.Namespace:
        """Parses `torchserve`'s arguments (default, also for an empty list: those of the process)."""
        return ArgParser.ts_parser().parse_args(args or None)
