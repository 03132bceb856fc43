"""Tier 2 (section 8.2): decryption shares of P-256 keys as EC keys that only this token can use.

HSM-3: a share is drawn in the token, wrapped by a key of the token, and unwrapped as an object of one session for one
agreement. The wrapped form says nothing about whose share it is: the row that holds it binds it by its MAC (SEAL-7).
HSM-4: known answers and a point off the curve are tried before the first use.
"""

import threading
from typing import Any, Final, Generic, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import DEFAULT, Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11 import exceptions as p11
from pkcs11.util.ec import encode_named_curve_parameters

from hsm.pkcs11.content import Content
from hsm.pkcs11.faults import described
from hsm.pkcs11.native import Native, NativeModule, Shared
from hsm.pkcs11.pool import Lease, SessionPool
from hsm.ports import DecryptionShare, RecordRefused, TokenRefused, TokenUnavailable

RecordT = TypeVar("RecordT")

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


def make_wrapping_key(session: Any, name: str) -> bool:
    """Draws the key for decryption shares; False if the token does not let a key be made for that."""
    try:
        session.generate_key(
            KeyType.AES,
            256,
            label=wrapping_label(name),
            store=True,
            capabilities=MechanismFlag.WRAP | MechanismFlag.UNWRAP,
            template={
                Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True,
                Attribute.EXTRACTABLE: False,
                Attribute.MODIFIABLE: False,
                Attribute.ENCRYPT: False,
                Attribute.DECRYPT: False,
                Attribute.SIGN: False,
                Attribute.VERIFY: False,
                Attribute.DERIVE: False,
            },
        )
    except p11.PKCS11Error:
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

    def create(self) -> DecryptionShare:
        """See the port."""
        mechanism, _ = self._proved()

        def creating(lease: Lease[Content]) -> DecryptionShare:
            public, private = _pair(lease.session)
            try:
                wrapped = self._wrapping_key(lease).wrap_key(private, mechanism=mechanism)
                return DecryptionShare(wrapped, _compressed(public))
            finally:
                private.destroy()
                public.destroy()

        return self._pool.run(creating)

    def derive(self, wrapped: bytes, point: bytes) -> Shared:
        """See the port."""
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
                template=_private_template(extractable=False) | _NOT_OF_PRIVATE_KEYS,
            )
        except _REFUSED_BLOB as fault:
            raise RecordRefused("a wrapped share is not of this token") from fault

    def _wrapping_key(self, lease: Lease[Content]) -> Any:
        wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: wrapping_label(self._name)}
        found = list(lease.session.get_objects(wanted))
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
        public, private = _pair(lease.session)
        try:
            wrapped = self._wrapping_key(lease).wrap_key(private, mechanism=mechanism)
            point = _compressed(public)
        finally:
            private.destroy()
            public.destroy()
        ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
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
        capabilities=MechanismFlag.DERIVE,
        private_template=_private_template(extractable=True),
    )


def _private_template(*, extractable: bool) -> dict[Attribute, bool]:
    """`extractable` only between drawing and wrapping, in a session object that nobody else sees."""
    return {
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: extractable,
        Attribute.DERIVE: True,
        Attribute.SIGN: False,
        Attribute.DECRYPT: False,
        Attribute.UNWRAP: False,
    }


def _compressed(public: Any) -> bytes:
    raw = bytes(public[Attribute.EC_POINT])
    raw = raw[2:] if len(raw) == _DER_POINT else raw
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
