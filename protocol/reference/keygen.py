"""Key generation, both roles (section 3.1).

`mul` selects the multiplicative form P = a·b·G with the labels KGM/…; otherwise P = u1·v2·G - G with KG/….
"""

from dataclasses import dataclass, field

from protocol.errors import BadAnswer, BadCommitment, DegenerateKey
from protocol.reference import device, proof
from protocol.reference.curve import SM2, Point, not_identity
from protocol.reference.encoding import u8
from protocol.reference.keygen_messages import KeygenM1, KeygenM2, KeygenM3, KeygenM4
from protocol.reference.transcript import SUITE_SM2

H = SUITE_SM2.h


def prefix(*, mul: bool) -> str:
    """KG-8: start of every label of this form."""
    return "KGM/" if mul else "KG/"


def commitment(label: str, k0: bytes, p1: Point, o: bytes) -> bytes:
    """KG-1: com."""
    return H(label + "com", k0, SM2.encode(p1), o)


def statement(key_id: str, device_id: str, purpose: int, pk: Point, *, mul: bool) -> bytes:
    """KG-5: the 32 bytes the identity key signs."""
    return H(prefix(mul=mul) + "3", key_id.encode(), device_id.encode(), u8(purpose), SM2.encode(pk))


def joint_key(share: int, peer: Point, *, mul: bool) -> Point | None:
    """KG-4, KG-6: P from the own share and the other side's point."""
    product = SM2.mul(share, peer)
    return product if mul else SM2.sub(product, SM2.g)


def share_point(share: int, pk: Point, *, mul: bool) -> Point:
    """The phone's point P1 (or A1) that belongs to the server share v2 (or b)."""
    base = pk if mul else SM2.add(pk, SM2.g)
    return not_identity(SM2.mul(SM2.inv(share), base))


@dataclass
class PhoneKeygen:
    """KG-1, KG-3, KG-6. `u1` is a for multiplicative keys."""

    header: bytes
    device_pub: bytes
    nonce_p: bytes
    o: bytes
    u1: int
    mul: bool
    k0: bytes = field(init=False)
    k2: bytes = field(init=False, default=b"")
    p2: Point | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.label = prefix(mul=self.mul)
        self.k0 = H(self.label + "0", self.header, self.device_pub, self.nonce_p)
        self.p1 = not_identity(SM2.mul_base(self.u1))

    def m1(self) -> KeygenM1:
        """KG-1."""
        return KeygenM1(self.device_pub, self.nonce_p, commitment(self.label, self.k0, self.p1, self.o))

    def m3(self, m2: KeygenM2, a: int) -> KeygenM3:
        """KG-3 with the proof nonce `a`. Raises BadProof."""
        k1 = H(self.label + "1", self.k0, self.m1().com, m2.nonce_s)
        proof.verify(SUITE_SM2, self.label + "pok-s", k1, [m2.p2], m2.pi2)
        self.k2 = H(self.label + "2", k1, SM2.encode(m2.p2), m2.pi2.encode())
        self.p2 = m2.p2
        pi1 = proof.prove(SUITE_SM2, self.label + "pok-p", self.k2, [(self.u1, self.p1)], a)
        return KeygenM3(self.p1, self.o, pi1)

    def finish(self, m4: KeygenM4, identity: Point, key_id: str, device_id: str, purpose: int) -> Point:
        """KG-6. Raises BadAnswer or BadSignature; returns the joint key."""
        if self.p2 is None or joint_key(self.u1, self.p2, mul=self.mul) != m4.pk:
            raise BadAnswer("another joint key")
        signed = statement(key_id, device_id, purpose, m4.pk, mul=self.mul)
        device.verify(identity, signed, m4.sig_server)
        return m4.pk


@dataclass
class ServerKeygen:
    """KG-2, KG-4. `v2` is b for multiplicative keys."""

    header: bytes
    m1: KeygenM1
    nonce_s: bytes
    v2: int
    mul: bool

    def __post_init__(self) -> None:
        self.label = prefix(mul=self.mul)
        self.k0 = H(self.label + "0", self.header, self.m1.device_pub, self.m1.nonce_p)
        self.k1 = H(self.label + "1", self.k0, self.m1.com, self.nonce_s)
        self.k2 = b""

    def m2(self, a: int) -> KeygenM2:
        """KG-2 with the proof nonce `a`."""
        p2 = not_identity(SM2.mul_base(self.v2))
        pi2 = proof.prove(SUITE_SM2, self.label + "pok-s", self.k1, [(self.v2, p2)], a)
        self.k2 = H(self.label + "2", self.k1, SM2.encode(p2), pi2.encode())
        return KeygenM2(self.nonce_s, p2, pi2)

    def finish(self, m3: KeygenM3) -> Point:
        """KG-4. Raises BadCommitment, BadProof or DegenerateKey; returns the joint key."""
        if commitment(self.label, self.k0, m3.p1, m3.o) != self.m1.com:
            raise BadCommitment("the commitment opens to another point")
        proof.verify(SUITE_SM2, self.label + "pok-p", self.k2, [m3.p1], m3.pi1)
        pk = joint_key(self.v2, m3.p1, mul=self.mul)
        if pk is None:
            raise DegenerateKey("the joint key is the identity")
        return pk
