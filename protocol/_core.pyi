"""Types of the native core (`protocol/core`, Rust). Reviewed by hand, compared with the extension by a test.

Conventions: points are SEC 1 compressed, 33 bytes; scalars, digests and hashes 32 bytes big-endian; `*_ms` is
milliseconds since the Unix epoch, UTC. No secret is ever returned: handles hold it and wipe it when dropped.
Handles refuse pickling, copying and printing. Every call that takes more than a few microseconds releases the
interpreter lock.
"""

from collections.abc import Sequence
from typing import final

# --- errors, re-exported and described by `protocol.errors` ---
class ProtocolError(Exception): ...
class MalformedPoint(ProtocolError): ...
class MalformedScalar(ProtocolError): ...
class MalformedMessage(ProtocolError): ...
class DigestRefused(ProtocolError): ...
class BadProof(ProtocolError): ...
class BadCommitment(ProtocolError): ...
class BadSignature(ProtocolError): ...
class BadAnswer(ProtocolError): ...
class DegenerateKey(ProtocolError): ...
class DecryptionFailed(ProtocolError): ...
class EnvelopeInvalid(ProtocolError): ...
class DeviceProofInvalid(ProtocolError): ...
class SealBroken(ProtocolError): ...
class AlreadyUsed(ProtocolError): ...
class PurposeMismatch(ProtocolError): ...
class RandomUnavailable(ProtocolError): ...
class InternalFault(ProtocolError): ...
class Pkcs11Refused(ProtocolError): ...

# --- transcript (section 1), public data only ---
def tlv(fields: Sequence[bytes]) -> bytes: ...
def h(suite: str, label: str, fields: Sequence[bytes]) -> bytes: ...
def h2s(suite: str, label: str, fields: Sequence[bytes]) -> bytes: ...
def sm3(data: bytes) -> bytes: ...

# --- public-key operations ---
def point_check(suite: str, point: bytes) -> None: ...
def point_uncompressed(suite: str, point: bytes) -> bytes: ...
def point_compressed(suite: str, point: bytes) -> bytes: ...
def sm2_digest(pk: bytes, message: bytes, signer_id: bytes) -> bytes: ...
def sm2_za(pk: bytes, signer_id: bytes) -> bytes: ...
def sm2_verify(pk: bytes, digest: bytes, signature: bytes) -> None: ...
def sm2_encrypt(pk: bytes, plaintext: bytes) -> bytes:
    """C1 (65, uncompressed) || C3 (32) || C2."""

def hpke_encrypt(pk: bytes, plaintext: bytes, *, info: bytes = b"", aad: bytes = b"") -> bytes:
    """HPKE base mode to a P-256 key: enc (65, uncompressed) || ciphertext || tag (16)."""

def ecdsa_p256_verify(pk: bytes, digest: bytes, signature: bytes) -> None: ...
def pin_check(pin: str) -> None:
    """Raises MalformedMessage unless `pin` is 6..64 characters and not on the deny-list (PIN-7)."""

def backends() -> list[str]:
    """Back ends this processor can run, best first: subset of ["ifma", "x86", "portable"]."""

def active_backend() -> str: ...
def set_backend(name: str) -> None:
    """For tests and benchmarks: selects a back end for the whole process."""

def self_test() -> None:
    """Known answers of every primitive on every usable back end. Raises InternalFault."""

# --- custody ---
@final
class SecretRecord:
    """Plaintext of a sealed record. Opaque; only a token seals it."""

    @property
    def wrapped(self) -> bytes | None:
        """HSM-3: what the token unwraps to its part of the share, worthless elsewhere; None if it holds no part."""

@final
class Kek:
    """One version of the software token's AES-256-GCM key. The key file is read and written through a
    descriptor inside the core, so that the key never becomes a Python object."""

    @staticmethod
    def create(fd: int) -> Kek:
        """Draws a key and writes it to an empty file, flushed to the disk. Raises OSError (FileExistsError if the
        file is not empty), RandomUnavailable."""
    @staticmethod
    def load(fd: int) -> Kek:
        """Raises OSError, or SealBroken if the file is not an intact key file."""
    @property
    def check_value(self) -> bytes:
        """3 bytes: first bytes of AES-256-ECB(0^16)."""

    def seal(self, record: SecretRecord, aad: bytes) -> bytes:
        """iv (12) || ciphertext || tag (16)."""

    def open(self, sealed: bytes, aad: bytes) -> SecretRecord:
        """Raises SealBroken."""

