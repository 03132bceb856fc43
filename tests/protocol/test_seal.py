"""The bound context of sealed records (SEAL-1, rows 64 and 65 of CATALOGUE.md)."""

from typing import Any

import pytest

from protocol.errors import SealBroken
from protocol.reference.encoding import read_tlv
from protocol.seal import RecordAlgorithm, RecordFlag, pending_aad, share_aad
from tests.protocol.world import Custody, KnownKey

SHARE: dict[str, Any] = {
    "algorithm": RecordAlgorithm.AES_256_GCM,
    "kek_version": 1,
    "server_id": "core-1",
    "user_id": "user-1",
    "device_id": "device-1",
    "key_id": "key-1",
    "share_id": b"s" * 16,
    "suite": "SM2",
    "purpose": 1,
    "pk": b"\2" + b"p" * 32,
    "flags": RecordFlag.NONE,
}
OTHER_SHARE: dict[str, Any] = {
    "algorithm": RecordAlgorithm.DERIVED_KEY,
    "kek_version": 2,
    "server_id": "core-2",
    "user_id": "user-2",
    "device_id": "device-2",
    "key_id": "key-2",
    "share_id": b"t" * 16,
    "suite": "P256",
    "purpose": 2,
    "pk": b"\3" + b"p" * 32,
    "flags": RecordFlag.IMPORTED,
}
PENDING = {name: value for name, value in SHARE.items() if name not in ("share_id", "pk", "flags")} | {"k1": b"k" * 32}
OTHER_PENDING = {name: value for name, value in OTHER_SHARE.items() if name in PENDING} | {"k1": b"l" * 32}


def test_the_layout_of_a_share_context() -> None:
    assert read_tlv(share_aad(**SHARE), 13) == [
        b"COSIGN-v1/seal",
        b"\0\1",
        b"\1",
        b"\0\0\0\1",
        b"core-1",
        b"user-1",
        b"device-1",
        b"key-1",
        b"s" * 16,
        b"SM2",
        b"\1",
        b"\0",
        b"\2" + b"p" * 32,
    ]


def test_the_layout_of_a_pending_context() -> None:
    fields = read_tlv(pending_aad(**PENDING), 11)
    assert (fields[0], fields[-1]) == (b"COSIGN-v1/seal-kg", b"k" * 32)


@pytest.mark.parametrize("name", SHARE)
def test_row_64_a_record_opens_under_no_other_share_context(signing_key: KnownKey, name: str) -> None:
    custody = Custody()
    sealed = custody.native.seal(custody.to_native(signing_key.server.encode()), share_aad(**SHARE))
    custody.native.open(sealed, share_aad(**SHARE))
    with pytest.raises(SealBroken):
        custody.native.open(sealed, share_aad(**{**SHARE, name: OTHER_SHARE[name]}))


@pytest.mark.parametrize("name", PENDING)
def test_row_64_a_record_opens_under_no_other_pending_context(signing_key: KnownKey, name: str) -> None:
    custody = Custody()
    sealed = custody.native.seal(custody.to_native(signing_key.server.encode()), pending_aad(**PENDING))
    custody.native.open(sealed, pending_aad(**PENDING))
    with pytest.raises(SealBroken):
        custody.native.open(sealed, pending_aad(**{**PENDING, name: OTHER_PENDING[name]}))


def test_share_and_pending_contexts_differ() -> None:
    assert share_aad(**SHARE) != pending_aad(**PENDING)
