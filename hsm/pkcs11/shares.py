"""Tier 2 (section 8.2): decryption shares of P-256 keys as EC keys that only this token can use.

HSM-3: a share is drawn in the token, wrapped by a key of the token, and unwrapped as an object of one session for one
agreement. The wrapped form says nothing about whose share it is: it is part of the sealed record of its key, with which
it is shredded (SEAL-6).
HSM-4: known answers and a point off the curve are tried before the first use.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import DEFAULT, Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11
from pkcs11.util.ec import encode_named_curve_parameters

from hsm.pkcs11.content import Content
from hsm.pkcs11.faults import described
from hsm.pkcs11.listing import listed
from hsm.pkcs11.native import Native, NativeModule, Shared
from hsm.pkcs11.pool import Lease, SessionPool
from hsm.ports import DecryptionShare, Question, RecordRefused, TokenFault, TokenRefused, TokenUnavailable

RecordT = TypeVar("RecordT")
DraftT = TypeVar("DraftT")

_DER_POINT: Final = 67
_CURVE: Final = encode_named_curve_parameters("secp256r1")
_WRAP: Final = (Mechanism.AES_KEY_WRAP_KWP, Mechanism.AES_KEY_WRAP_PAD)
"""RFC 5649 under its standard number and under the number that older tokens use."""
_PROBE_KEY: Final = ec.derive_private_key(0xC051_6E00_0000_0001, ec.SECP256R1())
"""The other side of the known answers; published, protects nothing."""
_NOT_OF_PRIVATE_KEYS: Final = dict.fromkeys((Attribute.ENCRYPT, Attribute.VERIFY, Attribute.WRAP), DEFAULT)
"""python-pkcs11 would name these attributes of secret and public keys; DEFAULT leaves them out."""
_REFUSED_BLOB: Final = (
    p11.WrappedKeyInvalid,
    p11.WrappedKeyLenRange,
    p11.TemplateInconsistent,
    p11.EncryptedDataInvalid,
    p11.GeneralError,
)


def wrapping_label(name: str) -> str:
    """Label of the key that wraps decryption shares."""
    return f"{name}:shares"


def make_wrapping_key(session: Any, calls: NativeModule[Any], native: Native[Any], name: str) -> bool:
    """Draws the key for decryption shares, unless there is one; False if the token does not let it be made."""
    if listed(session, {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: wrapping_label(name)}):
        return True
    try:
        calls.make_wrapping_key(session.handle, wrapping_label(name))
    except native.refused:
        return False
    return True


class TokenShares(Generic[RecordT]):
    """Implements `hsm.ports.ShareHolder` in the sessions of an open token. Thread-safe."""

    def __init__(
        self, pool: SessionPool[RecordT, Content], native: Native[RecordT], calls: NativeModule[RecordT], name: str
    ) -> None:
        self._pool = pool
        self._native = native
        self._calls = calls
        self._name = name
        self._form: tuple[Any, bool] | None = None
        self._lock = threading.Lock()

    def create(self, draft: Callable[[bytes], DraftT]) -> tuple[DecryptionShare, DraftT]:
        """See the port."""
        mechanism, _ = self._proved()

        def creating(lease: Lease[Content]) -> tuple[DecryptionShare, DraftT]:
            with self._fresh(lease, mechanism) as (share, private):
                drafted = draft(share.public_key)
                self._calls.prove(lease.handle, private.handle, drafted)
                return share, drafted

        return self._pool.run(creating)

    def sample(self) -> DecryptionShare:
        """A share that no key uses, by which a copy of the token can be compared. Raises as `create`."""
        mechanism, _ = self._proved()

        def drawing(lease: Lease[Content]) -> DecryptionShare:
            with self._fresh(lease, mechanism) as (share, _):
                return share

        return self._pool.run(drawing)

    @contextlib.contextmanager
    def _fresh(self, lease: Lease[Content], mechanism: Any) -> Iterator[tuple[DecryptionShare, Any]]:
        """A new share, wrapped, and its private key, which is gone at the end."""
        public, private = _pair(lease.session)
        try:
            wrapped = self._wrapping_key(lease).wrap_key(private, mechanism=mechanism)
            yield DecryptionShare(wrapped, _compressed(public)), private
        finally:
            private.destroy()
            public.destroy()

    def agree(self, questions: Sequence[Question[RecordT]]) -> list[RecordT | TokenFault]:
        """See the port: one visit to a call thread."""
        try:
            mechanism, der = self._proved()

            def agreeing(lease: Lease[Content]) -> list[RecordT | TokenFault]:
                return [self._answer(lease, question, mechanism, der=der) for question in questions]

            return self._pool.run(agreeing)
        except TokenFault as fault:
            return [fault] * len(questions)

    def _answer(
        self, lease: Lease[Content], question: Question[RecordT], mechanism: Any, *, der: bool
    ) -> RecordT | TokenFault:
        try:
            private = self._unwrap(lease, question.wrapped, mechanism)
        except RecordRefused as fault:
            return fault
        try:
            return self._calls.agree(lease.handle, private.handle, question.request, question.record, der)
        finally:
            private.destroy()

    def derive(self, wrapped: bytes, point: bytes) -> Shared:
        """x(b_t·T) for a compressed point T, 33 bytes, which is checked to be on the curve before. Raises as `create`;
        RecordRefused if `wrapped` is not a share of this token."""
        mechanism, der = self._proved()
        return self._pool.run(lambda lease: self._derive(lease, wrapped, point, mechanism=mechanism, der=der))

    def _derive(self, lease: Lease[Content], wrapped: bytes, point: bytes, *, mechanism: Any, der: bool) -> Shared:
        private = self._unwrap(lease, wrapped, mechanism)
        try:
            return self._calls.derive(lease.handle, private.handle, point, der)
        finally:
            private.destroy()

    def _unwrap(self, lease: Lease[Content], wrapped: bytes, mechanism: Any) -> Any:
        key = self._wrapping_key(lease)
        try:
            return key.unwrap_key(
                ObjectClass.PRIVATE_KEY,
                KeyType.EC,
                wrapped,
                mechanism=mechanism,
                store=False,
                capabilities=MechanismFlag.DERIVE,
                template=_private_template(fresh=False) | _NOT_OF_PRIVATE_KEYS,
            )
        except _REFUSED_BLOB as fault:
            raise RecordRefused("a wrapped share is not of this token") from fault

    def _wrapping_key(self, lease: Lease[Content]) -> Any:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: wrapping_label(self._name)}
        found = listed(lease.session, wanted)
        if len(found) != 1:
            raise TokenRefused(f"the token has {len(found)} keys called {wrapping_label(self._name)}, not one")
        return found[0]

    def _proved(self) -> tuple[Any, bool]:
        """Wrapping mechanism and whether points go in as DER; found and proved once."""
        with self._lock:
            if self._form is None:
                self._form = self._pool.run(self._prove)
            return self._form

    def _prove(self, lease: Lease[Content]) -> tuple[Any, bool]:
        tried: list[str] = []
        for mechanism in _WRAP:
            for der in (False, True):
                try:
                    self._prove_one(lease, mechanism, der=der)
                except (p11.PKCS11Error, self._native.refused, RecordRefused) as fault:
                    tried.append(described(fault))
                except self._native.wrong_answer:
                    tried.append("wrong answer")
                else:
                    return mechanism, der
        raise TokenRefused(f"the token cannot hold decryption shares: {', '.join(sorted(set(tried)))}")

    def _prove_one(self, lease: Lease[Content], mechanism: Any, *, der: bool) -> None:
        with self._fresh(lease, mechanism) as (share, _):
            wrapped = share.wrapped
        ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), share.public_key)
        expected = _PROBE_KEY.exchange(ec.ECDH(), ours)
        peer = _PROBE_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
        self._derive(lease, wrapped, peer, mechanism=mechanism, der=der).check(expected)
        self._refuses_off_curve(lease, wrapped, mechanism, der=der)

    def _refuses_off_curve(self, lease: Lease[Content], wrapped: bytes, mechanism: Any, *, der: bool) -> None:
        private = self._unwrap(lease, wrapped, mechanism)
        try:
            self._calls.derive_off_curve(lease.handle, private.handle, der)
        except self._native.refused:
            return
        finally:
            private.destroy()
        raise TokenUnavailable("the token agrees on a point that is not on the curve")


def _pair(session: Any) -> tuple[Any, Any]:
    parameters = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _CURVE}, local=True)
    return parameters.generate_keypair(  # type: ignore[no-any-return]
        store=False,
        capabilities=MechanismFlag.DERIVE | MechanismFlag.SIGN,
        private_template=_private_template(fresh=True),
    )


def _private_template(*, fresh: bool) -> dict[Attribute, bool]:
    """`fresh` is between drawing and wrapping, in a session object that nobody else sees: it signs its one draft and is
    wrapped. Afterwards the wrapping key's unwrap template leaves it nothing but agreements."""
    return {
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: fresh,
        Attribute.DERIVE: True,
        Attribute.SIGN: fresh,
        Attribute.DECRYPT: False,
        Attribute.UNWRAP: False,
    }


def _compressed(public: Any) -> bytes:
    raw = bytes(public[Attribute.EC_POINT])
    raw = raw[2:] if len(raw) == _DER_POINT else raw
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
