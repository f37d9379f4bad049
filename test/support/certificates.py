"""Certificates for tests, made on the spot with openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


def openssl(*arguments: object) -> None:
    """Runs openssl; raises CalledProcessError when it fails."""
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key (PKCS#8), both in PEM."""

    certificate: Path
    key: Path

    def settings(self) -> dict[str, object]:
        """The keys of the configuration that name them."""
        return {"certificate_file": self.certificate, "private_key_file": self.key}


class Authority:
    """Signs certificates; its own is `certificate`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 30,
                "-subj", "/CN=test authority", "-keyout", self._key, "-out", self.certificate)  # fmt: skip

    def issue(self, name: str, *, days: int = 30, algorithm: str = "rsa:2048") -> Pair:
        """Makes a certificate for `localhost` and 127.0.0.1 whose common name is `name`."""
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="utf-8")
        curve = ("-pkeyopt", "ec_paramgen_curve:P-256") if algorithm == "ec" else ()
        openssl("req", "-new", "-newkey", algorithm, *curve, "-nodes", "-subj", f"/CN={name}",
                "-keyout", pair.key, "-out", request)  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-days", days,
                "-CAcreateserial", "-extfile", extensions, "-out", pair.certificate)  # fmt: skip
        return pair

    def store(self, pair: Pair, file: Path, password: str) -> Path:
        """Puts a pair into a key store (PKCS#12)."""
        openssl("pkcs12", "-export", "-in", pair.certificate, "-inkey", pair.key, "-name", "server",
                "-passout", f"pass:{password}", "-out", file)  # fmt: skip
        return file
