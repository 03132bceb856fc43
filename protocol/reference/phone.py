"""The phone's role over envelopes and answers.

Each operation is one object: `envelope` goes to the server, `finish` takes its answer. The protocol steps are in
`keygen`, `sign`, `decrypt` and `refresh`; this module adds hedging, device signature and end-to-end layer. The
operations that only P-256 keys have are in `phone_ec`.
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
from protocol.reference.messages import DecryptAnswer, ProofRequest, RefreshAnswer, RefreshRequest, SignAnswer
from protocol.reference.ot_setup import PhoneSetup, Tree, all_leaves, setup_id
from protocol.reference.transcript import SUITE_P256, SUITE_SM2, Suite


@dataclass(frozen=True)
class Seeds:
    """The phone's side of a transfer set-up: 128 nodes of 16 bytes (OTS-4)."""

    otsid: bytes
    nodes: bytes

    @classmethod
    def of(cls, setup: PhoneSetup) -> "Seeds":
        return cls(setup.otsid, b"".join(setup.nodes))

    def trees(self) -> tuple[Tree, ...]:
        """The leaves below the nodes."""
        return all_leaves(self.otsid, [self.nodes[i : i + 16] for i in range(0, len(self.nodes), 16)])


@dataclass(frozen=True)
class Key:
    """A key as the phone knows it after the PIN: `share` is u1, or a (skB) for multiplicative keys."""

    pk: Point
    share_id: bytes
    share: int
    mul: bool
    suite: Suite = SUITE_SM2
    seeds: Seeds | None = None

    @property
    def blinded_value(self) -> int:
        """What the blob blinds (PIN-3): d1, or a."""
        return self.share if self.mul else self.suite.curve.inv(self.share)

    def with_blinded_value(self, value: int) -> "Key":
        """The key with the share that belongs to another unblinded value (PIN-5)."""
        return replace(self, share=value if self.mul else self.suite.curve.inv(value))


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
    """REFRESH (RF-1, RF-4); for a P-256 key that signs also OTS-2 to OTS-4, whose part 2 goes into CONFIRM."""

    def __init__(self, phone: Phone, header: Header, key: Key) -> None:
        self._key, self._header = key, header
        self._source = phone.source(header.suite, key.blinded_value, before_points(header))
        self._secret = self._source("ep", 0)
        self._ep = not_identity(header.suite.curve.mul_base(self._secret))
        self._ctx = refresh.refresh_context(header.encode(), self._ep, key.pk, header.suite)
        shown = refresh.prove_share("RF/pok", self._ctx, key.share, self._source("pok", 0), header.suite)
        self.setup: PhoneSetup | None = None
        super().__init__(phone, header, self._ctx, RefreshRequest(self._ep, shown).encode())

    def finish(self, answer: bytes) -> tuple[Frame, Key | None]:
        """The key with its new share, share_id and seeds."""
        frame, body = self.open(answer)
        if frame.status:
            return frame, None
        suite, mul = self._header.suite, self._key.mul
        given = RefreshAnswer.decode(body, suite, with_ot=self._header.with_ot)
        exchange = refresh.Exchange(self._ctx, self._ep, given.es, given.share_id, suite)
        rho = refresh.ratio(self._secret, given.es, exchange)
        if given.ots is not None:
            self.setup = PhoneSetup(setup_id(self._ctx, given.nonce_s), given.ots, self._source)
        share = refresh.new_phone_share(self._key.share, rho, mul=mul, suite=suite)
        seeds = Seeds.of(self.setup) if self.setup else None
        return frame, replace(self._key, share=share, share_id=given.share_id, seeds=seeds)


class Confirm(Exchange):
    """CONFIRM (RF-6); `setup` is that of the refresh, for a key that has one."""

    def __init__(self, phone: Phone, header: Header, key: Key, setup: PhoneSetup | None = None) -> None:
        part2 = setup.part2 if setup else None
        ctx = refresh.confirm_context(header.encode(), key.pk, header.suite, part2.encode() if part2 else b"")
        nonce = phone.source(header.suite, key.blinded_value, ctx)("pok", 0)
        shown = refresh.prove_share("CF/pok", ctx, key.share, nonce, header.suite)
        super().__init__(phone, header, ctx, ProofRequest(shown, part2).encode())


class Adopt(Exchange):
    """ADOPT (RS-4)."""

    def __init__(self, phone: Phone, header: Header, key: Key) -> None:
        ctx = refresh.adopt_context(header.encode(), key.pk, header.suite)
        nonce = phone.source(header.suite, key.blinded_value, ctx)("pok", 0)
        shown = refresh.prove_share("AD/pok", ctx, key.share, nonce, header.suite)
        super().__init__(phone, header, ctx, shown.encode())


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

    def __init__(self, phone: Phone, header: Header, *, in_token: bool = False) -> None:
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
            header.suite,
            in_token,
        )
        self.first = Exchange(phone, header, self.steps.k0, self.steps.m1().encode())
        self.second: Exchange | None = None

    def receive(self, answer: bytes, header: Header) -> Frame:
        """KG-3 under a new header. Raises BadProof."""
        frame, body = self.first.open(answer)
        if not frame.status:
            m2 = KeygenM2.decode(body, header.suite, with_ot=header.with_ot)
            m3 = self.steps.m3(m2, self._source("pok", 0), self._source)
            self.second = Exchange(self._phone, header, self.steps.k2, m3.encode())
        return frame

    def finish(self, answer: bytes) -> tuple[Frame, Key | None, KeygenM4 | None]:
        """KG-6."""
        if self.second is None:
            raise BadAnswer("no M3 was sent")
        frame, body = self.second.open(answer)
        if frame.status:
            return frame, None, None
        m4, header = KeygenM4.decode(body, self._header.suite), self._header
        pk = self.steps.finish(m4, self._phone.identity, header.key_id, header.device_id, header.purpose)
        seeds = Seeds.of(self.steps.setup) if self.steps.setup else None
        return frame, Key(pk, m4.share_id, self.steps.u1, header.mul, header.suite, seeds), m4
