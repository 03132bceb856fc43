"""The phone's role over envelopes and answers.

Each operation is one object: `envelope` goes to the server, `finish` takes its answer. The protocol steps are in
`keygen`, `sign`, `decrypt` and `refresh`; this module adds hedging, device signature and end-to-end layer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from protocol.errors import BadAnswer
from protocol.reference import decrypt, device, keygen, messages, refresh, sign
from protocol.reference.curve import P256, SM2, Point, not_identity, scalar_bytes
from protocol.reference.envelope import Frame, Recipient, seal_request
from protocol.reference.header import Header
from protocol.reference.hedge import Entropy, PhoneSource, phone_seed, phone_source
from protocol.reference.keygen_messages import KeygenM2, KeygenM4
from protocol.reference.messages import DecryptAnswer, RefreshAnswer, RefreshRequest, SignAnswer
from protocol.reference.transcript import SUITE_P256, Suite


@dataclass(frozen=True)
class Key:
    """A key as the phone knows it after the PIN: `share` is u1, or a for multiplicative keys."""

    pk: Point
    share_id: bytes
    share: int
    mul: bool

    @property
    def blinded_value(self) -> int:
        """What the blob blinds (PIN-3): d1, or a."""
        return self.share if self.mul else SM2.inv(self.share)

    def with_blinded_value(self, value: int) -> "Key":
        """The key with the share that belongs to another unblinded value (PIN-5)."""
        return replace(self, share=value if self.mul else SM2.inv(value))


@dataclass
class Phone:
    """Device key, target service and randomness."""

    to: Recipient
    identity: Point
    device_secret: int
    entropy: Entropy = field(default_factory=Entropy)
    local_seq: int = 0

    @property
    def device_public(self) -> bytes:
        return P256.encode(not_identity(P256.mul_base(self.device_secret)))

    def source(self, suite: Suite, share: int, ctx: bytes) -> PhoneSource:
        """HEDGE-1; local_seq is raised first."""
        self.local_seq += 1
        return phone_source(suite, phone_seed(suite, self.entropy.fresh(32), scalar_bytes(share), ctx, self.local_seq))


def before_points(header: Header) -> bytes:
    """HEDGE-1: stands for a ctx that contains points made from the secrets."""
    return header.suite.h("NONCE/pre", header.encode())


class Exchange:
    """One request with its envelope and the key of its answer."""

    def __init__(self, phone: Phone, header: Header, ctx: bytes, unsigned: bytes) -> None:
        suite, encoded = header.suite, header.encode()
        self.req_id = header.req_id

        def signed(enc: bytes) -> bytes:
            body = messages.body_hash(suite, header.op, unsigned)
            message = messages.device_message(suite, ctx, body, messages.enc_hash(suite, enc))
            return unsigned + device.sign(phone.device_secret, message)

        ephemeral = phone.entropy.scalar(SUITE_P256)
        self.envelope, self._answer_key = seal_request(phone.to, ephemeral, encoded, signed)

    def open(self, answer: bytes) -> tuple[Frame, bytes]:
        """Frame and body of the answer. Raises BadAnswer."""
        return Frame.decode(self._answer_key.open(self.req_id, answer))


class Sign(Exchange):
    """SIGN."""

    def __init__(
        self,
        phone: Phone,
        header: Header,
        key: Key,
        digests: Sequence[bytes],
        source: PhoneSource | None = None,
        steps: Callable[..., sign.PhoneSign] = sign.PhoneSign,
    ) -> None:
        """`source` and `steps` replace the hedged nonces and the checks, for vectors and for attacks."""
        ctx = sign.context(header.encode(), digests, key.pk)
        source = source or phone.source(header.suite, SM2.inv(key.share), ctx)
        self.steps = steps(header.encode(), digests, key.pk, key.share, source)
        super().__init__(phone, header, ctx, self.steps.request().encode())

    def finish(self, answer: bytes) -> tuple[Frame, list[bytes]]:
        """64 bytes r‖s per digest, all or none."""
        frame, body = self.open(answer)
        if frame.status:
            return frame, []
        pairs = self.steps.finish(SignAnswer.decode(body))
        return frame, [scalar_bytes(r) + scalar_bytes(s) for r, s in pairs]


class Decrypt(Exchange):
    """DECRYPT."""

    def __init__(
        self, phone: Phone, header: Header, key: Key, ciphertexts: Sequence[bytes], *, blind: bool = True
    ) -> None:
        source = phone.source(header.suite, key.share, before_points(header))
        self.steps = decrypt.PhoneDecrypt(header.encode(), ciphertexts, key.pk, key.share, source, blind=blind)
        super().__init__(phone, header, self.steps.ctx, self.steps.request().encode())

    def finish(self, answer: bytes) -> tuple[Frame, list[bytes]]:
        """Plaintexts, all or none."""
        frame, body = self.open(answer)
        return frame, [] if frame.status else self.steps.finish(DecryptAnswer.decode(body))


class Refresh(Exchange):
    """REFRESH (RF-1, RF-4)."""

    def __init__(self, phone: Phone, header: Header, key: Key) -> None:
        self._key = key
        source = phone.source(header.suite, key.blinded_value, before_points(header))
        self._secret = source("ep", 0)
        self._ep = not_identity(SM2.mul_base(self._secret))
        self._ctx = refresh.refresh_context(header.encode(), self._ep, key.pk)
        shown = refresh.prove_share("RF/pok", self._ctx, key.share, source("pok", 0))
        super().__init__(phone, header, self._ctx, RefreshRequest(self._ep, shown).encode())

    def finish(self, answer: bytes) -> tuple[Frame, Key | None]:
        """The key with its new share and share_id."""
        frame, body = self.open(answer)
        if frame.status:
            return frame, None
        given = RefreshAnswer.decode(body)
        exchange = refresh.Exchange(self._ctx, self._ep, given.es, given.share_id)
        rho = refresh.ratio(self._secret, given.es, exchange)
        share = refresh.new_phone_share(self._key.share, rho, mul=self._key.mul)
        return frame, replace(self._key, share=share, share_id=given.share_id)


class Confirm(Exchange):
    """CONFIRM (RF-6)."""

    def __init__(self, phone: Phone, header: Header, key: Key) -> None:
        ctx = refresh.confirm_context(header.encode(), key.pk)
        nonce = phone.source(header.suite, key.blinded_value, ctx)("pok", 0)
        super().__init__(phone, header, ctx, refresh.prove_share("CF/pok", ctx, key.share, nonce).encode())


class Adopt(Exchange):
    """ADOPT (RS-4)."""

    def __init__(self, phone: Phone, header: Header, key: Key) -> None:
        ctx = refresh.adopt_context(header.encode(), key.pk)
        nonce = phone.source(header.suite, key.blinded_value, ctx)("pok", 0)
        super().__init__(phone, header, ctx, refresh.prove_share("AD/pok", ctx, key.share, nonce).encode())


class Sync(Exchange):
    """SYNC (CLONE-5)."""

    def __init__(self, phone: Phone, header: Header) -> None:
        super().__init__(phone, header, refresh.sync_context(header.encode()), b"")

    def finish(self, answer: bytes) -> tuple[Frame, str, bytes]:
        """(frame, case, last_req)."""
        frame, body = self.open(answer)
        if frame.status:
            return frame, "", bytes(16)
        if len(body) != 17 or body[0] not in (1, 2):
            raise BadAnswer("not a SYNC answer")
        return frame, " AB"[body[0]], body[1:]


class Keygen:
    """KEYGEN: `first` carries M1, `receive` takes M2 and makes `second` with M3, `finish` takes M4."""

    def __init__(self, phone: Phone, header: Header) -> None:
        self._phone, self._header = phone, header
        hedge_secret = phone.entropy.scalar(SUITE_P256)
        self._source = phone.source(header.suite, hedge_secret, before_points(header))
        self.steps = keygen.PhoneKeygen(
            header.encode(),
            phone.device_public,
            phone.entropy.fresh(32),
            phone.entropy.fresh(32),
            self._source("u1", 0),
            header.mul,
        )
        self.first = Exchange(phone, header, self.steps.k0, self.steps.m1().encode())
        self.second: Exchange | None = None

    def receive(self, answer: bytes, header: Header) -> Frame:
        """KG-3 under a new header. Raises BadProof."""
        frame, body = self.first.open(answer)
        if not frame.status:
            m3 = self.steps.m3(KeygenM2.decode(body), self._source("pok", 0))
            self.second = Exchange(self._phone, header, self.steps.k2, m3.encode())
        return frame

    def finish(self, answer: bytes) -> tuple[Frame, Key | None, KeygenM4 | None]:
        """KG-6."""
        if self.second is None:
            raise BadAnswer("no M3 was sent")
        frame, body = self.second.open(answer)
        if frame.status:
            return frame, None, None
        m4, header = KeygenM4.decode(body), self._header
        pk = self.steps.finish(m4, self._phone.identity, header.key_id, header.device_id, header.purpose)
        return frame, Key(pk, m4.share_id, self.steps.u1, header.mul), m4
