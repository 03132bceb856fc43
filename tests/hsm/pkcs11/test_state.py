"""The state object: what is written is read, anything else is refused."""

import json

import pytest

from hsm.pkcs11.state import Algorithm, StoredState
from hsm.ports import TokenKeyDamaged

STATE = StoredState(
    algorithm=Algorithm.DERIVED,
    current=2,
    check_values={1: b"abc", 2: b"def"},
    restore_epoch=7,
    rotated_at_ms=5,
    destroying=(3,),
    claimed=4,
    sequence=9,
)


def test_what_is_written_is_read() -> None:
    assert StoredState.from_bytes(STATE.to_bytes()) == STATE


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"algorithm": 3},
        {"current": 5},
        {"check_values": {"1": "xx"}},
        {"check_values": []},
        {"sequence": None},
        {"claimed": None},
    ],
    ids=str,
)
def test_another_form_is_refused(change: dict[str, object]) -> None:
    document = json.loads(STATE.to_bytes()) | change
    with pytest.raises(TokenKeyDamaged):
        StoredState.from_bytes(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"{}"])
def test_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(TokenKeyDamaged):
        StoredState.from_bytes(data)