# --- personal data and uploads ---
@final
class DataKey:
    """One version of the key of personal data and uploads. Names are 1 to 64 bytes, texts at most 4096."""

    @staticmethod
    def generate(version: int) -> DataKey:
        """`version` counts from 1."""
    @staticmethod
    def restore(record: SecretRecord) -> DataKey:
        """Raises SealBroken."""
    def export(self) -> SecretRecord: ...
    @property
    def version(self) -> int: ...
    def seal(self, field: str, row: str, text: bytes) -> bytes:
        """format (1) || version (4) || nonce (12) || ciphertext || tag (16). Raises MalformedMessage (a length)."""
    def open(self, field: str, row: str, sealed: bytes) -> bytes:
        """Raises MalformedMessage (no such form), SealBroken (another field, row or key, or altered)."""
    def seal_upload(self, upload_id: str) -> UploadSealer: ...
    def open_upload(self, upload_id: str, header: bytes) -> UploadOpener:
        """Raises MalformedMessage, SealBroken (a header of another key)."""

@final
class IndexKey:
    """One version of the key of the blind index."""

    @staticmethod
    def generate(version: int) -> IndexKey:
        """`version` counts from 1."""
    @staticmethod
    def restore(record: SecretRecord) -> IndexKey:
        """Raises SealBroken."""
    def export(self) -> SecretRecord: ...
    @property
    def version(self) -> int: ...
    def index(self, field: str, scope: str, text: bytes) -> bytes:
        """HMAC-SHA-256, 32 bytes. Raises MalformedMessage (a length)."""

@final
class UploadSealer:
    """Seals the chunks of one upload in their order."""

    @property
    def header(self) -> bytes:
        """37 bytes: format (1) || version (4) || salt (32)."""
    def chunk(self, plain: bytes, last: bool) -> bytes:
        """65536 bytes, fewer only in the last chunk; the result is 16 bytes longer. Raises MalformedMessage (a
        length), AlreadyUsed (after the last)."""

@final
class UploadOpener:
    """Opens the chunks of one upload in their order."""

    def chunk(self, sealed: bytes, last: bool) -> bytes:
        """Raises MalformedMessage (a length), SealBroken (altered or out of place), AlreadyUsed (after the last or a
        refused one)."""

def data_key_version(sealed: bytes) -> int:
    """Version of the data key of a sealed datum, or of the header of an upload. Raises MalformedMessage."""

# --- calls to a PKCS#11 module through which secrets pass ---
@final
class Pin:
    """PIN of a token, or one operator's part of it. Read from a descriptor and kept in the core."""

    @staticmethod
    def read(fd: int) -> Pin:
        """One line of 1 to 255 bytes. Raises OSError."""
    @staticmethod
    def draw(fd: int) -> Pin:
        """Draws 32 hexadecimal digits and writes them to an empty file, flushed to the disk. Raises OSError
        (FileExistsError if the file is not empty)."""
    def join(self, other: Pin) -> Pin:
        """The parts of two operators, one after the other. Raises OSError if a part has less than 8
        bytes or both more than 255."""

@final
class SharedX:
    """x-coordinate of an agreement in the token (HSM-2). Opaque."""

    def check(self, expected: bytes) -> None:
        """Compares with a known answer of 32 bytes. Raises BadAnswer if it differs."""

