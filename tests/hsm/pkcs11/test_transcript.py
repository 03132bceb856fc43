"""Transcripts: what the token signed verifies, anything else does not."""

import copy
import json

import pytest

from hsm.pkcs11.transcript import TranscriptInvalid, markdown, verify
from tests.hsm.softhsm import LABEL, SO_PIN, SoftHsm


def test_the_signature_of_the_token_holds_for_this_content_only(soft: SoftHsm) -> None:
    ceremony = soft.make_ready()
    document = json.loads(json.dumps(ceremony.document))

    assert verify(document)["label"] == LABEL
    for change in ({"label": "other"}, {"check_value": "000000"}, {"time_ms": 1}, {"format": "x"}):
        altered = copy.deepcopy(document)
        altered["transcript"].update(change)
        with pytest.raises(TranscriptInvalid):
            verify(altered)
    for name in ("signature", "public_key"):
        with pytest.raises(TranscriptInvalid):
            verify({**document, name: ""})


def test_people_can_read_it_and_no_secret_is_in_it(soft: SoftHsm) -> None:
    ceremony = soft.make_ready()

    text = markdown(ceremony.document)
    assert f"| Token | {LABEL} |" in text
    assert ceremony.made.check_value.hex() in text
    assert "| EXTRACTABLE | false |" in text
    for secret in (SO_PIN, soft.pin_file.read_text()):
        assert secret not in text + json.dumps(ceremony.document)
