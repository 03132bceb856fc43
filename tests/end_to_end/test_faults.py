"""Faults of the surroundings with real programs: clock, certificate, network to the database, a locked database.

None of them freezes or charges an honest phone, and the server recovers by itself.
"""

import datetime as dt
import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from cosign.client.phone import Phone, PhoneFault
from cosign.client.phone.channel import GrpcConnection
from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import Frozen, KeyLocked, OutcomeUnknown, PinIncorrect, RequestExpired, ServerBusy
from cosign.clock import SystemClock
from cosign.server.tls import ensure_development_certificate
from tests.cosign.server.process import PIN, WEAK_KDF, ServerProcess, metric, running, sign_key
from tests.support.postgres import cluster
from tests.support.proxy import Proxy

WRONG_PIN = "903614"
HOUR = 3_600.0
PATIENCE_SECONDS = 90.0


def eventually(operation: Callable[[], object], *expected: type[PhoneFault]) -> None:
    """Repeats as a person would; a freeze, a lock or a refused right PIN ends the test."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            operation()
        except (Frozen, KeyLocked, PinIncorrect):
            raise
        except expected:
            assert time.monotonic() < end
            time.sleep(0.2)
        else:
            return


def all_attempts_are_there(phone: Phone, key_id: str) -> None:
    """A wrong PIN leaves eight of nine; a right one gives it back."""
    with pytest.raises(PinIncorrect) as told:
        phone.sign(key_id, [b"message"], WRONG_PIN)
    assert told.value.attempts_left == 8
    phone.sign(key_id, [b"message"], PIN)


def right_answers(server: ServerProcess) -> int:
    rows = [json.loads(line) for line in server.control("audit", "export").stdout.splitlines()]
    return sum(row.get("event") == "key_operation" and row.get("outcome") == "right" for row in rows)


class ShiftedServer(ServerProcess):
    """A server whose clock can be set."""

    PROGRAM: ClassVar[tuple[str, ...]] = ("-m", "tests.end_to_end.shifted_server")

    def __init__(self, folder: Path) -> None:
        self._ahead = folder / "ahead"
        super().__init__(folder, {"CLOCK_AHEAD": str(self._ahead)})
        self.set_ahead(0.0)

    def set_ahead(self, seconds: float) -> None:
        new = self._ahead.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._ahead)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.metrics.replace("/metrics", "/readyz"), timeout=30) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False


def test_a_clock_that_jumps_forth_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Phones follow the server's clock; what was sent before the jump counts once, whatever the clock says."""
    sent: list[tuple[str, bytes]] = []
    exchange = GrpcConnection.exchange

    def recorded(connection: GrpcConnection, method: str, envelope: bytes) -> bytes:
        sent.append((method, envelope))
        return exchange(connection, method, envelope)

    monkeypatch.setattr(GrpcConnection, "exchange", recorded)
    server = ShiftedServer(tmp_path)
    server.start()
    try:
        with server.phone() as phone:
            key_id = sign_key(phone)
            phone.sign(key_id, [b"message"], PIN)
            before = sent[-1]
            assert server.ready()
            for ahead in (HOUR, 0.0, -HOUR):
                server.set_ahead(ahead)
                eventually(lambda: phone.sign(key_id, [b"message"], PIN), RequestExpired)
                all_attempts_are_there(phone, key_id)
            end = time.monotonic() + PATIENCE_SECONDS
            while server.ready():
                assert time.monotonic() < end
                time.sleep(0.2)
            counted = right_answers(server)
            for ahead in (HOUR, 0.0):
                server.set_ahead(ahead)
                exchange(phone._engine.connection, *before)  # type: ignore[arg-type]
            assert right_answers(server) == counted
        assert '"service":"clock"' in server.output
        assert server.control("audit", "verify").returncode == 0
    finally:
        server.stop()


class PastClock:
    """A clock of two years ago."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) - dt.timedelta(days=730)

    def now_ms(self) -> int:
        return round(self.now().timestamp() * 1000)


def test_a_certificate_that_has_ended_and_its_rotation(tmp_path: Path) -> None:
    """Phones refuse it, the operator is told, and new files are taken up without a restart."""
    for name in ("ended", "new"):
        (tmp_path / name).mkdir()
    ended = ensure_development_certificate(tmp_path / "ended", "localhost", PastClock())
    shelf = [tmp_path / "certificate.pem", tmp_path / "key.pem"]
    for old, place in zip(ended, shelf, strict=True):
        place.write_bytes(old.read_bytes())
    settings = {"COSIGN_TLS__CERTIFICATE": str(shelf[0]), "COSIGN_TLS__PRIVATE_KEY": str(shelf[1])}
    with running(tmp_path, settings) as server:
        assert '"event":"certificate_ends"' in server.output
        with urllib.request.urlopen(server.metrics, timeout=30) as answer:
            assert metric(answer.read().decode(), "cosign_certificate_days_left") < 0
        code = server.code()
        with Phone.open(tmp_path / "early", server.address, shelf[0]) as phone, pytest.raises(Unreachable):
            phone.enrol(code=code, display_name="phone")
        new = ensure_development_certificate(tmp_path / "new", "localhost", SystemClock())
        for fresh, place in zip(reversed(new), reversed(shelf), strict=True):
            place.with_suffix(".new").write_bytes(fresh.read_bytes())
            place.with_suffix(".new").replace(place)
        with Phone.open(tmp_path / "phone", server.address, new[0], kdf=WEAK_KDF) as phone:
            eventually(lambda: phone.enrol(code=code, display_name="phone"), Unreachable)
            assert len(phone.sign(sign_key(phone), [b"message"], PIN)) == 1


@pytest.mark.parametrize("fault", ["black hole", "lost answers", "reset"])
def test_the_network_to_the_database_fails(tmp_path: Path, fault: str) -> None:
    """Calls end in time instead of hanging; when the network is back the phone goes on."""
    with cluster(listen=True) as database, Proxy(database.port) as link:
        name = database.create().partition("?")[0].rpartition("/")[2]
        settings = {
            "COSIGN_DATABASE__URL": database.sqlalchemy_url(name, port=link.port),
            "COSIGN_DATABASE__DEADLINE_SECONDS": "2",
        }
        with running(tmp_path, settings) as server, server.phone() as phone:
            key_id = sign_key(phone)
            phone.sign(key_id, [b"message"], PIN)
            if fault == "reset":
                link.reset()
            else:
                (link.swallow if fault == "black hole" else link.swallow_answers)()
                with pytest.raises(PhoneFault):
                    phone.sign(key_id, [b"message"], PIN)
                link.heal()
                link.reset()
            eventually(lambda: phone.sign(key_id, [b"message"], PIN), PhoneFault)
            eventually(phone.sync, PhoneFault)
            all_attempts_are_there(phone, key_id)
            assert server.control("audit", "verify").returncode == 0


def test_a_database_file_that_somebody_else_has_locked(tmp_path: Path) -> None:
    """Another program holds the write lock of SQLite for longer than anybody waits: BUSY, and nobody is charged."""
    with running(tmp_path) as server, server.phone() as phone:
        key_id = sign_key(phone)
        other = sqlite3.connect(server.state / "cosign.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises((ServerBusy, OutcomeUnknown)):
            phone.sign(key_id, [b"message"], PIN)
        other.execute("ROLLBACK")
        other.close()
        eventually(lambda: phone.sign(key_id, [b"message"], PIN), ServerBusy, OutcomeUnknown)
        all_attempts_are_there(phone, key_id)
        assert server.control("audit", "verify").returncode == 0
