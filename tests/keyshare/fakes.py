"""Stand-ins for the native core and the token: same ports, no cryptography, everything visible.

A share is a byte string. The phone proves it knows the right one by sending it; a wrong PIN sends another one. An
answer is a JSON frame of constant size, so that tests can compare what leaves the server byte by byte.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hsm.ports import (
    RecordRefused,
    Sealed,
    SecurityLevel,
    TokenFault,
    TokenInfo,
    TokenKeyMissing,
    TokenUnavailable,
)
from keyshare.ports import OpenedRequest
from protocol.codes import Op, OtChange, Outcome, Status

ZERO16 = bytes(16)
FRAME_SIZE = 512


@dataclass(frozen=True)
class Frame:
    """What a phone reads from an answer (E2E-3)."""

    status: Status
    attempts_left: int = 0
    retry_after_s: int = 0
    ctr: int = 0
    tau: bytes = ZERO16
    durable: bool = False
    restore_epoch: int = 0
    server_time_ms: int = 0
    pending_expires_ms: int = 0
    body: bytes = b""


def encode_frame(status: int, body: bytes, fields: dict[str, Any]) -> bytes:
    """Pads like the real frame, so that sizes tell nothing."""
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in fields.items()}
    return json.dumps({"status": int(status), "body": body.hex(), **plain}, sort_keys=True).encode().ljust(FRAME_SIZE)


def decode_frame(answer: bytes) -> Frame:
    """Reads an answer of a fake."""
    raw = json.loads(answer)
    raw["status"] = Status(raw["status"])
    raw["body"] = bytes.fromhex(raw["body"])
    if "tau" in raw:
        raw["tau"] = bytes.fromhex(raw["tau"])
    return Frame(**raw)


class OneTime:
    """Answers work once, like those of the core."""

    def __init__(self) -> None:
        self.used = False

    def take(self) -> None:
        if self.used:
            raise RuntimeError("answered twice")
        self.used = True


@dataclass
class FakeRequest:
    """Implements `keyshare.ports.OpenedRequest`."""

    op: int
    device_id: str
    user_id: str
    key_id: str
    share_id: bytes
    proof: bytes
    """The share the phone used; right if it equals the record's."""
    tau: bytes
    ctr: int = 0
    open_reqs: list[bytes] = field(default_factory=list)
    req_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    issued_at_ms: int = 0
    expires_at_ms: int = 0
    restore_epoch: int = 0
    suite: str = "SM2"
    purpose: int = 1
    pk: bytes = bytes(33)
    policy: bytes = bytes(32)
    count: int = 1
    digests: list[bytes] = field(default_factory=lambda: [bytes(32)])
    header: bytes = b""
    ctx: bytes = bytes(32)
    body_hash: bytes = bytes(32)
    enc_hash: bytes = bytes(32)
    sig_dev: bytes = bytes(64)
    faulty: bool = False
    """Makes the core report FAULT."""
    phase: int = 0
    ot: OtChange = OtChange.UNCHANGED
    """What the core makes of the OT set-up after a right proof."""
    once: OneTime = field(default_factory=OneTime)

    def answer(self, status: int, *, body: bytes = b"", **fields: Any) -> bytes:
        self.once.take()
        return encode_frame(status, body, fields)


@dataclass
class FakeEvaluation:
    """Implements `keyshare.ports.Evaluated`."""

    request: FakeRequest
    outcome: int
    audit_hash: bytes
    pending: bytes | None = None
    new_share_id: bytes | None = None
    ot: int = OtChange.UNCHANGED
    wiped: bool = False

    def answer(self, status: int, **fields: Any) -> bytes:
        self.request.once.take()
        self.wiped = True
        if status == Status.OK and self.outcome != Outcome.RIGHT:
            raise RuntimeError("a result without a right proof")
        body = b""
        if status == Status.OK:
            body = (self.new_share_id + self.pending) if self.pending and self.new_share_id else b"signature"
        return encode_frame(status, body, fields)


