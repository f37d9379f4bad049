"""What the commands say of a server whose certificate they can't trust."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ts._cli.main import main

Make = Callable[..., Path]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Makes a file with a self-signed certificate and its key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for name in ("MARINER_TOKEN", "MARINER_TOKEN_FILE", "MARINER_CA_FILE", "MARINER_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)

    def make(name: str = "IP:127.0.0.1", days: int = 1) -> Path:
        key, request, extensions = tmp_path / "key", tmp_path / "request", tmp_path / "extensions"
        shown, both = tmp_path / "certificate", tmp_path / "both.pem"
        extensions.write_text(f"subjectAltName={name}\n")
        for words in (
            ("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-subj", "/CN=x", "-keyout", key, "-out", request),
            ("x509", "-req", "-in", request, "-signkey", key, "-days", days, "-extfile", extensions,
             "-out", shown),
        ):  # fmt: skip
            subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)
        both.write_bytes(shown.read_bytes() + key.read_bytes())
        return both

    return make


@contextmanager
def showing(certificate: Path | None) -> Iterator[str]:
    """Listens, and shows the certificate to whoever comes; None: speaks no TLS. Returns its port."""
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_show, args=(listener, context), daemon=True)
        thread.start()
        yield str(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _show(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        try:
            plain, _ = listener.accept()
        except OSError:
            return
        with plain:
            try:
                if context is None:
                    plain.recv(1000)
                    plain.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                else:
                    context.wrap_socket(plain, server_side=True).recv(1)
            except OSError:
                continue


def said(port: str, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    address = f"https://127.0.0.1:{port}"
    assert main(["models", "--address", address, *map(str, arguments)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"mariner models: no answer from {address} (")
    return shown.err


def test_an_expired_certificate_is_told(certificate: Make, capsys: pytest.CaptureFixture[str]) -> None:
    file = certificate(days=-1)
    with showing(file) as port:
        text = said(port, capsys, "--ca-file", file)
    assert "certificate has expired" in text
    assert "(expected: a certificate of the server that is valid now)" in text


def test_a_certificate_of_another_name_is_told(certificate: Make, capsys: pytest.CaptureFixture[str]) -> None:
    file = certificate("DNS:models.example")
    with showing(file) as port:
        text = said(port, capsys, "--ca-file", file)
    assert "certificate is not valid for '127.0.0.1'" in text
    assert "(expected: an address by a name that the server's certificate has)" in text


def test_a_stranger_is_told_of(certificate: Make, capsys: pytest.CaptureFixture[str]) -> None:
    with showing(certificate()) as port:
        text = said(port, capsys)
    assert "(expected: --ca-file names who has signed the server's certificate)" in text


def test_a_server_without_tls_is_told_of(certificate: Make, capsys: pytest.CaptureFixture[str]) -> None:
    del certificate
    with showing(None) as port:
        text = said(port, capsys)
    assert "(expected: http://, where a server speaks no TLS)" in text
