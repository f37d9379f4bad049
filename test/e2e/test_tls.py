"""TLS for REST and gRPC: what is shown, who gets in, what changes without a restart, what is refused."""

from __future__ import annotations

import http.client
import shutil
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from support import rest, rpc
from support.certificates import Authority, Pair, openssl
from support.operator import Operator
from support.packing import pack
from support.rest import RawConnection, request_bytes
from support.server import FREE_PORTS, RunningServer
from support.waiting import eventually

SECURE_PORTS = {
    name: str(value).replace("http:", "https:") for name, value in FREE_PORTS.items() if "metrics" not in name
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """All listeners but metrics speak TLS, with PEM files that tests may exchange."""
    base = tmp_path_factory.mktemp("tls")
    shown = authority.issue("first")
    pair = Pair(base / "cert.pem", base / "key.pem")
    shutil.copy(shown.certificate, pair.certificate)
    # PKCS#1, as OpenSSL 1 wrote it.
    openssl("rsa", "-traditional", "-in", shown.key, "-out", pair.key)
    settings = {
        **SECURE_PORTS,
        **pair.settings(),
        "enable_grpc_ssl": "true",
        "certificate_reload_interval": "100ms",
        "max_request_size": 100_000,
    }
    pack(base / "store", "echo", "echo")
    with RunningServer(base, models=["echo=echo.mar"], config=settings) as running:
        yield running


@pytest.fixture(scope="module")
def closed_server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Asks clients for certificates; REST shows a key store's, gRPC that of two files."""
    base = tmp_path_factory.mktemp("mtls")
    settings = {
        **SECURE_PORTS,
        **authority.issue("files", algorithm="ec").settings(),
        "keystore": authority.store(authority.issue("store"), base / "keys.p12", "open sesame"),
        "keystore_pass": "$$STORE_PASSWORD$$",
        "enable_grpc_ssl": "true",
        "client_ca_file": authority.certificate,
        "disable_token_authorization": "true",
    }
    pack(base / "store", "echo", "echo")
    with RunningServer(
        base,
        profile="torchserve",
        models=["echo=echo.mar"],
        config=settings,
        environment={"STORE_PASSWORD": "open sesame"},
    ) as running:
        yield running


def trusting(authority: Authority, client: Pair | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if client is not None:
        context.load_cert_chain(client.certificate, client.key)
    return context


def connect(address: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    parts = urlsplit(address)
    plain = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)
    return context.wrap_socket(plain, server_hostname="localhost")


def shown_name(address: str, context: ssl.SSLContext) -> str:
    """Returns the common name of the certificate that a new connection is shown."""
    with connect(address, context) as secured:
        subject = (secured.getpeercert() or {})["subject"]
    return str(dict(entry[0] for entry in subject)["commonName"])  # type: ignore[index]


def predict(address: str, context: ssl.SSLContext, body: bytes) -> tuple[int, bytes]:
    parts = urlsplit(address)
    connection = http.client.HTTPSConnection("localhost", parts.port, timeout=30, context=context)
    try:
        connection.request("POST", "/predictions/echo", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def call(address: str, credentials: grpc.ChannelCredentials, body: bytes) -> bytes:
    with grpc.secure_channel(address, credentials) as channel:
        stub = rpc.inference_stub(channel)
        return bytes(stub.Predictions(rpc.prediction("echo", body), timeout=20).prediction)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_predictions_travel_over_either_version(
    server: RunningServer, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version
    body = b"p" * 90_000
    assert predict(server.inference, context, body) == (200, body)


def test_http_2_may_begin_within_tls(server: RunningServer, authority: Authority) -> None:
    settings = b"\0\0\0\4\0\0\0\0\0"
    get_ping = b"\0\0\x0c\1\5\0\0\0\1" + b"\x82\x87\x04\x05/ping\x01\x01x"  # GET, https, /ping, x
    with connect(server.inference, trusting(authority)) as secured, secured.makefile("rb") as answers:
        secured.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings + get_ping)
        while (head := answers.read(9))[3] != 1:
            answers.read(int.from_bytes(head[:3], "big"))
        assert answers.read(1) == b"\x88"  # status 200


def test_addresses_say_what_is_spoken(server: RunningServer) -> None:
    listeners = server.state()["listeners"]
    assert listeners["inference"].startswith("https://")
    assert listeners["management"].startswith("https://")
    assert listeners["metrics"].startswith("http://")
    assert rest.call(server.metrics, "GET", "/metrics").status == 200


def test_grpc_speaks_it_too(server: RunningServer, authority: Authority) -> None:
    trusted = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    assert call(server.grpc_inference, trusted, b"sealed") == b"sealed"


def test_old_versions_are_refused(server: RunningServer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        connect(server.inference, context)


def test_plain_http_is_told_what_is_spoken(server: RunningServer) -> None:
    for body in (b"", b"x" * 50_000):
        with RawConnection(server.inference) as connection:
            connection.send(request_bytes("POST", "/predictions/echo", body))
            answer = connection.read_reply()
            assert answer.status == 400
            assert "https://" in answer.message
            assert connection.at_end()


def test_garbage_is_no_fault_of_the_server(server: RunningServer) -> None:
    with RawConnection(server.inference) as connection:
        connection.send(b"\x16\x03\x01\x00\x05hello and more")
        while not connection.at_end():
            connection.read_exactly(1)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_an_early_answer_arrives_whole_and_the_end_is_told(
    server: RunningServer, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version
    head = request_bytes("POST", "/predictions/echo", b"", {"Content-Length": "2000000"})
    with connect(server.inference, context) as secured:
        secured.sendall(head + b"x" * 20_000)
        received = b""
        # Without the words of TLS for it, the end would be an error.
        while piece := secured.recv(65536):
            received += piece
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"max_request_size" in received


def test_changed_files_are_shown_to_new_connections_and_old_ones_go_on(
    server: RunningServer, authority: Authority
) -> None:
    context = trusting(authority)
    pair = Pair(server.base / "cert.pem", server.base / "key.pem")
    parts = urlsplit(server.inference)
    open_since_before = http.client.HTTPSConnection("localhost", parts.port, timeout=30, context=context)
    open_since_before.request("POST", "/predictions/echo", b"before")
    assert open_since_before.getresponse().read() == b"before"
    second = authority.issue("second", algorithm="ec")
    for source, target in ((second.certificate, pair.certificate), (second.key, pair.key)):
        shutil.copy(source, target)
    eventually(lambda: shown_name(server.inference, context) == "second", 20, "the new one is shown")
    open_since_before.request("POST", "/predictions/echo", b"after")
    assert open_since_before.getresponse().read() == b"after"
    open_since_before.close()
    trusted = grpc.ssl_channel_credentials(authority.certificate.read_bytes())
    assert call(server.grpc_inference, trusted, b"sealed") == b"sealed"
    # What can't be used is told and changes nothing.
    pair.certificate.write_text("no certificate\n", encoding="utf-8")
    eventually(lambda: "the changed files can't be used" in server.text(), 20, "it is told")
    assert shown_name(server.inference, context) == "second"
    shutil.copy(second.certificate, pair.certificate)


def test_only_clients_with_a_certificate_get_in(closed_server: RunningServer, authority: Authority) -> None:
    client = authority.issue("client", algorithm="ec")
    assert predict(closed_server.inference, trusting(authority, client), b"hello") == (200, b"hello")
    assert shown_name(closed_server.inference, trusting(authority, client)) == "store"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        predict(closed_server.inference, trusting(authority), b"hello")
    eventually(lambda: "TLS with /127.0.0.1" in closed_server.text(), 10, "it is told who failed")
    # The certificates of the server are not touched by who fails.
    assert predict(closed_server.inference, trusting(authority, client), b"again") == (200, b"again")


def test_a_certificate_of_another_authority_does_not_let_in(
    closed_server: RunningServer, authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "other").issue("stranger")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        predict(closed_server.inference, trusting(authority, stranger), b"hello")


def test_grpc_asks_for_certificates_too(closed_server: RunningServer, authority: Authority) -> None:
    client = authority.issue("rpc")
    trusted = authority.certificate.read_bytes()
    let_in = grpc.ssl_channel_credentials(trusted, client.key.read_bytes(), client.certificate.read_bytes())
    assert call(closed_server.grpc_inference, let_in, b"sealed") == b"sealed"
    with pytest.raises(grpc.RpcError):
        call(closed_server.grpc_inference, grpc.ssl_channel_credentials(trusted), b"sealed")


def test_commands_trust_whom_they_are_told_to(
    server: RunningServer, authority: Authority, operator: Operator, tmp_path: Path
) -> None:
    address = ("--address", server.management)
    listed = operator.run("mariner", "models", *address, "--ca-file", authority.certificate)
    assert (listed.code, "echo" in listed.out) == (0, True)
    environment = {"MARINER_CA_FILE": str(authority.certificate)}
    assert operator.run("mariner", "models", *address, env=environment).code == 0
    untrusted = operator.run("mariner", "models", *address)
    assert untrusted.code == 1
    assert "--ca-file names who has signed the server's certificate" in untrusted.err
    other = Authority(tmp_path / "other").certificate
    assert operator.run("mariner", "models", *address, "--ca-file", other).code == 1
    missing = operator.run("mariner", "models", *address, "--ca-file", tmp_path / "none.pem")
    assert "--ca-file: " in missing.err
    assert "No such file" in missing.err


def test_commands_show_a_certificate_to_a_server_that_asks(
    closed_server: RunningServer, authority: Authority, operator: Operator
) -> None:
    client = authority.issue("command")
    trusted = ("--address", closed_server.management, "--ca-file", authority.certificate)
    shown = ("--cert-file", client.certificate, "--key-file", client.key)
    assert operator.run("mariner", "models", *trusted, *shown).code == 0
    refused = operator.run("mariner", "models", *trusted)
    assert refused.code == 1
    assert "--cert-file" in refused.err
