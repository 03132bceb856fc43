"""Key generation, both roles (section 3.1).

`mul` selects the multiplicative form P = a·b·G with the labels KGM/…; otherwise P = u1·v2·G - G with KG/…. P-256 keys
are multiplicative; those that sign carry the oblivious-transfer set-up along (section 6.2).
"""

from dataclasses import dataclass, field

from protocol.errors import BadAnswer, BadCommitment, DegenerateKey
from protocol.reference import device, proof
from protocol.reference.curve import SM2, Curve, Point, not_identity
from protocol.reference.encoding import u8
from protocol.reference.hedge import PhoneSource, ServerSource
from protocol.reference.keygen_messages import KeygenM1, KeygenM2, KeygenM3, KeygenM4
from protocol.reference.ot_setup import PhoneSetup, ServerOt, ServerSetup, setup_id
from protocol.reference.transcript import SUITE_SM2, Suite


def prefix(*, mul: bool) -> str:
    """KG-8: start of every label of this form."""
    return "KGM/" if mul else "KG/"


def commitment(suite: Suite, label: str, k0: bytes, p1: Point, o: bytes) -> bytes:
    """KG-1: com."""
    return suite.h(label + "com", k0, suite.curve.encode(p1), o)


def statement(key_id: str, device_id: str, purpose: int, pk: Point, *, mul: bool, suite: Suite = SUITE_SM2) -> bytes:
    """KG-5: the 32 bytes the identity key signs."""
    names = key_id.encode(), device_id.encode()
    return suite.h(prefix(mul=mul) + "3", *names, u8(purpose), suite.curve.encode(pk))


def joint_key(share: int, peer: Point, *, mul: bool, curve: Curve = SM2) -> Point | None:
    """KG-4, KG-6: P from the own share and the other side's point."""
    product = curve.mul(share, peer)
    return product if mul else curve.sub(product, curve.g)


def share_point(share: int, pk: Point, *, mul: bool, curve: Curve = SM2) -> Point:
    """The phone's point P1 (or A1) that belongs to the server share v2 (or b)."""
    base = pk if mul else curve.add(pk, curve.g)
    return not_identity(curve.mul(curve.inv(share), base))


@dataclass
class PhoneKeygen:
    """KG-1, KG-3, KG-6. `u1` is a for multiplicative keys; `setup` holds the transfer seeds of a key that has them;
    with `in_token` the server's share shall be in its token (HSM-3)."""

    header: bytes
    device_pub: bytes
    nonce_p: bytes
    o: bytes
    u1: int
    mul: bool
    suite: Suite = SUITE_SM2
    in_token: bool = False
    k0: bytes = field(init=False)
    k2: bytes = field(init=False, default=b"")
    p2: Point | None = field(init=False, default=None)
    setup: PhoneSetup | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.label = prefix(mul=self.mul)
        custody = [u8(1)] if self.in_token else []
        self.k0 = self.suite.h(self.label + "0", self.header, self.device_pub, self.nonce_p, *custody)
        self.p1 = not_identity(self.suite.curve.mul_base(self.u1))

    def m1(self) -> KeygenM1:
        """KG-1."""
        com = commitment(self.suite, self.label, self.k0, self.p1, self.o)
        return KeygenM1(self.device_pub, self.nonce_p, com, self.in_token)

    def m3(self, m2: KeygenM2, a: int, ots: PhoneSource | None = None) -> KeygenM3:
        """KG-3 with the proof nonce `a`; `ots` is the source of the transfer set-up. Raises BadProof, BadAnswer."""
        suite, encode = self.suite, self.suite.curve.encode
        k1 = suite.h(self.label + "1", self.k0, self.m1().com, m2.nonce_s)
        if self.in_token:
            device.verify(m2.p2, suite.h(self.label + "token", k1, encode(m2.p2)), m2.pi2.encode())
        else:
            proof.verify(suite, self.label + "pok-s", k1, [m2.p2], m2.pi2)
        self.k2 = suite.h(self.label + "2", k1, encode(m2.p2), m2.pi2.encode())
        self.p2 = m2.p2
        pi1 = proof.prove(suite, self.label + "pok-p", self.k2, [(self.u1, self.p1)], a)
        if m2.ots is not None and ots is not None:
            self.setup = PhoneSetup(setup_id(k1, m2.nonce_s), m2.ots, ots)
        return KeygenM3(self.p1, self.o, pi1, self.setup.part2 if self.setup else None)

    def finish(self, m4: KeygenM4, identity: Point, key_id: str, device_id: str, purpose: int) -> Point:
        """KG-6. Raises BadAnswer or BadSignature; returns the joint key."""
        curve = self.suite.curve
        if self.p2 is None or joint_key(self.u1, self.p2, mul=self.mul, curve=curve) != m4.pk:
            raise BadAnswer("another joint key")
        signed = statement(key_id, device_id, purpose, m4.pk, mul=self.mul, suite=self.suite)
        device.verify(identity, signed, m4.sig_server)
        return m4.pk


@dataclass
class ServerKeygen:
    """KG-2, KG-4. `v2` is b for multiplicative keys; `ot` is what the transfer set-up of the key gave."""

    header: bytes
    m1: KeygenM1
    nonce_s: bytes
    v2: int
    mul: bool
    suite: Suite = SUITE_SM2
    ot: ServerOt | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.label = prefix(mul=self.mul)
        self.k0 = self.suite.h(self.label + "0", self.header, self.m1.device_pub, self.m1.nonce_p)
        self.k1 = self.suite.h(self.label + "1", self.k0, self.m1.com, self.nonce_s)
        self.k2 = b""
        self.setup: ServerSetup | None = None

    def m2(self, a: int, ots: ServerSource | None = None) -> KeygenM2:
        """KG-2 with the proof nonce `a`; `ots` starts a transfer set-up."""
        p2 = not_identity(self.suite.curve.mul_base(self.v2))
        pi2 = proof.prove(self.suite, self.label + "pok-s", self.k1, [(self.v2, p2)], a)
        self.k2 = self.suite.h(self.label + "2", self.k1, self.suite.curve.encode(p2), pi2.encode())
        if ots is not None:
            self.setup = ServerSetup(setup_id(self.k1, self.nonce_s), ots)
        return KeygenM2(self.nonce_s, p2, pi2, self.setup.part1 if self.setup else None)

    def finish(self, m3: KeygenM3) -> Point:
        """KG-4. Raises BadCommitment, BadProof, SetupFailed or DegenerateKey; returns the joint key."""
        if commitment(self.suite, self.label, self.k0, m3.p1, m3.o) != self.m1.com:
            raise BadCommitment("the commitment opens to another point")
        proof.verify(self.suite, self.label + "pok-p", self.k2, [m3.p1], m3.pi1)
        if self.setup is not None and m3.ots is not None:
            self.ot = self.setup.finish(m3.ots)
        pk = joint_key(self.v2, m3.p1, mul=self.mul, curve=self.suite.curve)
        if pk is None:
            raise DegenerateKey("the joint key is the identity")
        return pk
