"""Tier 2 with real parts: phones against a server whose token is SoftHSM2 and holds its shares (HSM-3)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pkcs11 import Attribute

from cosign.client.phone import MemoryHome, Phone
from cosign.client.phone.refusals import (
    CustodyUnavailable,
    OutcomeUnknown,
    PinIncorrect,
    PolicyRefused,
    RequestMalformed,
)
from cosign.signing.usecases.generate_key import CUSTODY_UNAVAILABLE, KeyGenerator, Refusal
from cosign.signing.usecases.prepare_request import RequestPreparer
from hsm.pkcs11 import Pkcs11Token
from hsm.pkcs11.content import Content
from hsm.pkcs11.pool import Lease
from hsm.pkcs11.shares import wrapping_label
from hsm.ports import RecordRefused
from keyshare.records import ShareRow, ShareState
from keyshare.sealing import ShareContext, unseal
from protocol import p256
from protocol.codes import Custody, Purpose, Status, Suite
from protocol.errors import BadProof, MalformedMessage
from protocol.seal import RecordFlag, SecretRecord
from protocol.server import KeygenBegun, Request
from tests.cosign.client.conftest import CHEAP, PIN
from tests.cosign.client.fake_server import SERVER_ID, FakeServer
from tests.hsm.softhsm import NATIVE, SoftHsm

NEW_PIN = "583920"
WRONG_PIN = "802417"


@pytest.fixture
def soft(tmp_path: Path) -> SoftHsm:
    return SoftHsm(tmp_path / "softhsm")


@pytest.fixture
def token(soft: SoftHsm) -> Iterator[Pkcs11Token[SecretRecord]]:
    assert soft.make_ready().made.wrapping_key
    token: Pkcs11Token[SecretRecord] = Pkcs11Token.open(soft.uri(), native=NATIVE)
    yield token
    token.close()


@pytest.fixture
def server(token: Pkcs11Token[SecretRecord]) -> FakeServer:
    return FakeServer(token)


def enrolled(server: FakeServer) -> Phone:
    phone = Phone(MemoryHome(), server, kdf=CHEAP, clock=server.clock)
    phone.enrol(code="CODE", display_name="test")
    return phone


@pytest.fixture
def phone(server: FakeServer) -> Phone:
    return enrolled(server)


def make_key(phone: Phone, custody: Custody = Custody.TOKEN) -> tuple[str, bytes]:
    key = phone.keygen(Purpose.DECRYPT, PIN, Suite.P256, custody)
    return key.key_id, key.public_key


def rows(server: FakeServer) -> list[ShareRow]:
    return list(server.store.tables.shares.values())


def record_of(server: FakeServer, row: ShareRow) -> SecretRecord:
    return unseal(server.token, row.sealed, ShareContext.of(SERVER_ID, row))


def test_a_share_in_the_token_decrypts(server: FakeServer, phone: Phone) -> None:
    key_id, public_key = make_key(phone)

    texts = [b"one", b"two", b"three"]
    assert phone.decrypt(key_id, [p256.encrypt(public_key, text) for text in texts], PIN) == texts
    (row,) = rows(server)
    assert row.flags == RecordFlag.X_ONLY
    assert record_of(server, row).wrapped is not None


def test_keys_of_both_kinds_live_side_by_side(server: FakeServer, phone: Phone) -> None:
    keys = [make_key(phone, custody) for custody in (Custody.SEALED, Custody.TOKEN)]

    for key_id, public_key in keys:
        assert phone.decrypt(key_id, [p256.encrypt(public_key, b"text")], PIN) == [b"text"]
    assert {row.flags for row in rows(server)} == {RecordFlag.NONE, RecordFlag.X_ONLY}
    assert {record_of(server, row).wrapped is None for row in rows(server)} == {True, False}


def test_a_wrong_pin_is_counted_and_earns_nothing(server: FakeServer, phone: Phone) -> None:
    key_id, public_key = make_key(phone)
    before = server.row().attempts_left

    with pytest.raises(PinIncorrect):
        phone.decrypt(key_id, [p256.encrypt(public_key, b"text")], WRONG_PIN)

    assert server.row().attempts_left == before - 1


def test_refresh_and_pin_change_renew_the_part_outside_and_keep_the_part_inside(
    server: FakeServer, phone: Phone
) -> None:
    key_id, public_key = make_key(phone)
    (first,) = rows(server)
    inside = record_of(server, first).wrapped

    phone.refresh(key_id, PIN)
    phone.change_pin(PIN, NEW_PIN)

    assert phone.decrypt(key_id, [p256.encrypt(public_key, b"text")], NEW_PIN) == [b"text"]
    current = [row for row in rows(server) if row.state is ShareState.CURRENT]
    assert [record_of(server, row).wrapped for row in current] == [inside]
    assert current[0].flags == RecordFlag.X_ONLY
    assert current[0].share_id != first.share_id


def test_only_p256_decryption_keys_can_be_in_the_token(server: FakeServer, phone: Phone) -> None:
    for suite, purpose in ((Suite.SM2, Purpose.DECRYPT), (Suite.P256, Purpose.SIGN)):
        with pytest.raises(CustodyUnavailable):
            phone.keygen(purpose, PIN, suite, Custody.TOKEN)
    assert not server.methods()


def test_a_service_whose_token_cannot_hold_shares_refuses_and_never_falls_back(tmp_path: Path) -> None:
    server = FakeServer()
    phone = enrolled(server)

    with pytest.raises(CustodyUnavailable) as refused:
        make_key(phone)

    assert refused.value.detail == CUSTODY_UNAVAILABLE.decode()
    assert server.statuses == [Status.MALFORMED]
    assert not rows(server)
    assert "密码模块" in refused.value.text("zh")


def test_a_token_that_lost_its_wrapping_key_refuses_new_keys_and_is_no_outage_of_others(
    token: Pkcs11Token[SecretRecord], server: FakeServer, phone: Phone
) -> None:
    in_token, sealed = make_key(phone), make_key(phone, Custody.SEALED)
    token._pool.run(_destroy_wrapping_key)

    with pytest.raises(CustodyUnavailable):
        make_key(phone)
    with pytest.raises(OutcomeUnknown):
        phone.decrypt(in_token[0], [p256.encrypt(in_token[1], b"text")], PIN)
    assert phone.decrypt(sealed[0], [p256.encrypt(sealed[1], b"text")], PIN) == [b"text"]


def test_a_token_that_is_away_costs_no_attempt(soft: SoftHsm, server: FakeServer, phone: Phone) -> None:
    key_id, public_key = make_key(phone)
    ciphertext = p256.encrypt(public_key, b"text")
    before = server.row().attempts_left
    soft.remove()

    with pytest.raises(OutcomeUnknown):
        phone.decrypt(key_id, [ciphertext], PIN)

    soft.restore()
    assert server.row().attempts_left == before
    _until_back(phone, key_id, ciphertext)


def test_nothing_is_answered_for_a_share_that_the_token_was_not_asked_about(
    server: FakeServer, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    key_id, public_key = make_key(phone)
    monkeypatch.setattr(RequestPreparer, "_agree", lambda _self, _requests, _shares, opened: opened)
    server.report = lambda _fault: None

    with pytest.raises(OutcomeUnknown):
        phone.decrypt(key_id, [p256.encrypt(public_key, b"text")], PIN)


def test_no_key_is_made_of_an_m3_that_the_token_was_not_asked_about(
    server: FakeServer, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyGenerator, "_with_token", lambda _self, _request, record: record)

    with pytest.raises(RequestMalformed) as refused:
        make_key(phone)

    assert refused.value.detail == "BadAnswer"
    assert not rows(server)


def test_a_core_makes_no_sealed_share_for_a_phone_that_wants_it_in_the_token(
    token: Pkcs11Token[SecretRecord], server: FakeServer, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsigned(self: KeyGenerator, request: Request) -> KeygenBegun:
        with pytest.raises(MalformedMessage):
            self.core.keygen_begin(request)
        share, _ = token.shares.create(lambda public_key: self.core.keygen_draft(request, public_key))
        draft = self.core.keygen_draft(request, share.public_key)
        return self.core.keygen_begin_in_token(request, draft, share.wrapped)

    monkeypatch.setattr(KeyGenerator, "_begin", unsigned)
    with pytest.raises(BadProof):
        make_key(phone)


def test_a_core_drafts_nothing_for_a_phone_that_wants_a_sealed_share(
    token: Pkcs11Token[SecretRecord], server: FakeServer, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = KeyGenerator._begin
    refused: list[Exception] = []

    def drafting(self: KeyGenerator, request: Request) -> KeygenBegun | Refusal:
        try:
            self.core.keygen_draft(request, token.shares.sample().public_key)
        except MalformedMessage as fault:
            refused.append(fault)
        return begin(self, request)

    monkeypatch.setattr(KeyGenerator, "_begin", drafting)
    make_key(phone, Custody.SEALED)
    assert len(refused) == 1


def test_a_record_says_nothing_under_another_custody(server: FakeServer, phone: Phone) -> None:
    """SEAL-2: the flag is part of what the record is bound to, so a row cannot be turned into the other kind."""
    make_key(phone)
    (row,) = rows(server)
    context = ShareContext.of(SERVER_ID, row)
    assert context.flags == RecordFlag.X_ONLY

    turned = ShareContext(**{name: getattr(context, name) for name in _FIELDS}, flags=RecordFlag.NONE)
    with pytest.raises(RecordRefused):
        unseal(server.token, row.sealed, turned)


_FIELDS = ("server_id", "user_id", "device_id", "key_id", "suite", "purpose", "share_id", "pk")


def _destroy_wrapping_key(lease: Lease[Content]) -> None:
    (key,) = list(lease.session.get_objects({Attribute.LABEL: wrapping_label("kek")}))
    key.destroy()


def _until_back(phone: Phone, key_id: str, ciphertext: bytes) -> None:
    """The pool pauses between two attempts to open the token again."""
    for _ in range(600):
        try:
            assert phone.decrypt(key_id, [ciphertext], PIN) == [b"text"]
        except (OutcomeUnknown, PolicyRefused):
            continue
        return
    pytest.fail("the token does not come back")
