"""TLV and the labelled hashes, native against reference (ENC-4, section 1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import transcript
from protocol.errors import MalformedMessage
from protocol.reference.encoding import read_tlv, tlv
from protocol.reference.sm2 import sm3
from protocol.reference.transcript import SUITES

field_lists = st.lists(st.binary(max_size=200), max_size=6)
labels = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@given(fields=field_lists)
def test_tlv(fields: list[bytes]) -> None:
    encoded = transcript.tlv(fields)
    assert encoded == tlv(fields)
    assert read_tlv(encoded, len(fields)) == fields


@pytest.mark.parametrize("name", SUITES)
@given(label=labels, fields=field_lists)
def test_hashes(name: str, label: str, fields: list[bytes]) -> None:
    suite = SUITES[name]
    assert transcript.h(name, label, fields) == suite.h(label, *fields)
    assert int.from_bytes(transcript.h2s(name, label, fields), "big") == suite.h2s(label, *fields)


@given(left=field_lists, right=field_lists)
def test_different_fields_have_different_encodings(left: list[bytes], right: list[bytes]) -> None:
    assert (transcript.tlv(left) == transcript.tlv(right)) == (left == right)


@given(data=st.binary(max_size=300))
def test_sm3(data: bytes) -> None:
    assert transcript.sm3(data) == sm3(data)


@pytest.mark.parametrize(("suite", "label"), [("SM9", "KAT"), ("SM2", "é"), ("SM2", "x" * 256)])
def test_unknown_suites_and_unfit_labels_are_refused(suite: str, label: str) -> None:
    for call in (transcript.h, transcript.h2s):
        with pytest.raises(MalformedMessage):
            call(suite, label, [])