@final
class Pkcs11Module:
    """A loaded PKCS#11 module. Sessions and objects are named by their handles. Every call may raise Pkcs11Refused,
    whose `args` are the name of the C function and its CKR code."""

    @staticmethod
    def load(path: str) -> Pkcs11Module:
        """Loads the library, or gets the one that is loaded already. Raises OSError."""
    @staticmethod
    def known_key() -> bytes:
        """The 32 published bytes that are imported as a key for known answers."""
    def initialize(self) -> None:
        """For calls from several threads, with locking by the operating system."""
    def finalize(self) -> None:
        """Every handle is void afterwards. No other call may be running."""
    def login(self, session: int, pin: Pin, security_officer: bool) -> None:
        """Logs every session of this process in."""
    def logout(self, session: int) -> None: ...
    def init_token(self, slot: int, so_pin: Pin, label: str) -> None:
        """Initialises a token and destroys what is in it; `label` has at most 32 bytes."""
    def init_pin(self, session: int, pin: Pin) -> None:
        """Sets the user PIN in a session of the security officer."""
    def random(self, session: int, length: int) -> bytes:
        """At most 4,096 random bytes of the token for public values."""
    def stir(self, session: int) -> None:
        """HEDGE-3: mixes 32 random bytes of the token into the generator of the core."""
    def seal(self, session: int, key: int, algorithm: int, record: SecretRecord, aad: bytes) -> bytes:
        """iv (12) || ciphertext || tag (16); `algorithm` is 1 or 2 (section 8.1)."""
    def open_many(
        self, session: int, key: int, algorithm: int, records: Sequence[tuple[bytes, bytes]]
    ) -> list[SecretRecord | None]:
        """Opens each (sealed, aad). A record that the token refuses is None; any other refusal ends the call."""
    def check_value(self, session: int, key: int, algorithm: int) -> bytes:
        """3 bytes: of AES-256-ECB(0^16), or of HMAC-SHA-256("COSIGN-v1/kek-check")."""
    def probe(self, session: int, key: int, algorithm: int, known: bool) -> None:
        """HSM-4: seals, opens and offers altered records; with `known`, `key` holds `known_key` and the answers are
        compared. Raises InternalFault for a wrong answer."""
    def derive(self, session: int, key: int, point: bytes, der: bool) -> SharedX:
        """x(d*T) for the private key d and a compressed point T of P-256 (HSM-2). Raises MalformedPoint."""
    def make_wrapping_key(self, session: int, label: str) -> None:
        """HSM-3: draws the key that wraps decryption shares."""
    def agree(self, session: int, key: int, request: Request, record: SecretRecord, der: bool) -> SecretRecord:
        """HSM-3: asks the private key for what `request` needs of the share in `record`, its points multiplied with the
        part of the share outside of the token; returns the record with the answers. Raises MalformedMessage for a
        request that needs nothing, AlreadyUsed, DegenerateKey, SealBroken."""
    def prove(self, session: int, key: int, draft: KeygenDraft) -> None:
        """HSM-3: lets the private key sign the draft of a key generation."""
    def derive_off_curve(self, session: int, key: int, der: bool) -> None:
        """HSM-4: hands over a point that is not on the curve. Returns only if the token accepted it."""

# --- server ---
@final
class EnvelopeKey:
    """HPKE key pair of the core (E2E-4)."""

    @staticmethod
    def generate() -> EnvelopeKey: ...
    @staticmethod
    def restore(record: SecretRecord) -> EnvelopeKey: ...
    def export(self) -> SecretRecord: ...
    @property
    def key_id(self) -> bytes:
        """8 bytes: first bytes of H("E2E/key-id", public_key), suite P256."""
    @property
    def public_key(self) -> bytes: ...

