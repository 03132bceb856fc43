"""Signing and decrypting through the phone: batches, inputs it refuses, open shares."""

from collections.abc import Iterator

import pytest

from cosign.client.phone import Phone, use
from cosign.client.phone.errors import DecryptionRefused, InputRefused, KeyPurposeWrong, KeyUnknown, Unreachable
from protocol import sm2
from protocol.codes import Purpose, Suite
from protocol.errors import AlreadyUsed
from tests.cosign.client.conftest import PIN
from tests.cosign.client.fake_server import FakeServer


def test_256_messages_under_one_pin_entry(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    messages = [f"message {i}".encode() for i in range(256)]
    before = len(server.log)
    signatures = phone.sign(key.key_id, messages, PIN)
    assert len(server.log) == before + 1
    for message, signature in zip(messages, signatures, strict=True):
        sm2.verify_message(key.public_key, message, signature)


def test_another_signer_id_is_bound(phone: Phone) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    (signature,) = phone.sign(key.key_id, [b"m"], PIN, signer_id=b"other")
    sm2.verify_message(key.public_key, b"m", signature, b"other")


@pytest.mark.parametrize("digests", [[], [b"\1" * 32] * 257, [b"\1" * 31], [bytes(32)]], ids=["0", "257", "31", "zero"])
def test_unusable_digests_are_refused_before_anything_is_sent(
    phone: Phone, server: FakeServer, digests: list[bytes]
) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    before = len(server.log)
    with pytest.raises(InputRefused):
        phone.sign_digests(key.key_id, digests, PIN)
    assert len(server.log) == before
    phone.sign_digests(key.key_id, [b"\1" * 32], PIN)


def test_an_open_share_serves_several_operations_until_it_is_closed(phone: Phone) -> None:
    key = phone.keygen(Purpose.SIGN, PIN)
    with phone.unlock(key.key_id, PIN) as unlocked:
        for _ in range(3):
            phone.sign(key.key_id, [b"m"], unlocked)
    with pytest.raises(AlreadyUsed):
        phone.sign(key.key_id, [b"m"], unlocked)


def test_an_ot_set_up_is_no_lost_answer(phone: Phone, server: FakeServer) -> None:
    """The header of part 2 carries the token of the answer before it, so that nothing is reported (CLONE case A)."""
    key = phone.keygen(Purpose.SIGN, PIN, Suite.P256)
    phone.set_up_ot(key.key_id, PIN)
    assert server.methods()[-2:] == ["SetUpOt", "SetUpOt"]
    phone.sign(key.key_id, [b"m"], PIN)
    assert server.events == []


def test_a_lost_part_of_a_set_up_costs_another_set_up(phone: Phone, server: FakeServer) -> None:
    key = phone.keygen(Purpose.SIGN, PIN, Suite.P256)
    for lost in (0, 1):
        answers = iter(range(2))

        def lose_one(method: str, answers: Iterator[int] = answers, lost: int = lost) -> None:
            if method == "SetUpOt" and next(answers) == lost:
                raise Unreachable("lost")

        server.after = lose_one
        with pytest.raises(Unreachable):
            phone.set_up_ot(key.key_id, PIN)
        server.after = lambda _method: None
        phone.sign(key.key_id, [b"m"], PIN)


def test_an_open_share_belongs_to_its_key_and_ends_with_a_refresh(phone: Phone) -> None:
    key, other = phone.keygen(Purpose.SIGN, PIN), phone.keygen(Purpose.SIGN, PIN)
    with phone.unlock(key.key_id, PIN) as unlocked:
        with pytest.raises(KeyUnknown):
            phone.sign(other.key_id, [b"m"], unlocked)
        phone.refresh(key.key_id, PIN)
        with pytest.raises(KeyUnknown):
            phone.sign(key.key_id, [b"m"], unlocked)


def test_a_key_serves_its_purpose_only(phone: Phone) -> None:
    sign, decrypt = phone.keygen(Purpose.SIGN, PIN), phone.keygen(Purpose.DECRYPT, PIN)
    with pytest.raises(KeyPurposeWrong):
        phone.sign(decrypt.key_id, [b"m"], PIN)
    with pytest.raises(KeyPurposeWrong):
        phone.decrypt(sign.key_id, [sm2.encrypt(sign.public_key, b"p")], PIN)
    with pytest.raises(KeyUnknown):
        phone.sign("key_x", [b"m"], PIN)
    with pytest.raises(KeyUnknown):
        phone.only_key()


def test_several_ciphertexts_are_decrypted_in_order(phone: Phone) -> None:
    key = phone.keygen(Purpose.DECRYPT, PIN)
    plaintexts = [b"a", b"b" * 1000, b"c"]
    assert phone.decrypt(key.key_id, [sm2.encrypt(key.public_key, p) for p in plaintexts], PIN) == plaintexts


def test_one_bad_ciphertext_gives_one_uniform_error_and_does_no_harm(phone: Phone) -> None:
    key = phone.keygen(Purpose.DECRYPT, PIN)
    good = sm2.encrypt(key.public_key, b"p")
    flipped = good[:70] + bytes([good[70] ^ 1]) + good[71:]
    with pytest.raises(DecryptionRefused):
        phone.decrypt(key.key_id, [good, flipped], PIN)
    assert phone.decrypt(key.key_id, [good], PIN) == [b"p"]


@pytest.mark.parametrize("ciphertext", [b"", b"\4" * 98, b"\4" + bytes(64) + bytes(33)])
def test_what_is_no_ciphertext_is_refused(phone: Phone, ciphertext: bytes) -> None:
    key = phone.keygen(Purpose.DECRYPT, PIN)
    with pytest.raises(InputRefused):
        phone.decrypt(key.key_id, [ciphertext], PIN)


@pytest.mark.parametrize("content", [b"\x30\x00", b"\x02" * 97])
def test_a_ciphertext_of_another_form_is_refused_with_the_command_that_writes_ours(content: bytes) -> None:
    with pytest.raises(InputRefused, match="ecdh_kdf_md:sha256"):
        use.p256_ciphertext(content)
