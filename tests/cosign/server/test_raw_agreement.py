"""Mode RAW of ECDH against a real process: refused by default, allowed by configuration, audited (ECDH-3)."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cosign.client.phone.errors import InputRefused, KeyPurposeWrong
from cosign.client.phone.refusals import PinIncorrect, PolicyRefused
from protocol import p256
from protocol.codes import Op, Purpose, Suite
from tests.cosign.server.process import PIN, ServerProcess, running, sign_key

ALLOWED = {"COSIGN_SIGNING__RAW_AGREEMENT": "true"}


class Partner:
    """The other side of the agreement."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def secret(self, public_key: bytes) -> bytes:
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key))


def exported(server: ServerProcess, event: str) -> list[dict[str, Any]]:
    lines = server.control("audit", "export").stdout.splitlines()
    return [row for row in map(json.loads, lines) if row.get("event") == event]


def test_it_is_refused_by_default_and_costs_nothing(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        with server.phone() as phone:
            key = phone.keygen(Purpose.DECRYPT, PIN, Suite.P256)
            with pytest.raises(PolicyRefused):
                phone.agree(key.key_id, [Partner().point], PIN)
            sealed = p256.encrypt(key.public_key, b"sealed bid")
            assert phone.decrypt(key.key_id, [sealed], PIN) == [b"sealed bid"]
            with pytest.raises(PinIncorrect) as wrong:
                phone.decrypt(key.key_id, [sealed], "738291")
            assert wrong.value.attempts_left == 8
        assert server.stop() == 0
        assert exported(server, "raw_agreement_allowed") == exported(server, "raw_agreement") == []


def test_where_it_is_allowed_both_sides_agree_and_the_trail_tells(tmp_path: Path) -> None:
    partners = [Partner(), Partner()]
    with running(tmp_path, ALLOWED) as server:
        with server.phone() as phone:
            key = phone.keygen(Purpose.DECRYPT, PIN, Suite.P256)
            secrets = phone.agree(key.key_id, [partner.point for partner in partners], PIN)
            assert secrets == [partner.secret(key.public_key) for partner in partners]
            with pytest.raises(PinIncorrect):
                phone.agree(key.key_id, [partners[0].point], "738291")
            with pytest.raises(KeyPurposeWrong):
                phone.agree(sign_key(phone), [partners[0].point], PIN)
            with pytest.raises(KeyPurposeWrong):
                phone.agree(phone.keygen(Purpose.DECRYPT, PIN).key_id, [partners[0].point], PIN)
            for points in ([], [b"\2" + b"\xff" * 32], [partners[0].point] * 257):
                with pytest.raises(InputRefused):
                    phone.agree(key.key_id, points, PIN)
        assert server.stop() == 0
        assert "raw_agreement_allowed" in server.output
        assert [row["actor"] for row in exported(server, "raw_agreement_allowed")] == ["operator"]
        rows = exported(server, "raw_agreement")
        assert [(row["op"], row["count"], row["outcome"]) for row in rows] == [
            (Op.ECDH, 2, "right"),
            (Op.ECDH, 1, "wrong"),
        ]
        verified = server.control("audit", "verify")
        assert verified.returncode == 0, verified.stderr