@final
class ServerCore:
    """Identity key (P-256 ECDSA), envelope keys, hedge secret and row-MAC key of one key-share service."""

    @staticmethod
    def generate(server_id: str) -> ServerCore: ...
    @staticmethod
    def restore(server_id: str, record: SecretRecord) -> ServerCore: ...
    def export(self) -> SecretRecord:
        """Identity key, hedge secret and row-MAC key; envelope keys are exported one by one."""
    @property
    def server_id(self) -> str: ...
    @property
    def identity_public_key(self) -> bytes: ...
    def sign_statement(self, label: str, fields: Sequence[bytes]) -> bytes:
        """64-byte r||s of the identity key over H(label, fields), suite P256. Labels: "E2E/key", "AUDIT/head",
        "ENV/descriptor"."""
    def add_envelope_key(self, key: EnvelopeKey) -> None: ...
    def remove_envelope_key(self, key_id: bytes) -> None: ...
    def row_mac(self, rows: Sequence[bytes]) -> list[bytes]:
        """SEAL-7: HMAC-SHA-256 (32 bytes) of each encoded row."""
    def open_request(self, envelope: bytes) -> Request:
        """E2E-2. Raises EnvelopeInvalid when the layer cannot be opened; a bad header or body inside is
        reported by `Request.malformed` instead, so that it can be answered inside the layer."""
    def open_requests(self, envelopes: Sequence[bytes]) -> list[Request | ProtocolError]:
        """E2E-2 for many envelopes at once, in order: a Request each, or the exception `open_request` would raise
        (EnvelopeInvalid), as a value. One envelope never disturbs another."""
    @staticmethod
    def verify_devices(items: Sequence[tuple[Request, bytes]]) -> list[ProtocolError | None]:
        """HDR-2 for many requests at once, each with the public key of its device (33 bytes), in order: None, or the
        exception `Request.verify_device` would raise, as a value."""
    def keygen_begin(self, request: Request) -> KeygenBegun:
        """KG-2. `request.phase` is 1, `request.custody` 0."""
    def keygen_draft(self, request: Request, token_key: bytes) -> KeygenDraft:
        """HSM-3: KG-2 for a share in a token, until the token has signed (`Pkcs11Module.prove`); `token_key` is the
        public key of its part, 33 bytes. May be repeated. Raises MalformedPoint."""
    def keygen_begin_in_token(self, request: Request, draft: KeygenDraft, wrapped: bytes) -> KeygenBegun:
        """KG-2 with a signed draft; `wrapped` is what the token unwraps to its part. Raises BadProof."""
    def keygen_finish(self, request: Request, pending: SecretRecord, device_pub: bytes) -> KeygenFinished:
        """KG-4, KG-5; also checks sig_dev over k2. Raises BadProof, BadCommitment, DegenerateKey,
        DeviceProofInvalid, MalformedMessage (header fields differ from those of M1)."""
    def evaluate(self, items: Sequence[tuple[Request, SecretRecord]]) -> list[Evaluation]:
        """TX-3 for a micro-batch, in order: checks each proof against the share point of its record and
        computes the answer. One item never disturbs another: a fault becomes outcome FAULT. A request is evaluated
        once (TX-7); a second time is FAULT."""

@final
class Request:
    """One opened request: header, digests and evidence are readable, the rest stays in the core."""
    @property
    def malformed(self) -> str | None:
        """None, or MALFORMED_MESSAGE | MALFORMED_POINT | MALFORMED_SCALAR | DIGEST_REFUSED | PURPOSE_MISMATCH.
        When set only req_id, op (0 if unknown) and `answer` are usable; the rest raises MalformedMessage."""
    @property
    def op(self) -> int: ...
    @property
    def phase(self) -> int:
        """1 or 3 for KEYGEN (M1, M3), 1 or 2 for OT_SETUP, the mode of ECDH (1 is RAW), else 0."""
    @property
    def custody(self) -> int:
        """KEYGEN M1: 0 sealed record, 1 token (section 8.2); else 0."""
    @property
    def suite(self) -> str: ...
    @property
    def purpose(self) -> int: ...
    @property
    def server_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def share_id(self) -> bytes: ...
    @property
    def pk(self) -> bytes: ...
    @property
    def req_id(self) -> bytes: ...
    @property
    def issued_at_ms(self) -> int: ...
    @property
    def expires_at_ms(self) -> int: ...
    @property
    def ctr(self) -> int: ...
    @property
    def tau(self) -> bytes: ...
    @property
    def open_reqs(self) -> list[bytes]: ...
    @property
    def policy(self) -> bytes: ...
    @property
    def restore_epoch(self) -> int: ...
    @property
    def count(self) -> int:
        """N of SIGN, DECRYPT and ECDH, 1 for EC_SIGN, else 0."""
    @property
    def digests(self) -> list[bytes]:
        """e_i of SIGN and EC_SIGN; H("SM2/c1", T1_i) of DECRYPT; H("ECDH/t", T_i) of ECDH; else empty."""
    @property
    def device_pub(self) -> bytes | None:
        """The device key named by KEYGEN M1, else None."""
    @property
    def header(self) -> bytes:
        """Encoded header (section 1.5) as it was sent: evidence that the device asked for this operation (E2E-7)."""
    @property
    def ctx(self) -> bytes:
        """Context hash of the operation, 32 bytes; zeros for KEYGEN M3 (it needs the pending record)."""
    @property
    def body_hash(self) -> bytes: ...
    @property
    def enc_hash(self) -> bytes: ...
    @property
    def sig_dev(self) -> bytes: ...
    def verify_device(self, device_pub: bytes) -> None:
        """HDR-2. Raises DeviceProofInvalid. Not for KEYGEN M3."""
    def answer(
        self,
        status: int,
        *,
        server_time_ms: int,
        durable: bool = False,
        attempts_left: int = 0,
        retry_after_s: int = 0,
        ctr: int = 0,
        tau: bytes = ...,
        restore_epoch: int = 0,
        body: bytes = b"",
    ) -> bytes:
        """E2E-3: an answer with the public `body` (SYNC state, MALFORMED reason), padded to the size of a success
        answer of the same op and N. Status OK is left to SYNC, any other operation raises BadProof: its success
        comes from an evaluation. Works once, together with the answer of everything made from this request; raises
        AlreadyUsed."""

