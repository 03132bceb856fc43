"""`device.json`: what is written is read back, and nothing else is."""

import json
from typing import Any

import pytest

from cosign.client.phone.errors import HomeBroken
from cosign.client.phone.record import DeviceRecord
from cosign.client.phone.state import BlobSlot, PendingEnrolment, PhoneKey, PhoneKeyState, PhoneState
from cosign.client.phone.state_json import decode_state, encode_state
from cosign.client.phone.trust import TrustedServer
from protocol.codes import Purpose


def full_state() -> PhoneState:
    return PhoneState(
        address="host:1",
        server=TrustedServer(
            server_id="s",
            identity_public_key=b"\2" * 33,
            core_key_id=b"\3" * 8,
            envelope_public_key=b"\4" * 33,
            envelope_not_before_ms=4,
            envelope_not_after_ms=5,
            fetched_at_ms=6,
            clock_offset_ms=-7,
        ),
        pending=PendingEnrolment("r", "c", "名"),
        device_id="dev_1",
        user_id="u",
        display_name="名",
        record=DeviceRecord(
            tau=b"t" * 16,
            ctr=1,
            local_seq=2,
            restore_epoch=3,
            open_reqs=[b"o" * 16],
            syncs=[(b"s" * 16, 4)],
            newest=b"n" * 16,
        ),
        last_contact_ms=8,
        keys={
            "key_1": PhoneKey(
                key_id="key_1",
                purpose=Purpose.DECRYPT,
                public_key=b"\2" * 33,
                state=PhoneKeyState.ACTIVE,
                active=BlobSlot(b"a" * 16, 2, False),
                other=BlobSlot(b"b" * 16, 1, True),
            )
        },
        changing={"key_1": 2},
    )


@pytest.mark.parametrize("state", [PhoneState(address="host:1"), full_state()], ids=["new", "full"])
def test_round_trip(state: PhoneState) -> None:
    assert decode_state(encode_state(state)) == state


def _paths(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(found for name, value in items for found in _paths(value, (*path, name)))]


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        document = document[name]
    return document


FULL = json.loads(encode_state(full_state()))

STRUCTURES = [path for path in _paths(FULL) if isinstance(_at(FULL, path), dict) and path != ("changing",)]
"""Every object but the map from key to PIN number."""


@pytest.mark.parametrize("path", [path for path in _paths(FULL) if path], ids=str)
def test_a_value_of_another_type_is_damage(path: tuple[Any, ...]) -> None:
    document = json.loads(json.dumps(FULL))
    _at(document, path[:-1])[path[-1]] = 1.5
    with pytest.raises(HomeBroken):
        decode_state(json.dumps(document).encode())


@pytest.mark.parametrize("path", STRUCTURES, ids=str)
def test_a_missing_or_unknown_field_is_damage(path: tuple[Any, ...]) -> None:
    for change in ("missing", "unknown"):
        document = json.loads(json.dumps(FULL))
        part = _at(document, path)
        if change == "missing":
            del part[next(iter(part))]
        else:
            part["unknown"] = 1
        with pytest.raises(HomeBroken):
            decode_state(json.dumps(document).encode())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"format": 2}'])
def test_no_document_at_all_is_damage(content: bytes) -> None:
    with pytest.raises(HomeBroken):
        decode_state(content)
