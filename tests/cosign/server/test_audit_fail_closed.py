"""When the audit trail takes no rows, nothing that it would record happens, and nothing is revealed."""

import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cosign.api.v1 import key_pb2, server_info_pb2
from cosign.client.phone import Phone
from cosign.client.phone.errors import Rejected
from cosign.client.phone.refusals import OutcomeUnknown
from cosign.store.engine import make_engine, sqlite_url
from protocol import sm2
from protocol.codes import Purpose
from tests.cosign.server.calls import refused, stub
from tests.cosign.server.process import PIN, ServerProcess, metric, running, sign_key
from tests.cosign.server.test_key_service import Session

WRONG_PIN = "903614"
NEW_PIN = "582914"
STATES = (
    "SELECT device_id, state, attempts_left, lifetime_left, ctr, tau_cur, tau_next FROM dev_state ORDER BY device_id",
    "SELECT key_id, state, frozen_by, share_epoch FROM joint_key ORDER BY key_id",
    "SELECT share_id, state FROM share ORDER BY share_id",
    "SELECT count(*) FROM audit_row",
    "SELECT count(*) FROM device",
    "SELECT count(*) FROM enrolment_code",
)
REFUSE = {
    "sqlite": ["CREATE TRIGGER closed BEFORE INSERT ON audit_row BEGIN SELECT RAISE(ABORT, 'database is full'); END"],
    "postgresql": [
        "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE disk_full; END $$",
        "CREATE TRIGGER closed BEFORE INSERT ON audit_row FOR EACH ROW EXECUTE FUNCTION closed()",
    ],
}
ACCEPT = {"sqlite": "DROP TRIGGER closed", "postgresql": "DROP FUNCTION closed CASCADE"}


@dataclass
class Service:
    """A server and a way around it to its rows."""

    server: ServerProcess
    engine: Engine

    def refuse_rows(self) -> None:
        with self.engine.begin() as connection:
            for statement in REFUSE[self.engine.dialect.name]:
                connection.execute(text(statement))

    def accept_rows(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(ACCEPT[self.engine.dialect.name]))

    def rows(self) -> list[list[tuple[object, ...]]]:
        with self.engine.connect() as connection:
            return [[tuple(row) for row in connection.execute(text(query))] for query in STATES]


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    url = sqlite_url(tmp_path / "cosign.db")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    with running(tmp_path, {"COSIGN_DATABASE__URL": url}) as server:
        engine = make_engine(url)
        yield Service(server, engine)
        engine.dispose()


def outcome_unknown(operation: Callable[[], object]) -> None:
    """A key operation: evaluated or not, the answer says neither right nor wrong."""
    with pytest.raises(OutcomeUnknown):
        operation()


def test_nothing_happens_that_cannot_be_recorded(service: Service) -> None:
    server = service.server
    with server.channel() as channel, server.phone("one") as one, server.phone("two") as two:
        session = Session(server, channel, one, "user-1")
        signing, decrypting = sign_key(one), one.keygen(Purpose.DECRYPT, PIN).key_id
        frozen = sign_key(two)
        session.change("FreezeKey", frozen)
        ciphertext = sm2.encrypt(one.key(decrypting).public_key, b"bid")
        code = server.code("user-2")
        before = service.rows()

        service.refuse_rows()
        outcome_unknown(lambda: one.sign(signing, [b"message"], PIN))
        outcome_unknown(lambda: one.sign(signing, [b"message"], WRONG_PIN))
        calls: list[tuple[str, str]] = [("FreezeKey", signing), ("UnfreezeKey", frozen), ("RevokeKey", signing)]
        for method, key_id in calls:
            _, reason, _ = refused(partial(session.change, method, key_id))
            assert reason == "DB_UNAVAILABLE", method
        with pytest.raises(Rejected) as caught:
            enrol(service, code)
        assert caught.value.server_reason == "DB_UNAVAILABLE"
        for act in (("key", "freeze", decrypting), ("device", "unbind", one.status().device_id)):
            done = server.control(*act)
            assert done.returncode == 1, done.stdout
            assert "DB_UNAVAILABLE" in done.stderr
        assert server.control("enrolment", "create", "--user", "user-3").returncode == 1
        assert service.rows() == before
        info = stub(channel, "ServerInfoService").GetServerInfo(server_info_pb2.GetServerInfoRequest(), timeout=30)
        assert info.server_id == "cosign"
        assert session.get(signing).state == key_pb2.KEY_STATE_ACTIVE

        service.accept_rows()
        assert one.decrypt(decrypting, [ciphertext], PIN) == [b"bid"]
        assert len(one.sign(signing, [b"message"], PIN)) == 1
        enrol(service, code)
    assert server.control("audit", "verify").returncode == 0


def test_shares_are_neither_made_nor_renewed(service: Service) -> None:
    with service.server.phone() as phone:
        signing = sign_key(phone)
        before = service.rows()
        service.refuse_rows()
        outcome_unknown(lambda: phone.change_pin(PIN, NEW_PIN))
        outcome_unknown(lambda: phone.keygen(Purpose.DECRYPT, PIN))
        assert service.rows()[1] == before[1]
        assert service.rows()[3:] == before[3:]
        service.accept_rows()
        phone.change_pin(PIN, NEW_PIN)
        assert len(phone.sign(signing, [b"message"], NEW_PIN)) == 1
    assert service.server.control("audit", "verify").returncode == 0


def enrol(service: Service, code: str) -> None:
    server = service.server
    with Phone.open(server.folder / "late", server.address, server.state / "tls-cert.pem") as phone:
        phone.enrol(code=code, display_name="late")


def test_a_batch_that_cannot_be_recorded_is_told_to_the_operator(service: Service) -> None:
    with service.server.phone() as phone:
        signing = sign_key(phone)
        service.refuse_rows()
        outcome_unknown(lambda: phone.sign(signing, [b"message"], PIN))
    assert '"event":"batch_failed"' in service.server.output
    with urllib.request.urlopen(service.server.metrics, timeout=30) as answer:
        assert metric(answer.read().decode(), "cosign_batch_failures_total") == 1