@final
class KeygenDraft:
    """A key generation that waits for the token's signature (HSM-3). Opaque."""

@final
class KeygenBegun:
    @property
    def k1(self) -> bytes:
        """Bound into the AAD of the pending record (SEAL-1, label COSIGN-v1/seal-kg)."""
    @property
    def pending(self) -> SecretRecord: ...
    def answer(self, *, server_time_ms: int, restore_epoch: int) -> bytes:
        """M2. Works once."""

@final
class KeygenFinished:
    @property
    def pk(self) -> bytes: ...
    @property
    def share_id(self) -> bytes: ...
    @property
    def record(self) -> SecretRecord: ...
    def answer(self, *, server_time_ms: int, restore_epoch: int, tau: bytes, ctr: int) -> bytes:
        """M4; `tau` 16 zero bytes and `ctr` 0 unless this is the first key of the device. Works once."""

@final
class Evaluation:
    """Outcome of one evaluated request. `answer` must not be called before the acknowledged commit (TX-6)."""
    @property
    def outcome(self) -> int:
        """0 RIGHT, 1 WRONG, 2 FAULT."""
    @property
    def audit_hash(self) -> bytes:
        """Section 10.1; 32 zero bytes unless RIGHT."""
    @property
    def pending(self) -> SecretRecord | None:
        """The record to seal, a dummy of the same size unless RIGHT, or None. REFRESH: the new share; else what
        replaces the record of the share that was used."""
    @property
    def ot(self) -> int:
        """0 unchanged, 1 begun, 2 ready, 3 failed (OTS-7), 4 destroyed (EC-6): what becomes of the OT set-up of the
        share. With 3 and 4 a RIGHT proof has no result."""
    @property
    def new_share_id(self) -> bytes | None:
        """REFRESH: share_id' (16). Else None."""
    def answer(
        self,
        status: int,
        *,
        server_time_ms: int,
        durable: bool = False,
        attempts_left: int = 0,
        retry_after_s: int = 0,
        ctr: int = 0,
        tau: bytes = ...,
        restore_epoch: int = 0,
        pending_expires_ms: int = 0,
    ) -> bytes:
        """Status OK carries the computed body; any other status carries none. Works once. OK raises BadProof after
        WRONG and InternalFault after FAULT, and the answer can still be given with another status."""

# --- phone ---
@final
class DeviceKey:
    """Software P-256 device key (PIN-8)."""
    @staticmethod
    def generate() -> DeviceKey: ...
    @staticmethod
    def restore(record: SecretRecord) -> DeviceKey: ...
    def export(self) -> SecretRecord: ...
    @property
    def public_key(self) -> bytes: ...
    def sign(self, label: str, fields: Sequence[bytes]) -> bytes:
        """64-byte r||s over H(label, fields), suite P256. Label: "DEV/rpc"."""

@final
class Target:
    """Verified public description of a key-share service."""
    def __init__(
        self, *, server_id: str, identity_public_key: bytes, core_key_id: bytes, envelope_public_key: bytes
    ) -> None: ...

