"""Transcripts: what the token signed verifies, anything else does not."""

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.pkcs11.inspection import read_ceremony_keys
from hsm.pkcs11.transcript import TranscriptInvalid, canonical, markdown, verify
from tests.hsm.softhsm import LABEL, NATIVE, SO_PIN, SoftHsm


def test_the_signature_of_the_token_holds_for_this_content_only(soft: SoftHsm) -> None:
    ceremony = soft.make_ready()
    document = json.loads(json.dumps(ceremony.document))

    assert verify(document, None)["label"] == LABEL
    for change in ({"label": "other"}, {"check_value": "000000"}, {"time_ms": 1}, {"format": "x"}):
        altered = copy.deepcopy(document)
        altered["transcript"].update(change)
        with pytest.raises(TranscriptInvalid):
            verify(altered, None)
    for name in ("signature", "public_key"):
        with pytest.raises(TranscriptInvalid):
            verify({**document, name: ""}, None)


def test_a_transcript_that_somebody_else_signed_is_refused_by_the_key_of_the_token(soft: SoftHsm) -> None:
    document = soft.make_ready().document
    forged = forge(document)

    expected = read_ceremony_keys(soft.uri(), native=NATIVE, ask=None)
    assert expected == (bytes.fromhex(document["public_key"]),)
    assert verify(document, expected)["label"] == LABEL
    assert verify(forged, None)["check_value"] == "000000", "alone a document proves nothing"
    for keys in (expected, ()):
        with pytest.raises(TranscriptInvalid, match="another key"):
            verify(forged, keys)


def forge(document: Mapping[str, Any]) -> dict[str, Any]:
    """Another check value, signed by a key that is in no token."""
    content = {**document["transcript"], "check_value": "000000"}
    key = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(canonical(content), ec.ECDSA(SHA256())))
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return {"transcript": content, "public_key": point.hex(), "signature": signature.hex()}


def test_people_can_read_it_and_no_secret_is_in_it(soft: SoftHsm) -> None:
    ceremony = soft.make_ready()

    text = markdown(ceremony.document)
    assert f"| Token | {LABEL} |" in text
    assert ceremony.made.check_value.hex() in text
    assert "| EXTRACTABLE | false |" in text
    for secret in (SO_PIN, soft.pin_file.read_text()):
        assert secret not in text + json.dumps(ceremony.document)
