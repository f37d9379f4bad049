"""Echo over TLS next to the same echo in plain HTTP: what encryption costs on connections that stay open."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from bench.context import Context, NotAvailableError
from bench.load import wrk
from bench.measurement import Measurement, Recorder
from bench.places import fresh_folder
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import echo
from bench.servers.fleet import Starter, fleet
from bench.servers.process import Running

CONNECTIONS = 64
# First requests wait for the handshakes of all connections: in a shorter time they are the slowest hundredth.
LEAST_SECONDS = 8


def certificate() -> Mapping[str, str]:
    """Makes a certificate for 127.0.0.1; returns the keys of the configuration that name it.

    Raises:
        NotAvailableError: openssl is missing or fails.
    """
    folder = fresh_folder("tls-certificate")
    key, shown = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bench"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(shown)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotAvailableError(f"no certificate could be made: {error} (expected: openssl)") from error
    return {"certificate_file": str(shown), "private_key_file": str(key)}


def _named(server: Running, name: str) -> Running:
    server.name = name
    return server


def starters() -> Mapping[str, Starter]:
    """Returns how each system is started."""
    keys = certificate()
    return {
        "mariner": lambda: mariner(Serving("plain", [echo()])),
        "mariner-tls": lambda: _named(
            mariner(Serving("tls", [echo()], config=keys, secure=True)), "mariner-tls"
        ),
        "torchserve-tls": lambda: _named(
            torchserve(Serving("tls", [echo()], config=keys, secure=True)), "torchserve-tls"
        ),
    }


def measure(context: Context) -> list[Measurement]:
    """Returns rate and latency of 1 KB bodies on 64 connections."""
    wrk.require_wrk()
    recorder = Recorder()
    with fleet(context, starters(), lambda server: wrk.warm_up(server, context.warm_up_seconds)) as servers:
        for _ in context.each_round():
            for server in servers:
                sample = wrk.load(server, CONNECTIONS, max(context.seconds, LEAST_SECONDS))
                sample.record(recorder, server.name, connections=CONNECTIONS)
                context.say(f"  {server.name:14} {sample}")
    return recorder.measurements()
