"""Whom the commands trust when a server speaks TLS, and what they show to one that asks for a certificate."""

from __future__ import annotations

import argparse
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ts._cli.errors import CommandError

if TYPE_CHECKING:
    import ssl

CA_VARIABLE = "MARINER_CA_FILE"
CERTIFICATE_VARIABLE = "MARINER_CERT_FILE"
KEY_VARIABLE = "MARINER_KEY_FILE"


def add_tls_flags(parser: argparse.ArgumentParser) -> None:
    """Adds the flags for servers that speak TLS."""
    parser.add_argument(
        "--ca-file",
        metavar="FILE",
        help=f"who may have signed the server's certificate, in PEM (default: ${CA_VARIABLE}; a server of "
        "this machine is known by the certificate itself)",
    )
    parser.add_argument(
        "--cert-file",
        metavar="FILE",
        help=f"certificate to show to a server that asks for one, in PEM (default: ${CERTIFICATE_VARIABLE})",
    )
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help=f"its private key (default: ${KEY_VARIABLE}, or in the file of the certificate)",
    )


@dataclass(frozen=True)
class Trust:
    """`authorities`: who may have signed the server's certificate (None: those of the system).
    `certificate`, `key`: what the command shows itself. `pinned`: the one certificate (DER) that a server of
    this machine shows, as it has told in its run folder; it counts when no authorities are given."""

    authorities: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    pinned: bytes | None = None

    def connection(self, host: str, port: int | None, timeout: float | None) -> http.client.HTTPSConnection:
        """Returns a connection that is not open yet; raises CommandError when a file can't be used."""
        if self.authorities is None and self.pinned is not None:
            return _Pinned(host, port, timeout, self._context(None), self.pinned)
        return http.client.HTTPSConnection(
            host, port, timeout=timeout, context=self._context(self.authorities)
        )

    def _context(self, authorities: Path | None) -> ssl.SSLContext:
        import ssl

        pinned = authorities is None and self.pinned is not None
        try:
            context = ssl.create_default_context(cafile=None if authorities is None else str(authorities))
        except (OSError, ValueError) as error:
            raise CommandError(f"--ca-file: {authorities} ({_reason(error)}) (expected: PEM)") from error
        if pinned:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key, password=_no_password)
            except (OSError, ValueError) as error:
                raise CommandError(
                    f"--cert-file: {self.certificate} ({_reason(error)}) (expected: a certificate in PEM "
                    "with its private key, not encrypted, or that in --key-file)"
                ) from error
        return context


class _Pinned(http.client.HTTPSConnection):
    """Goes on only with the server that shows this very certificate."""

    def __init__(
        self, host: str, port: int | None, timeout: float | None, context: ssl.SSLContext, shown: bytes
    ) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._shown = shown

    def connect(self) -> None:
        """Connects; raises CommandError when another certificate is shown."""
        super().connect()
        if self.sock.getpeercert(binary_form=True) != self._shown:
            self.close()
            raise CommandError(
                f"{self.host}:{self.port} shows another certificate than the server says in its run folder "
                "(expected: the server itself; --ca-file names whom to trust otherwise)"
            )


# Of OpenSSL: X509_V_ERR_CERT_NOT_YET_VALID and the like.
_TIMES = (9, 10)
_NAMES = (62, 64)
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")


def mend(fault: Exception) -> str:
    """Returns what to do when TLS itself has failed; "" when it is something else."""
    reason = str(getattr(fault, "reason", None) or "")
    code = getattr(fault, "verify_code", None)
    if code in _TIMES:
        return "expected: a certificate of the server that is valid now"
    if code in _NAMES:
        return "expected: an address by a name that the server's certificate has"
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return "expected: --ca-file names who has signed the server's certificate"
    if reason in _PLAIN:
        return "expected: http://, where a server speaks no TLS"
    if "CERTIFICATE_REQUIRED" in reason or "ALERT" in reason or isinstance(fault, ConnectionResetError):
        return "a server that asks for certificates gets one with --cert-file and --key-file"
    return ""


def _no_password() -> str:
    raise ValueError("the private key is encrypted")


def _reason(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


def trust(options: argparse.Namespace, environment: Mapping[str, str], pinned: bytes | None) -> Trust:
    """Returns what the flags say, else the environment, else what the server itself has told."""

    def named(flag: str, variable: str) -> Path | None:
        value = getattr(options, flag, None) or environment.get(variable)
        return Path(value) if value else None

    return Trust(
        named("ca_file", CA_VARIABLE),
        named("cert_file", CERTIFICATE_VARIABLE),
        named("key_file", KEY_VARIABLE),
        pinned,
    )
