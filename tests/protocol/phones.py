"""The phones of both twins behind the interface of `sides.PhoneSide`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from protocol import _core
from protocol.codes import Op, Purpose
from protocol.reference import phone as reference_phone
from protocol.reference import pin as reference_pin
from protocol.reference.records import ShareRecord
from tests.protocol.sides import Run, ServerSide, Target, encode_pk, kdf_params, new_reference_phone
from tests.protocol.world import COST, ENTROPY, KEY_ID, PIN, Custody, KnownKey, fields, native_header, reference_header


@dataclass(frozen=True)
class ReferenceKey:
    """Key and blob of the reference phone: the blob is kept as salt and blinded value."""

    key: reference_phone.Key
    purpose: Purpose
    salt: bytes
    b_blob: int

    @classmethod
    def blind(cls, key: reference_phone.Key, purpose: Purpose, pin: str) -> "ReferenceKey":
        salt = ENTROPY.fresh(32)
        h = reference_pin.blinding(reference_pin.k_pin(pin, salt, COST), KEY_ID, key.share_id)
        return cls(key, purpose, salt, reference_pin.blind(key.blinded_value, h))

    def unlock(self, pin: str) -> reference_phone.Key:
        """PIN-5: the key with the share that this PIN gives."""
        h = reference_pin.blinding(reference_pin.k_pin(pin, self.salt, COST), KEY_ID, self.key.share_id)
        value = reference_pin.unblind(self.b_blob, h)
        return self.key.with_blinded_value(value)


class ReferencePhone:
    """The reference phone."""

    def __init__(self, target: Target) -> None:
        self.core = new_reference_phone(target)

    @property
    def device_public(self) -> bytes:
        return self.core.device_public

    def keygen(self, server: ServerSide, purpose: Purpose) -> tuple[Any, ShareRecord]:
        run = reference_phone.Keygen(self.core, reference_header(fields(Op.KEYGEN, purpose)))
        m2, pending = server.keygen_begin(run.first.envelope)
        run.receive(m2, reference_header(fields(Op.KEYGEN, purpose)))
        assert run.second is not None
        m4, record = server.keygen_finish(run.second.envelope, pending, self.device_public)
        _, key, given = run.finish(m4)
        assert key is not None
        assert given is not None
        assert (given.tau, given.ctr) == (b"T" * 16, 1)
        return ReferenceKey.blind(key, purpose, PIN), record

    def names(self, key: Any) -> dict[str, Any]:
        return {"key_id": KEY_ID, "share_id": key.key.share_id, "pk": encode_pk(key.key)}

    def _header(self, key: Any, op: Op, **more: Any) -> Any:
        return reference_header(fields(op, key.purpose, **self.names(key), **more))

    def sign(self, key: Any, digests: Sequence[bytes], pin: str = PIN, **header: Any) -> Run:
        return reference_phone.Sign(self.core, self._header(key, Op.SIGN, **header), key.unlock(pin), digests)

    def decrypt(self, key: Any, ciphertexts: Sequence[bytes], pin: str = PIN, *, blind: bool = True) -> Run:
        header = self._header(key, Op.DECRYPT)
        return reference_phone.Decrypt(self.core, header, key.unlock(pin), ciphertexts, blind=blind)

    def refresh(self, key: Any, pin: str = PIN) -> Run:
        self._refreshing = key
        return reference_phone.Refresh(self.core, self._header(key, Op.REFRESH), key.unlock(pin))

    def refreshed(self, run: Run, answer: bytes, new_pin: str) -> tuple[int, Any]:
        frame, new = run.finish(answer)
        return frame.status, None if new is None else ReferenceKey.blind(new, self._refreshing.purpose, new_pin)

    def confirm(self, key: Any, pin: str = PIN) -> Run:
        return OneFrame(reference_phone.Confirm(self.core, self._header(key, Op.CONFIRM), key.unlock(pin)))

    def adopt(self, key: Any, pin: str = PIN) -> Run:
        return OneFrame(reference_phone.Adopt(self.core, self._header(key, Op.ADOPT), key.unlock(pin)))

    def sync(self) -> Run:
        return reference_phone.Sync(self.core, reference_header(fields(Op.SYNC)))


class OneFrame:
    """CONFIRM and ADOPT of the reference: only the frame matters."""

    def __init__(self, exchange: reference_phone.Exchange) -> None:
        self._exchange = exchange
        self.envelope = exchange.envelope

    def finish(self, answer: bytes) -> Any:
        return self._exchange.open(answer)[0]


class NativePhone:
    """The native core's phone; keys are blobs."""

    def __init__(self, target: Target) -> None:
        self.custody = Custody()
        self.device = _core.DeviceKey.generate()
        self.target = _core.Target(
            server_id=target.server_id,
            identity_public_key=target.identity,
            core_key_id=target.core_key_id,
            envelope_public_key=target.envelope,
        )
        self._seq = 0

    @property
    def device_public(self) -> bytes:
        return self.device.public_key

    def restore(self, key: KnownKey, pin: str = PIN) -> _core.Blob:
        """A blob of a key whose share the test knows."""
        return _core.Blob.restore(self.custody.to_native(key.blob(pin)))

    def seq(self) -> int:
        """HEDGE-1: raised before every use."""
        self._seq += 1
        return self._seq

    def keygen(self, server: ServerSide, purpose: Purpose) -> tuple[Any, ShareRecord]:
        header = native_header(fields(Op.KEYGEN, purpose))
        run = _core.PhoneKeygen.begin(self.target, self.device, header, self.seq())
        m2, pending = server.keygen_begin(run.envelope)
        run.receive(m2, native_header(fields(Op.KEYGEN, purpose)), self.seq())
        m4, record = server.keygen_finish(run.envelope, pending, self.device_public)
        _, blob, tau, ctr = run.finish(m4, PIN, kdf_params())
        assert blob is not None
        assert (tau, ctr) == (b"T" * 16, 1)
        return blob, record

    def names(self, key: Any) -> dict[str, Any]:
        return {"key_id": key.key_id, "share_id": key.share_id, "pk": key.pk}

    def header(self, key: Any, op: Op, **more: Any) -> _core.Header:
        return native_header(fields(op, Purpose(key.purpose), **self.names(key), **more))

    def sign(self, key: Any, digests: Sequence[bytes], pin: str = PIN, **header: Any) -> Run:
        given = self.header(key, Op.SIGN, **header)
        return _core.PhoneSign.begin(self.target, self.device, given, key.unlock(pin), digests, self.seq())

    def decrypt(self, key: Any, ciphertexts: Sequence[bytes], pin: str = PIN, *, blind: bool = True) -> Run:
        given, share = self.header(key, Op.DECRYPT), key.unlock(pin)
        return _core.PhoneDecrypt.begin(self.target, self.device, given, share, ciphertexts, self.seq(), blind=blind)

    def refresh(self, key: Any, pin: str = PIN) -> Run:
        given, share = self.header(key, Op.REFRESH), key.unlock(pin)
        return _Refreshing(_core.PhoneRefresh.begin(self.target, self.device, given, share, self.seq()))

    def refreshed(self, run: Run, answer: bytes, new_pin: str) -> tuple[int, Any]:
        assert isinstance(run, _Refreshing)
        frame, blob, *_ = run.core.finish(answer, new_pin, kdf_params())
        return frame.status, blob

    def confirm(self, key: Any, pin: str = PIN) -> Run:
        given, share = self.header(key, Op.CONFIRM), key.unlock(pin)
        return _core.PhoneConfirm.begin(self.target, self.device, given, share, self.seq())

    def adopt(self, key: Any, pin: str = PIN) -> Run:
        given, share = self.header(key, Op.ADOPT), key.unlock(pin)
        return _core.PhoneAdopt.begin(self.target, self.device, given, share, self.seq())

    def sync(self) -> Run:
        return _core.PhoneSync.begin(self.target, self.device, native_header(fields(Op.SYNC)))


class _Refreshing:
    """A native refresh; its `finish` wants the new PIN, so `NativePhone.refreshed` calls it."""

    def __init__(self, core: _core.PhoneRefresh) -> None:
        self.core = core
        self.envelope = core.envelope

    def finish(self, answer: bytes) -> Any:
        raise NotImplementedError
