"""The phone's role over envelopes and answers: the operations that only P-256 keys have (section 6)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from protocol.errors import BadAnswer
from protocol.reference import ec_sign, ecdh, refresh
from protocol.reference.curve import Point, scalar_bytes
from protocol.reference.ec_messages import EcSignAnswer
from protocol.reference.envelope import Frame
from protocol.reference.header import Header
from protocol.reference.hedge import phone_seed, phone_source
from protocol.reference.messages import ProofRequest, SetupAnswer
from protocol.reference.ot_setup import PhoneSetup, setup_id
from protocol.reference.phone import Exchange, Key, Phone, Seeds, before_points
from protocol.reference.proof import Proof
from protocol.reference.transcript import SUITE_P256


class EcSign(Exchange):
    """EC_SIGN."""

    def __init__(
        self,
        phone: Phone,
        header: Header,
        key: Key,
        e: bytes,
        steps: Callable[..., ec_sign.PhoneEcSign] = ec_sign.PhoneEcSign,
    ) -> None:
        """`steps` replaces the checks, for attacks."""
        if key.seeds is None:
            raise BadAnswer("the key has no transfer set-up")
        ctx0 = ec_sign.first_context(header.encode(), e, key.pk)
        phone.local_seq += 1
        seed = phone_seed(SUITE_P256, phone.entropy.fresh(32), scalar_bytes(key.share), ctx0, phone.local_seq)
        x, source = ec_sign.choice_string(seed), phone_source(SUITE_P256, seed)
        self.steps = steps(header.encode(), e, key.pk, key.share, key.seeds.trees(), x, source)
        super().__init__(phone, header, self.steps.ctx, self.steps.request.encode())

    def finish(self, answer: bytes) -> tuple[Frame, list[bytes]]:
        """64 bytes r‖s with low s, or nothing."""
        frame, body = self.open(answer)
        if frame.status:
            return frame, []
        r, s = self.steps.finish(EcSignAnswer.decode(body))
        return frame, [scalar_bytes(r) + scalar_bytes(s)]


class Ecdh(Exchange):
    """ECDH."""

    def __init__(self, phone: Phone, header: Header, key: Key, points: Sequence[Point], mode: int = ecdh.AEAD) -> None:
        source = phone.source(SUITE_P256, key.share, ecdh.context(header.encode(), mode, points, key.pk))
        self.steps = ecdh.PhoneEcdh(header.encode(), mode, points, key.pk, key.share, source)
        super().__init__(phone, header, self.steps.ctx, self.steps.request.encode())

    def finish(self, answer: bytes) -> tuple[Frame, list[bytes]]:
        """Z of every item, all or none. In mode AEAD the caller must let a tag decide before it uses one."""
        frame, body = self.open(answer)
        if frame.status:
            return frame, []
        return frame, self.steps.finish(ecdh.EcdhAnswer.decode(body, self.steps.mode))


class OtSetup:
    """OT_SETUP: `first` asks, `receive` takes part 1 and makes `second` with part 2, `finish` takes its answer."""

    def __init__(self, phone: Phone, header: Header, key: Key) -> None:
        self._phone, self._key = phone, key
        self._source = phone.source(SUITE_P256, key.share, before_points(header))
        self._ctx = refresh.setup_context(header.encode(), key.pk)
        self.setup: PhoneSetup | None = None
        self.first = Exchange(phone, header, self._ctx, ProofRequest(self._proof(self._ctx)).encode())
        self.second: Exchange | None = None

    def _proof(self, ctx: bytes) -> Proof:
        nonce = self._phone.source(SUITE_P256, self._key.share, ctx)("pok", 0)
        return refresh.prove_share("OTS/pok", ctx, self._key.share, nonce, SUITE_P256)

    def receive(self, answer: bytes, header: Header) -> Frame:
        """OTS-2 to OTS-4 under a new header. Raises BadAnswer."""
        frame, body = self.first.open(answer)
        if not frame.status:
            given = SetupAnswer.decode(body)
            self.setup = PhoneSetup(setup_id(self._ctx, given.nonce_s), given.ots, self._source)
            ctx = refresh.setup_context(header.encode(), self._key.pk)
            request = ProofRequest(self._proof(ctx), self.setup.part2)
            self.second = Exchange(self._phone, header, ctx, request.encode())
        return frame

    def finish(self, answer: bytes) -> tuple[Frame, Key | None]:
        """The key with its new seeds."""
        if self.second is None or self.setup is None:
            raise BadAnswer("no part 2 was sent")
        frame, body = self.second.open(answer)
        if body:
            raise BadAnswer("a finished set-up has no body")
        return frame, None if frame.status else replace(self._key, seeds=Seeds.of(self.setup))