@final
class Header:
    """Header of one request (section 1.5). `req_nonce` is drawn inside. One `begin` or `receive` takes it; a second one
    raises AlreadyUsed."""
    def __init__(
        self,
        *,
        suite: str,
        op: int,
        purpose: int,
        server_id: str,
        user_id: str,
        device_id: str,
        key_id: str,
        share_id: bytes = ...,
        pk: bytes = ...,
        issued_at_ms: int,
        ttl_ms: int = 120_000,
        ctr: int,
        tau: bytes,
        open_reqs: Sequence[bytes],
        policy: bytes = ...,
        restore_epoch: int,
    ) -> None: ...
    @property
    def req_id(self) -> bytes: ...

@final
class Answer:
    """Frame of one answer (E2E-3)."""
    @property
    def status(self) -> int: ...
    @property
    def server_time_ms(self) -> int: ...
    @property
    def durable(self) -> bool: ...
    @property
    def attempts_left(self) -> int: ...
    @property
    def retry_after_s(self) -> int: ...
    @property
    def ctr(self) -> int: ...
    @property
    def tau(self) -> bytes: ...
    @property
    def restore_epoch(self) -> int: ...
    @property
    def reason(self) -> str | None:
        """Reason text of a MALFORMED answer, else None."""

@final
class Blob:
    """The phone's PIN-blinded share (PIN-4)."""
    @staticmethod
    def restore(record: SecretRecord) -> Blob: ...
    def export(self) -> SecretRecord: ...
    @property
    def key_id(self) -> str: ...
    @property
    def share_id(self) -> bytes: ...
    @property
    def suite(self) -> str: ...
    @property
    def purpose(self) -> int: ...
    @property
    def pk(self) -> bytes: ...
    def unlock(self, pin: str) -> Unlocked:
        """PIN-5. Every PIN gives a share; only the server's proof check tells whether it is the right one."""

@final
class Unlocked:
    """A share opened for one operation or one batch; wiped by `wipe` or when dropped."""
    def wipe(self) -> None: ...

@final
class KdfParams:
    """Argon2id cost (PIN-1). Refuses less than 19 MiB, t = 2."""
    def __init__(self, *, memory_kib: int = 65536, passes: int = 3, lanes: int = 1) -> None: ...

@final
class PhoneKeygen:
    """KG-1, KG-3, KG-6. One object per key generation; methods in order, each once."""
    @staticmethod
    def begin(
        target: Target, device_key: DeviceKey, header: Header, local_seq: int, *, in_token: bool = False
    ) -> PhoneKeygen:
        """KG-1. With `in_token` the server's share shall be in its token: only P-256 decryption keys, else
        PurposeMismatch."""
    @property
    def envelope(self) -> bytes: ...
    def receive(self, answer: bytes, header: Header, local_seq: int) -> Answer:
        """Takes M2; on status OK prepares M3 under `header` and sets `envelope`. Raises BadProof, BadAnswer."""
    def finish(self, answer: bytes, pin: str, kdf: KdfParams) -> tuple[Answer, Blob | None, bytes, int]:
        """Takes M4; (frame, blob, first tau or zeros, first ctr). Raises BadAnswer, BadSignature."""

@final
class PhoneSign:
    """SIGN-2 to SIGN-18; with a P-256 key EC-1 to EC-14."""
    @staticmethod
    def begin(
        target: Target, device_key: DeviceKey, header: Header, share: Unlocked, digests: Sequence[bytes], local_seq: int
    ) -> PhoneSign:
        """`digests`: 1 to 256 of 32 bytes, with a P-256 key one."""
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> tuple[Answer, list[bytes]]:
        """64-byte r||s per digest, released only when every check holds for all (else BadAnswer). Empty unless OK."""

@final
class PhoneDecrypt:
    @staticmethod
    def begin(
        target: Target,
        device_key: DeviceKey,
        header: Header,
        share: Unlocked,
        ciphertexts: Sequence[bytes],
        local_seq: int,
        *,
        blind: bool = True,
    ) -> PhoneDecrypt:
        """`ciphertexts`: C1 (65 or 33) || C3 (32) || C2 each."""
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> tuple[Answer, list[bytes]]:
        """Plaintexts. Raises DecryptionFailed (one uniform error)."""