class FakeEvaluator:
    """Implements `keyshare.ports.Evaluator` on byte strings."""

    def __init__(self) -> None:
        self.evaluated: list[bytes] = []
        """req_ids in the order of evaluation."""
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[], None] = lambda: None
        self.made: list[FakeEvaluation] = []

    def evaluate(self, items: Sequence[tuple[OpenedRequest, bytes]]) -> list[FakeEvaluation]:
        self.before()
        made = [self._one(request, record) for request, record in items]  # type: ignore[arg-type]
        self.made = made
        self.after()
        return made

    def _one(self, request: FakeRequest, record: bytes) -> FakeEvaluation:
        self.evaluated.append(request.req_id)
        outcome = Outcome.RIGHT if request.proof == record else Outcome.WRONG
        if request.faulty:
            outcome = Outcome.FAULT
        made = FakeEvaluation(request, outcome, hashlib.sha256(request.req_id).digest())
        if request.op == Op.REFRESH:
            made.pending, made.new_share_id = secrets.token_bytes(8), secrets.token_bytes(16)
        elif request.ot is not OtChange.UNCHANGED:
            made.pending = record if outcome is Outcome.RIGHT else secrets.token_bytes(len(record))
            made.ot = request.ot if outcome is Outcome.RIGHT else OtChange.UNCHANGED
        return made


class FakeToken:
    """Implements `hsm.ports.Token` for byte-string records."""

    algorithm = 1

    def __init__(self) -> None:
        self.current_version = 1
        self.versions = {1}
        self.epoch = 0
        self.unavailable = False
        self.seals = 0

    @property
    def shares(self) -> None:
        return None

    def info(self) -> TokenInfo:
        checks = dict.fromkeys(self.versions, bytes(3))
        return TokenInfo("fake", SecurityLevel.SOFTWARE, 1, self.current_version, checks)

    def _tag(self, record: bytes, aad: bytes, version: int) -> bytes:
        return hashlib.sha256(version.to_bytes(4) + len(aad).to_bytes(4) + aad + record).digest()[:16]

    def _check(self, version: int) -> None:
        if self.unavailable:
            raise TokenUnavailable("gone")
        if version not in self.versions:
            raise TokenKeyMissing(f"no version {version}")

    def seal(self, record: bytes, aad: bytes, *, version: int) -> bytes:
        self._check(version)
        self.seals += 1
        return secrets.token_bytes(12) + record + self._tag(record, aad, version)

    def unseal(self, sealed: bytes, aad: bytes, *, version: int) -> bytes:
        self._check(version)
        record, tag = sealed[12:-16], sealed[-16:]
        if tag != self._tag(record, aad, version):
            raise RecordRefused("wrong context")
        return record

    def unseal_many(self, records: Sequence[Sealed]) -> list[bytes | TokenFault]:
        opened: list[bytes | TokenFault] = []
        for sealed, aad, version in records:
            try:
                opened.append(self.unseal(sealed, aad, version=version))
            except TokenFault as fault:
                opened.append(fault)
        return opened

    def new_version(self) -> int:
        self.current_version += 1
        self.versions.add(self.current_version)
        return self.current_version

    def destroy_version(self, version: int) -> None:
        self.versions.remove(version)

    def random(self, length: int) -> bytes:
        return secrets.token_bytes(length)

    def self_test(self) -> None:
        return

    def restore_epoch(self) -> int:
        return self.epoch

    def raise_restore_epoch(self) -> int:
        self.epoch += 1
        return self.epoch

    def close(self) -> None:
        return


class FakeClock:
    """A clock that tests move; starts on a fixed day."""

    def __init__(self) -> None:
        self.ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.ms

    def advance(self, *, ms: int = 0, s: float = 0, minutes: float = 0, hours: float = 0) -> None:
        self.ms += ms + int(s * 1000) + int(minutes * 60_000) + int(hours * 3_600_000)


def fake_row_mac(rows: Sequence[bytes]) -> list[bytes]:
    """SEAL-7 with a public key, good enough to notice changes."""
    return [hashlib.sha256(b"row mac" + row).digest() for row in rows]


class RecordingHeads:
    """Implements `keyshare.ports.HeadLog`."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, bytes]] = []
        self.fail: Exception | None = None

    def _add(self, event: str, key_id: str, share_id: bytes = b"") -> None:
        if self.fail:
            raise self.fail
        self.lines.append((event, key_id, share_id))

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        self._add("announce", key_id, share_id)

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        self._add("settle", key_id, share_id)

    def ended(self, key_id: str, device_id: str) -> None:
        self._add("ended", key_id)
