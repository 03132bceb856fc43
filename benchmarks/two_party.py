"""A whole two-party signature in one process, beside the pure-Python `gmssl` package signing with a whole key.

Both start from the message. Ours, `two_party.sign.n1.enveloped`, contains both parties and everything between them:
header, nonces and proof of the phone, envelope, device signature, proof check and answer of the server, both checks of
SIGN-17. Only network and database are missing. The protocol alone, without envelope and device signature, is
`two_party.sign.n1.protocol` of the native programs.
"""

import secrets
import time
from typing import Final

from gmssl import sm2 as gmssl_sm2

from benchmarks.results import Result, measure
from protocol import sm2
from protocol.codes import Op, Outcome, Purpose, Status, Suite
from protocol.envelope import EnvelopeKey
from protocol.phone import Blob, DeviceKey, Header, KdfParams, PhoneKeygen, PhoneSign, Target, Unlocked
from protocol.seal import SecretRecord
from protocol.server import KeygenFinished, ServerCore

SERVER_ID: Final = "bench-server"
PIN: Final = "482915"
CHEAPEST_KDF: Final = {"memory_kib": 19 * 1024, "passes": 2}


class Pair:
    """A phone with an open share and the server's core with the other one."""

    def __init__(self, suite: Suite = Suite.SM2) -> None:
        self.suite = suite
        self.core = ServerCore.generate(SERVER_ID)
        envelope_key = EnvelopeKey.generate()
        self.core.add_envelope_key(envelope_key)
        self.target = Target(
            server_id=SERVER_ID,
            identity_public_key=self.core.identity_public_key,
            core_key_id=envelope_key.key_id,
            envelope_public_key=envelope_key.public_key,
        )
        self.device = DeviceKey.generate()
        self.local_seq = 0
        if suite is Suite.SM2:
            self.blob, self.record = self._generate_key()
            self.share: Unlocked = self.blob.unlock(PIN)

    def sign(self, messages: list[bytes]) -> list[bytes]:
        """Runs one complete exchange; returns r‖s per message."""
        digests = [sm2.digest(self.blob.pk, message) for message in messages]
        header = self._header(Op.SIGN, share_id=self.blob.share_id, pk=self.blob.pk)
        phone = PhoneSign.begin(self.target, self.device, header, self.share, digests, self._next())
        request = self.core.open_request(phone.envelope)
        request.verify_device(self.device.public_key)
        (evaluation,) = self.core.evaluate([(request, self.record)])
        if evaluation.outcome != Outcome.RIGHT:
            raise AssertionError(f"outcome {evaluation.outcome}")
        frame, signatures = phone.finish(evaluation.answer(Status.OK, server_time_ms=_now_ms()))
        if frame.status != Status.OK:
            raise AssertionError(f"status {frame.status}")
        return signatures

    def exchange_key(self) -> tuple[PhoneKeygen, KeygenFinished]:
        """M1 to M3 and the server's part of M4; with P-256 the OT set-up of both sides."""
        phone = PhoneKeygen.begin(self.target, self.device, self._header(Op.KEYGEN), self._next())
        begun = self.core.keygen_begin(self.core.open_request(phone.envelope))
        phone.receive(begun.answer(server_time_ms=_now_ms(), restore_epoch=0), self._header(Op.KEYGEN), self._next())
        request = self.core.open_request(phone.envelope)
        return phone, self.core.keygen_finish(request, begun.pending, self.device.public_key)

    def _generate_key(self) -> tuple[Blob, SecretRecord]:
        phone, finished = self.exchange_key()
        answer = finished.answer(server_time_ms=_now_ms(), restore_epoch=0, tau=secrets.token_bytes(16), ctr=0)
        _, blob, _, _ = phone.finish(answer, PIN, KdfParams(**CHEAPEST_KDF))
        if blob is None:
            raise AssertionError("key generation was refused")
        return blob, finished.record

    def _header(self, op: Op, *, share_id: bytes = bytes(16), pk: bytes = bytes(33)) -> Header:
        return Header(
            suite=self.suite,
            op=op,
            purpose=Purpose.SIGN,
            server_id=SERVER_ID,
            user_id="bench-user",
            device_id="bench-device",
            key_id="bench-key",
            share_id=share_id,
            pk=pk,
            issued_at_ms=_now_ms(),
            ctr=0,
            tau=bytes(16),
            open_reqs=[],
            restore_epoch=0,
        )

    def _next(self) -> int:
        self.local_seq += 1
        return self.local_seq


def run(*, runs: int, seconds: float) -> list[Result]:
    """Measures our signature for N = 1 and per signature for N = 64, gmssl's, and ECDSA key generation."""
    pair = Pair()
    message = secrets.token_bytes(32)
    batch = [secrets.token_bytes(32) for _ in range(64)]
    single = measure("two_party.sign.n1.enveloped", lambda: pair.sign([message]), runs=runs, seconds=seconds)
    whole = measure("two_party.sign.n64.enveloped", lambda: pair.sign(batch), runs=runs, seconds=seconds)
    each = Result(whole.name, whole.median / 64, whole.least / 64, whole.greatest / 64, whole.runs)
    public_key = sm2.uncompress(pair.blob.pk)[1:].hex()
    peer = gmssl_sm2.CryptSM2(private_key=secrets.token_hex(31), public_key=public_key)
    gmssl = measure("peer.gmssl.sign", lambda: peer.sign_with_sm3(message), runs=runs, seconds=seconds)
    keygen = measure("two_party.ecdsa.keygen", Pair(Suite.P256).exchange_key, runs=runs, seconds=seconds)
    return [single, each, gmssl, keygen]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
