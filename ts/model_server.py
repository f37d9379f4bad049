"""TorchServe's public path of the command `torchserve`; the command itself is `ts._cli.torchserve`."""

import sys

from ts._cli.torchserve import start

__all__ = ["start"]

if __name__ == "__main__":
    sys.exit(start())
