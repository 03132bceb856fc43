"""The listener speaks TLS 1.3 only, and the development certificate is made carefully."""

import datetime as dt
import os
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cosign.clock import SystemClock
from cosign.errors import ConfigInvalid
from cosign.server.tls import ensure_development_certificate, read_pair

SERVER = """
import asyncio, pathlib, sys
from cosign.server.tls_floor import require_tls13
require_tls13()
import grpc
from cosign.server import tls
from cosign.server.certificates import CertificateSource

async def main():
    server = grpc.aio.server()
    folder = pathlib.Path(sys.argv[1])
    source = CertificateSource(*tls.development_files(folder), failed=print)
    port = server.add_secure_port("127.0.0.1:0", source.credentials())
    await server.start()
    print(port, flush=True)
    await server.wait_for_termination()

asyncio.run(main())
"""


class LaterClock(SystemClock):
    def now(self) -> dt.datetime:
        return super().now() + dt.timedelta(days=400)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    ensure_development_certificate(tmp_path, "127.0.0.1", SystemClock())
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def handshake(port: int, folder: Path, highest: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context(cafile=str(folder / "tls-cert.pem"))
    context.maximum_version = highest
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as secure,
    ):
        return secure.version()


def test_tls_12_is_refused_and_tls_13_accepted(port: int, tmp_path: Path) -> None:
    assert handshake(port, tmp_path, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(port, tmp_path, ssl.TLSVersion.TLSv1_2)


def test_the_development_certificate(tmp_path: Path) -> None:
    certificate_path, key_path = ensure_development_certificate(tmp_path, "192.0.2.9", SystemClock())
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600
    certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    public_key = certificate.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)
    assert public_key.curve.name == "secp256r1"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert "192.0.2.9" in {str(address) for address in names.get_values_for_type(x509.IPAddress)}


def test_it_is_kept_until_it_ends(tmp_path: Path) -> None:
    path, _ = ensure_development_certificate(tmp_path, "127.0.0.1", SystemClock())
    first = path.read_bytes()
    ensure_development_certificate(tmp_path, "127.0.0.1", SystemClock())
    assert path.read_bytes() == first
    ensure_development_certificate(tmp_path, "127.0.0.1", LaterClock())
    assert path.read_bytes() != first


def test_the_key_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        _, key_path = ensure_development_certificate(tmp_path, "127.0.0.1", SystemClock())
    finally:
        os.umask(before)
    assert stat.S_IMODE(key_path.stat().st_mode) == 0o600


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    left, right = tmp_path / "left", tmp_path / "right"
    for folder in (left, right):
        folder.mkdir()
        ensure_development_certificate(folder, "127.0.0.1", SystemClock())
    with pytest.raises(ConfigInvalid, match="does not belong"):
        read_pair(left / "tls-cert.pem", right / "tls-key.pem")
    with pytest.raises(ConfigInvalid, match="not PEM"):
        read_pair(left / "tls-key.pem", left / "tls-key.pem")
    with pytest.raises(ConfigInvalid, match="No such file"):
        read_pair(left / "none.pem", left / "tls-key.pem")


def test_asking_too_late_is_noticed() -> None:
    program = "import grpc; from cosign.server.tls_floor import require_tls13; require_tls13()"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "before grpc is imported" in run.stderr
