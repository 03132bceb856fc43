"""KeyService over the wire: read, list, freeze, unfreeze, revoke, repeats."""

import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

import grpc
import pytest

from cosign import ids
from cosign.api.v1 import key_pb2 as pb
from cosign.client.phone import Phone
from cosign.client.phone.refusals import Refused, ShareUnknown
from protocol.codes import Purpose
from tests.cosign.server.calls import Caller, refused, stub
from tests.cosign.server.process import PIN, ServerProcess, sign_key


class Session:
    """A phone with joint keys and another device of the same user that manages them."""

    def __init__(self, server: ServerProcess, channel: grpc.Channel, phone: Phone, user: str) -> None:
        self.phone = phone
        self.user = user
        self.server = server
        self.service = stub(channel, "KeyService")
        self.metadata = Caller(server, channel, user).metadata

    def change(self, method: str, key_id: str, request_id: str = "") -> pb.Key:
        request = getattr(pb, f"{method}Request")(request_id=request_id or str(uuid.uuid4()), key_id=key_id)
        key: pb.Key = getattr(self.service, method)(request, timeout=30, metadata=self.metadata).key
        return key

    def get(self, key_id: str) -> pb.Key:
        key: pb.Key = self.service.GetKey(pb.GetKeyRequest(key_id=key_id), timeout=30, metadata=self.metadata).key
        return key

    def pages(self, **request: Any) -> list[pb.Key]:
        keys: list[pb.Key] = []
        token = ""
        while True:
            page = self.service.ListKeys(
                pb.ListKeysRequest(page_token=token, **request), timeout=30, metadata=self.metadata
            )
            keys += page.keys
            token = page.next_page_token
            if not token:
                return keys


@pytest.fixture
def session(shared: ServerProcess) -> Iterator[Session]:
    user = f"user-{uuid.uuid4().hex[:8]}"
    with shared.channel() as channel, shared.phone(f"phone-{user}", user) as phone:
        yield Session(shared, channel, phone, user)


def test_a_key_and_its_life(session: Session) -> None:
    key_id = sign_key(session.phone)
    key = session.get(key_id)
    assert (key.suite, key.purpose, key.state) == ("SM2", pb.KEY_PURPOSE_SIGN, pb.KEY_STATE_ACTIVE)
    assert key.public_key == session.phone.key(key_id).public_key
    assert session.change("FreezeKey", key_id).state == pb.KEY_STATE_FROZEN
    with pytest.raises(Refused) as caught:
        session.phone.sign(key_id, [b"message"], PIN)
    assert caught.value.reason == "KEY_FROZEN"
    assert session.change("UnfreezeKey", key_id).state == pb.KEY_STATE_ACTIVE
    session.phone.sign(key_id, [b"message"], PIN)
    assert session.change("RevokeKey", key_id).state == pb.KEY_STATE_REVOKED
    with pytest.raises(ShareUnknown):
        session.phone.sign(key_id, [b"message"], PIN)


def test_what_a_state_does_not_allow(session: Session) -> None:
    key_id = sign_key(session.phone)
    assert refused(lambda: session.change("UnfreezeKey", key_id))[1] == "KEY_STATE"
    session.change("FreezeKey", key_id)
    assert refused(lambda: session.change("FreezeKey", key_id))[1] == "KEY_STATE"
    session.change("RevokeKey", key_id)
    for method in ("FreezeKey", "UnfreezeKey", "RevokeKey"):
        assert refused(partial(session.change, method, key_id))[1] == "KEY_STATE"


def test_what_the_operator_froze_the_user_does_not_unfreeze(session: Session) -> None:
    key_id = sign_key(session.phone)
    assert session.server.control("key", "freeze", key_id).returncode == 0
    code, reason, _ = refused(lambda: session.change("UnfreezeKey", key_id))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_AUTHORISED")
    assert session.server.control("key", "unfreeze", key_id).returncode == 0


def test_a_repeat_gets_the_stored_answer(session: Session) -> None:
    key_id = sign_key(session.phone)
    request_id = str(uuid.uuid4())
    first = session.change("FreezeKey", key_id, request_id)
    session.change("UnfreezeKey", key_id)
    assert session.change("FreezeKey", key_id, request_id) == first
    assert session.get(key_id).state == pb.KEY_STATE_ACTIVE


def test_the_same_id_for_another_key(session: Session) -> None:
    request_id = str(uuid.uuid4())
    first = session.phone.keygen(Purpose.SIGN, PIN).key_id
    second = session.phone.keygen(Purpose.DECRYPT, PIN).key_id
    session.change("FreezeKey", first, request_id)
    code, reason, _ = refused(lambda: session.change("FreezeKey", second, request_id))
    assert (code, reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


def test_lists_are_paged_and_filtered(session: Session) -> None:
    made = [session.phone.keygen(purpose, PIN).key_id for purpose in (Purpose.SIGN, Purpose.DECRYPT, Purpose.SIGN)]
    assert [key.key_id for key in session.pages(page_size=1)] == made[::-1]
    assert [key.key_id for key in session.pages(purpose=pb.KEY_PURPOSE_SIGN)] == [made[2], made[0]]
    session.change("FreezeKey", made[1])
    assert [key.key_id for key in session.pages(state=pb.KEY_STATE_FROZEN)] == [made[1]]
    page = session.service.ListKeys(pb.ListKeysRequest(page_size=1), timeout=30, metadata=session.metadata)
    other = pb.ListKeysRequest(page_token=page.next_page_token, purpose=pb.KEY_PURPOSE_SIGN)
    assert refused(lambda: session.service.ListKeys(other, timeout=30, metadata=session.metadata))[1] == (
        "PAGE_TOKEN_INVALID"
    )
    for wrong in (pb.ListKeysRequest(page_size=201), pb.ListKeysRequest(page_size=-1)):
        assert refused(partial(session.service.ListKeys, wrong, metadata=session.metadata))[1] == ("FIELD_INVALID")


def test_others_keys_are_not_found(session: Session, shared: ServerProcess) -> None:
    key_id = sign_key(session.phone)
    with shared.channel() as channel:
        stranger = Caller(shared, channel, "stranger")
        service = stub(channel, "KeyService")
        for asked in (key_id, ids.new_id(ids.KEY, 1)):
            request = pb.GetKeyRequest(key_id=asked)
            code, reason, _ = refused(partial(service.GetKey, request, metadata=stranger.metadata))
            assert (code, reason) == (grpc.StatusCode.NOT_FOUND, "RESOURCE_NOT_FOUND")
        freeze = pb.FreezeKeyRequest(request_id=str(uuid.uuid4()), key_id=key_id)
        assert refused(lambda: service.FreezeKey(freeze, metadata=stranger.metadata))[1] == "RESOURCE_NOT_FOUND"


def test_activation_needs_the_right_proof(session: Session) -> None:
    key_id = sign_key(session.phone)
    begin = pb.BeginActivationRequest(key_id=key_id)
    assert refused(lambda: session.service.BeginActivation(begin, metadata=session.metadata))[1] == "RESOURCE_NOT_FOUND"
    no_proof = pb.ActivateKeyRequest(request_id=str(uuid.uuid4()), key_id=key_id)
    assert refused(lambda: session.service.ActivateKey(no_proof, metadata=session.metadata))[1] == "FIELD_INVALID"
    short = pb.ActivateKeyRequest(request_id=str(uuid.uuid4()), key_id=key_id, signature=b"short")
    assert refused(lambda: session.service.ActivateKey(short, metadata=session.metadata))[1] == "FIELD_INVALID"
