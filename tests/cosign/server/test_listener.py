"""Ports, probes and hostile connections of a real process."""

import contextlib
import shutil
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest

from cosign.api.v1 import server_info_pb2
from cosign.clock import SystemClock
from cosign.server.tls import ensure_development_certificate
from tests.cosign.server.calls import stub
from tests.cosign.server.process import PIN, ServerProcess, running, sign_key
from tests.support.postgres import free_port


def page(server: ServerProcess, path: str) -> tuple[int, str]:
    address = server.metrics.removesuffix("/metrics") + path
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""


def ask(channel: grpc.Channel) -> str:
    info = stub(channel, "ServerInfoService").GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=20)
    return str(info.server_id)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path) as server:
        yield server


def test_probes(server: ServerProcess) -> None:
    assert page(server, "/livez") == (200, "live\n")
    assert page(server, "/readyz") == (200, "ready\n")
    assert page(server, "/elsewhere")[0] == 404
    shutil.rmtree(server.state / "token")
    end = time.monotonic() + 30
    while page(server, "/readyz")[0] != 503:
        assert time.monotonic() < end
        time.sleep(0.2)
    assert page(server, "/livez")[0] == 200


def test_internal_callers_show_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    certificate, key = ensure_development_certificate(tmp_path / "client", "localhost", SystemClock())
    port = free_port()
    settings = {
        "COSIGN_SERVER__INTERNAL_LISTEN": f"127.0.0.1:{port}",
        "COSIGN_TLS__CLIENT_CA": str(certificate),
    }
    with running(tmp_path, settings) as server:
        ca = (server.state / "tls-cert.pem").read_bytes()
        shown = grpc.ssl_channel_credentials(ca, key.read_bytes(), certificate.read_bytes())
        with grpc.secure_channel(f"127.0.0.1:{port}", shown) as channel:
            assert ask(channel) == "cosign"
        with (
            grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(ca)) as channel,
            pytest.raises(grpc.RpcError),
        ):
            ask(channel)
        with server.channel() as channel:  # the port for phones asks for none
            assert ask(channel) == "cosign"


def test_a_new_certificate_is_served_without_a_restart(server: ServerProcess, tmp_path: Path) -> None:
    host, _, port = server.address.rpartition(":")
    before = ssl.get_server_certificate((host, int(port)))
    (tmp_path / "new").mkdir()
    for new in ensure_development_certificate(tmp_path / "new", "localhost", SystemClock()):
        target = server.state / new.name
        new.replace(target)
    end = time.monotonic() + 30
    while ssl.get_server_certificate((host, int(port))) == before:
        assert time.monotonic() < end
        time.sleep(0.5)


def connections(server: ServerProcess, count: int) -> list[socket.socket]:
    host, _, port = server.address.rpartition(":")
    return [socket.create_connection((host, int(port)), timeout=10) for _ in range(count)]


def test_a_thousand_slow_clients_hold_nobody_up(server: ServerProcess) -> None:
    """Connections that never finish their handshake are ended after ten seconds; phones do not notice them."""
    slow = connections(server, 1000)
    try:
        for one in slow[:500]:
            with contextlib.suppress(OSError):
                one.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
        with server.phone() as phone:
            began = time.monotonic()
            phone.sign(sign_key(phone), [b"message"], PIN)
            assert time.monotonic() - began < 15
        end = time.monotonic() + 60
        process = psutil.Process(server.pid)
        while len([c for c in process.net_connections() if c.status == psutil.CONN_ESTABLISHED]) > 50:
            assert time.monotonic() < end
            time.sleep(0.5)
    finally:
        for one in slow:
            one.close()


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = bytes(3) + b"\x04" + bytes(5)
HALF_HEADERS = b"\x00\x40\x00\x01\x04\x00\x00\x00\x01"


@pytest.mark.parametrize(
    "frames",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        PREFACE + b"\xff\xff\xff" * 4000,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"
        + b"\x00\x40\x00\x01\x04\x00\x00\x00\x01" * 900,
        b"\x00" * 65_536,
    ],
    ids=["http1", "huge frame", "headers without end", "zeros"],
)
def test_malformed_frames_end_their_connection_only(server: ServerProcess, frames: bytes) -> None:
    host, _, port = server.address.rpartition(":")
    context = ssl.create_default_context(cafile=str(server.state / "tls-cert.pem"))
    context.set_alpn_protocols(["h2"])
    for _ in range(4):
        with (
            contextlib.suppress(OSError),
            socket.create_connection((host, int(port)), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname="localhost") as secure,
        ):
            secure.sendall(frames)
            secure.settimeout(1)
            while secure.recv(4096):
                pass
    with server.channel() as channel:
        assert ask(channel) == "cosign"
