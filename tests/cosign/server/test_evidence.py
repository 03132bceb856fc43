"""E2E-7: an audit row alone, with the device's public key, proves what the device asked for."""

import json
import sqlite3
from pathlib import Path

import pytest

from protocol import _core, sm2
from protocol.errors import BadSignature
from tests.cosign.server.process import PIN, running, sign_key


def test_a_row_proves_which_digests_the_device_asked_for(tmp_path: Path) -> None:
    messages = [b"first", b"second"]
    with running(tmp_path) as server:
        with server.phone() as phone:
            key_id = sign_key(phone)
            signatures = phone.sign(key_id, messages, PIN)
            public_key = phone.key(key_id).public_key
            device_id = phone.status().device_id
        server.stop()
        rows = [json.loads(line) for line in server.control("audit", "export").stdout.splitlines()]
        with sqlite3.connect(server.state / "cosign.db") as connection:
            (device_key,) = connection.execute(
                "SELECT public_key FROM device WHERE device_id = ?", (device_id,)
            ).fetchone()
        connection.close()
    (row,) = [row for row in rows if row.get("count") == 2]
    digests = [sm2.digest(public_key, message, sm2.DEFAULT_ID) for message in messages]
    assert bytes.fromhex(row["digests"]) == b"".join(digests)
    header = bytes.fromhex(row["header"])
    ctx = _core.h("SM2", "SIGN2/ctx", [header, (2).to_bytes(2), *digests, public_key])
    assert ctx.hex() == row["ctx"]
    signed = _core.h("SM2", "DEV/sig", [ctx, bytes.fromhex(row["body_hash"]), bytes.fromhex(row["enc_hash"])])
    signature = bytes.fromhex(row["sig_dev"])
    _core.ecdsa_p256_verify(device_key, signed, signature)
    with pytest.raises(BadSignature):
        _core.ecdsa_p256_verify(device_key, ctx, signature)
    answered = [signature[:32] for signature in signatures]
    assert row["audit_hash"] == _core.h("SM2", "AUDIT", [ctx, *answered]).hex()
