"""Data keys against a second implementation: what the core seals, another library opens, and the other way round."""

import hmac
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from protocol._core import DataKey, IndexKey, data_key_version
from protocol.errors import MalformedMessage, SealBroken
from protocol.seal import Kek, SecretRecord
from protocol.transcript import tlv

KEK = bytes(range(32))
SECRET = bytes(range(100, 132))


@pytest.fixture
def kek(tmp_path: Path) -> Kek:
    """A key-encryption key that the test knows."""
    encryptor = Cipher(algorithms.AES256(KEK), modes.ECB()).encryptor()
    path = tmp_path / "kek"
    path.write_bytes(b"COSIGN-v1/kek\0\0\0" + KEK + encryptor.update(bytes(16))[:3])
    with path.open("rb") as file:
        return Kek.load(file.fileno())


def record(kek: Kek, kind: bytes, version: bytes = b"\0\0\0\5", secret: bytes = SECRET) -> SecretRecord:
    """A record with a key that the test knows."""
    nonce = bytes(12)
    plain = tlv([b"\0\1", kind, version, secret])
    return kek.open(nonce + AESGCM(KEK).encrypt(nonce, plain, b""), b"")


def datum_key(field: bytes, row: bytes) -> bytes:
    return hmac.digest(SECRET, tlv([b"COSIGN-v1/data-datum", field, row]), "sha256")


def test_a_datum_of_the_core_opens_elsewhere(kek: Kek) -> None:
    sealed = DataKey.restore(record(kek, b"data")).seal("name", "per_1", "文".encode())
    head, nonce, body = sealed[:5], sealed[5:17], sealed[17:]
    assert head == b"\1\0\0\0\5"
    assert data_key_version(sealed) == 5
    assert AESGCM(datum_key(b"name", b"per_1")).decrypt(nonce, body, head) == "文".encode()


def test_a_datum_of_another_implementation_opens_in_the_core(kek: Kek) -> None:
    head, nonce = b"\1\0\0\0\5", b"n" * 12
    sealed = head + nonce + AESGCM(datum_key(b"name", b"per_1")).encrypt(nonce, b"text", head)
    key = DataKey.restore(record(kek, b"data"))
    assert key.open("name", "per_1", sealed) == b"text"
    with pytest.raises(SealBroken):
        key.open("name", "per_2", sealed)
    with pytest.raises(MalformedMessage):
        key.open("name", "per_1", b"\2" + sealed[1:])


def test_an_index_is_an_hmac_of_everything(kek: Kek) -> None:
    expected = hmac.digest(SECRET, tlv([b"COSIGN-v1/data-index", b"name", b"net", b"text"]), "sha256")
    assert IndexKey.restore(record(kek, b"index")).index("name", "net", b"text") == expected


def test_an_upload_is_a_stream_of_numbered_chunks(kek: Kek) -> None:
    sealer = DataKey.restore(record(kek, b"data")).seal_upload("obj_1")
    chunks = [sealer.chunk(b"a" * 65_536, False), sealer.chunk(b"end", True)]
    header = sealer.header
    assert (header[:5], len(header), data_key_version(header)) == (b"\2\0\0\0\5", 37, 5)
    key = AESGCM(hmac.digest(SECRET, tlv([b"COSIGN-v1/data-upload", b"obj_1", header[5:]]), "sha256"))
    assert key.decrypt(bytes(12), chunks[0], None) == b"a" * 65_536
    assert key.decrypt(bytes(10) + b"\1\1", chunks[1], None) == b"end"


@pytest.mark.parametrize(
    ("kind", "version", "secret"),
    [
        (b"index", b"\0\0\0\5", SECRET),
        (b"core", b"\0\0\0\5", SECRET),
        (b"data", bytes(4), SECRET),
        (b"data", b"\0\5", SECRET),
        (b"data", b"\0\0\0\5", SECRET[:31]),
    ],
)
def test_what_is_no_data_key(kek: Kek, kind: bytes, version: bytes, secret: bytes) -> None:
    with pytest.raises(SealBroken):
        DataKey.restore(record(kek, kind, version, secret))


def test_handles_show_nothing(kek: Kek) -> None:
    for key in (DataKey.restore(record(kek, b"data")), IndexKey.restore(record(kek, b"index"))):
        assert SECRET.hex() not in repr(key) + str(vars(type(key)))
        with pytest.raises(TypeError):
            key.__reduce_ex__(2)