@final
class EcdhCiphertext:
    """One ciphertext for a P-256 decryption key."""
    @staticmethod
    def hpke(ciphertext: bytes, *, info: bytes = b"", aad: bytes = b"") -> EcdhCiphertext:
        """HPKE base mode: enc (65, uncompressed) || ciphertext || tag (16)."""
    @staticmethod
    def cms(
        *, originator: bytes, shared_info: bytes, wrapped_key: bytes, nonce: bytes, aad: bytes, sealed: bytes
    ) -> EcdhCiphertext:
        """Key agreement of CMS: originator (65 or 33), DER of ECC-CMS-SharedInfo, wrapped key (40), nonce (12), DER of
        the authenticated attributes or empty, ciphertext || tag (16)."""

@final
class PhoneEcdh:
    """ECDH-1, ECDH-2: mode AEAD."""
    @staticmethod
    def begin(
        target: Target,
        device_key: DeviceKey,
        header: Header,
        share: Unlocked,
        ciphertexts: Sequence[EcdhCiphertext],
        local_seq: int,
    ) -> PhoneEcdh:
        """`ciphertexts`: 1 to 256."""
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> tuple[Answer, list[bytes]]:
        """Plaintexts. Raises DecryptionFailed (one uniform error)."""

@final
class PhoneEcdhRaw:
    """ECDH-1, ECDH-3: mode RAW. A server answers it only where its operator allows it."""
    @staticmethod
    def begin(
        target: Target, device_key: DeviceKey, header: Header, share: Unlocked, points: Sequence[bytes], local_seq: int
    ) -> PhoneEcdhRaw:
        """`points`: 1 to 256 of 33 bytes."""
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> tuple[Answer, list[bytes]]:
        """Shared secrets of 32 bytes, released only when the proof of every item holds (else BadAnswer)."""

@final
class OtReply:
    """OTS part 2 on its way from REFRESH to CONFIRM of a P-256 signing key. It cannot be stored."""

@final
class PhoneRefresh:
    """RF-1, RF-4, RF-5, then CONFIRM (RF-6)."""
    @staticmethod
    def begin(
        target: Target, device_key: DeviceKey, header: Header, share: Unlocked, local_seq: int
    ) -> PhoneRefresh: ...
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes, new_pin: str, kdf: KdfParams) -> tuple[Answer, Blob | None, int, OtReply | None]:
        """(frame, new blob with share_id', pending_expires_ms, what CONFIRM of a P-256 signing key needs)."""

@final
class PhoneConfirm:
    """RF-6."""
    @staticmethod
    def begin(
        target: Target,
        device_key: DeviceKey,
        header: Header,
        share: Unlocked,
        local_seq: int,
        *,
        ot: OtReply | None = None,
    ) -> PhoneConfirm:
        """`ot` comes from the REFRESH of a P-256 signing key; raises MalformedMessage if it is missing or of another
        share."""
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> Answer: ...

@final
class PhoneAdopt:
    """RS-4."""
    @staticmethod
    def begin(target: Target, device_key: DeviceKey, header: Header, share: Unlocked, local_seq: int) -> PhoneAdopt: ...
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> Answer: ...

@final
class PhoneOtSetup:
    """OTS-1 to OTS-7 as an operation of its own. One object per set-up; methods in order, each once."""
    @staticmethod
    def begin(
        target: Target, device_key: DeviceKey, header: Header, share: Unlocked, local_seq: int
    ) -> PhoneOtSetup: ...
    @property
    def envelope(self) -> bytes: ...
    def receive(self, answer: bytes) -> Answer:
        """Takes the answer with part 1; only with status OK there is a part 2. Raises BadAnswer."""
    def reply(self, header: Header, local_seq: int) -> Blob:
        """Makes part 2 under `header`, sets `envelope` and gives the blob with the new seeds, to be stored in place of
        the old one before anything is sent. Raises BadAnswer, and AlreadyUsed where there is no part 1."""
    def finish(self, answer: bytes) -> Answer:
        """Takes the answer to part 2. Raises BadAnswer."""

@final
class PhoneSync:
    """CLONE-5; suite P256, device signature only."""
    @staticmethod
    def begin(target: Target, device_key: DeviceKey, header: Header) -> PhoneSync: ...
    @property
    def envelope(self) -> bytes: ...
    def finish(self, answer: bytes) -> tuple[Answer, str, bytes]:
        """("A" | "B" | "", last_req or zeros). SYNC answer body: u8 case (1 = A, 2 = B) || last_req 16."""
