#!/bin/bash
# Entry point of the images, with the arguments that TorchServe's take:
#   serve            the server, with /home/model-server/config.properties
#   torchserve …     the server, with these flags; under KServe (PROTOCOL_VERSION or CONFIG_PATH is set) on KServe's ports
#   anything else    is run as a command of the shell
# The server becomes this process: it gets the signals of the container, which ends when the server does, with its exit code.
set -e

if [ "$1" = serve ]; then
    shift
    exec torchserve --start --foreground --ts-config /home/model-server/config.properties --disable-token-auth "$@"
fi
if [ "$1" = torchserve ]; then
    shift
    if [ -n "${PROTOCOL_VERSION:-}${CONFIG_PATH:-}" ]; then
        exec python -m ts._cli.kserve "$@"
    fi
    exec torchserve --foreground "$@"
fi
eval "$@"
