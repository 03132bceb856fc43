"""P-256 keys: the phones of both twins behind the interface of `ec_sides.EcPhoneSide`."""

from dataclasses import dataclass, replace
from typing import Any

from protocol import _core
from protocol.codes import Op, Purpose
from protocol.reference import ecdh, ecies, phone_ec, pin
from protocol.reference import header as ops
from protocol.reference import phone as reference_phone
from protocol.reference.curve import P256
from protocol.reference.ot_setup import Part2, PhoneSetup, xor
from protocol.reference.phone import Key
from protocol.reference.records import Blob
from protocol.reference.transcript import SUITE_P256
from tests.protocol.ec_sides import EcServerSide, ec_fields
from tests.protocol.phones import NativePhone, OneFrame
from tests.protocol.sides import Run, Target, kdf_params, new_reference_phone
from tests.protocol.world import COST, ENTROPY, KEY_ID, PIN, native_header, reference_header


@dataclass(frozen=True)
class EcKey:
    """A key as the reference phone stores it: b_blob and masked seeds."""

    key: Key
    purpose: Purpose
    salt: bytes
    b_blob: int
    masked: bytes

    @classmethod
    def blind(cls, key: Key, purpose: Purpose, pin_text: str, salt: bytes | None = None) -> "EcKey":
        """PIN-1 to PIN-3 and PIN-6."""
        salt = salt or ENTROPY.fresh(32)
        k_pin = pin.k_pin(pin_text, salt, COST)
        b_blob = pin.blind(key.share, pin.blinding(k_pin, KEY_ID, key.share_id, SUITE_P256), SUITE_P256)
        masked = b""
        if key.seeds:
            masked = xor(key.seeds.nodes, pin.seed_mask(k_pin, KEY_ID, key.share_id, key.seeds.otsid))
        return cls(key, purpose, salt, b_blob, masked)

    def unlock(self, pin_text: str) -> Key:
        """PIN-5, PIN-6: every PIN gives a share and seeds."""
        k_pin = pin.k_pin(pin_text, self.salt, COST)
        share = pin.unblind(self.b_blob, pin.blinding(k_pin, KEY_ID, self.key.share_id, SUITE_P256), SUITE_P256)
        seeds = self.key.seeds
        if seeds:
            mask = pin.seed_mask(k_pin, KEY_ID, self.key.share_id, seeds.otsid)
            seeds = replace(seeds, nodes=xor(self.masked, mask))
        return replace(self.key, share=share, seeds=seeds)

    def record(self) -> bytes:
        """PIN-4."""
        seeds = (self.key.seeds.otsid, self.masked) if self.key.seeds else ()
        return Blob(
            key_id=KEY_ID,
            share_id=self.key.share_id,
            purpose=int(self.purpose),
            b_blob=self.b_blob,
            salt=self.salt,
            cost=COST,
            pk=self.key.pk,
            suite=SUITE_P256,
            seeds=seeds,
        ).encode()


class ReferenceEcPhone:
    """The reference phone."""

    def __init__(self, target: Target) -> None:
        self.core = new_reference_phone(target)

    @property
    def device_public(self) -> bytes:
        return self.core.device_public

    def keygen(self, server: EcServerSide, purpose: Purpose) -> tuple[Any, Any]:
        run = reference_phone.Keygen(self.core, reference_header(ec_fields(Op.KEYGEN, purpose, {})))
        m2, pending = server.keygen_begin(run.first.envelope)
        run.receive(m2, reference_header(ec_fields(Op.KEYGEN, purpose, {})))
        assert run.second is not None
        m4, record = server.keygen_done(run.second.envelope, pending, self.device_public)
        _, key, _ = run.finish(m4)
        assert key is not None
        return EcKey.blind(key, purpose, PIN), record

    def names(self, key: Any) -> dict[str, Any]:
        return {"key_id": KEY_ID, "share_id": key.key.share_id, "pk": P256.encode(key.key.pk)}

    def header(self, key: Any, op: int) -> Any:
        return reference_header(ec_fields(op, key.purpose, self.names(key)))

    def sign(self, key: Any, digest: bytes, pin: str = PIN) -> Run:
        return phone_ec.EcSign(self.core, self.header(key, ops.EC_SIGN), key.unlock(pin), digest)

    def open(self, key: Any, ciphertexts: list[bytes], info: bytes, pin: str = PIN) -> Run:
        parts = [ecies.HpkeCiphertext.decode(one, info) for one in ciphertexts]
        points = [part.enc for part in parts]
        run = phone_ec.Ecdh(self.core, self.header(key, ops.ECDH), key.unlock(pin), points)
        return _Opening(run, parts, key.key)

    def agree(self, key: Any, points: list[bytes], pin: str = PIN) -> Run:
        decoded = [P256.decode(point) for point in points]
        return phone_ec.Ecdh(self.core, self.header(key, ops.ECDH), key.unlock(pin), decoded, ecdh.RAW)

    def refresh(self, key: Any, pin: str = PIN) -> Run:
        self._refreshing = key
        return reference_phone.Refresh(self.core, self.header(key, Op.REFRESH), key.unlock(pin))

    def refreshed(self, run: Any, answer: bytes, new_pin: str) -> tuple[int, Any, Any]:
        frame, new = run.finish(answer)
        made = None if new is None else EcKey.blind(new, self._refreshing.purpose, new_pin)
        return frame.status, made, run.setup

    def confirm(self, key: Any, setup: PhoneSetup | None, pin: str = PIN) -> Run:
        header = self.header(key, Op.CONFIRM)
        return OneFrame(reference_phone.Confirm(self.core, header, key.unlock(pin), setup))

    def adopt(self, key: Any, pin: str = PIN) -> Run:
        return OneFrame(reference_phone.Adopt(self.core, self.header(key, Op.ADOPT), key.unlock(pin)))

    def set_up(self, key: Any, pin: str = PIN) -> "_ReferenceSetup":
        return _ReferenceSetup(self, key, pin)


class _Opening:
    """ECDH in mode AEAD, with the ciphertexts that its secrets open."""

    def __init__(self, run: phone_ec.Ecdh, parts: list[ecies.HpkeCiphertext], key: Key) -> None:
        self._run, self._parts, self._key = run, parts, key
        self.envelope = run.envelope

    def finish(self, answer: bytes) -> Any:
        frame, secrets = self._run.finish(answer)
        pairs = zip(self._parts, secrets, strict=True) if secrets else ()
        return frame, [part.open(z, self._key.pk) for part, z in pairs]


class _ReferenceSetup:
    """OT_SETUP of the reference phone."""

    def __init__(self, phone: ReferenceEcPhone, key: EcKey, pin_text: str) -> None:
        self._phone, self._key, self._pin = phone, key, pin_text
        self._run = phone_ec.OtSetup(phone.core, phone.header(key, ops.OT_SETUP), key.unlock(pin_text))

    @property
    def envelope(self) -> bytes:
        return (self._run.second or self._run.first).envelope

    @property
    def part2(self) -> Part2:
        """What the second request carries."""
        assert self._run.setup is not None
        return self._run.setup.part2

    def receive(self, answer: bytes) -> int:
        return self._run.receive(answer, self._phone.header(self._key, ops.OT_SETUP)).status

    def finish(self, answer: bytes) -> tuple[int, Any]:
        frame, key = self._run.finish(answer)
        if key is None:
            return frame.status, None
        return frame.status, EcKey.blind(key, self._key.purpose, self._pin, self._key.salt)


class NativeEcPhone:
    """The native core's phone; keys are blobs."""

    def __init__(self, target: Target) -> None:
        self.native = NativePhone(target)

    @property
    def device_public(self) -> bytes:
        return self.native.device_public

    def keygen(self, server: EcServerSide, purpose: Purpose) -> tuple[Any, Any]:
        own = self.native
        run = _core.PhoneKeygen.begin(own.target, own.device, new_header(ops.KEYGEN, purpose, {}), own.seq())
        m2, pending = server.keygen_begin(run.envelope)
        run.receive(m2, new_header(ops.KEYGEN, purpose, {}), own.seq())
        m4, record = server.keygen_done(run.envelope, pending, self.device_public)
        _, blob, _, _ = run.finish(m4, PIN, kdf_params())
        assert blob is not None
        return blob, record

    def names(self, key: Any) -> dict[str, Any]:
        return self.native.names(key)

    def header(self, key: Any, op: int) -> _core.Header:
        return new_header(op, Purpose(key.purpose), self.names(key))

    def prepared(
        self, key: Any, op: int, pin: str
    ) -> tuple[_core.Target, _core.DeviceKey, _core.Header, _core.Unlocked]:
        """The first arguments of every operation."""
        return self.native.target, self.native.device, self.header(key, op), key.unlock(pin)

    def restore_key(self, key: EcKey) -> _core.Blob:
        """A blob of a key whose share and seeds the test knows."""
        return _core.Blob.restore(self.native.custody.to_native(key.record()))

    def sign(self, key: Any, digest: bytes, pin: str = PIN) -> Run:
        return _core.PhoneSign.begin(*self.prepared(key, ops.EC_SIGN, pin), [digest], self.native.seq())

    def open(self, key: Any, ciphertexts: list[bytes], info: bytes, pin: str = PIN) -> Run:
        parts = [_core.EcdhCiphertext.hpke(one, info=info) for one in ciphertexts]
        return _core.PhoneEcdh.begin(*self.prepared(key, ops.ECDH, pin), parts, self.native.seq())

    def agree(self, key: Any, points: list[bytes], pin: str = PIN) -> Run:
        return _core.PhoneEcdhRaw.begin(*self.prepared(key, ops.ECDH, pin), points, self.native.seq())

    def refresh(self, key: Any, pin: str = PIN) -> "_NativeRefresh":
        return _NativeRefresh(_core.PhoneRefresh.begin(*self.prepared(key, ops.REFRESH, pin), self.native.seq()))

    def refreshed(self, run: Any, answer: bytes, new_pin: str) -> tuple[int, Any, Any]:
        frame, blob, _, setup = run.core.finish(answer, new_pin, kdf_params())
        return frame.status, blob, setup

    def confirm(self, key: Any, setup: Any, pin: str = PIN) -> Run:
        given = self.prepared(key, ops.CONFIRM, pin)
        return _core.PhoneConfirm.begin(*given, self.native.seq(), ot=setup)

    def adopt(self, key: Any, pin: str = PIN) -> Run:
        return _core.PhoneAdopt.begin(*self.prepared(key, ops.ADOPT, pin), self.native.seq())

    def set_up(self, key: Any, pin: str = PIN) -> "_NativeSetup":
        return _NativeSetup(self, key, pin)


def new_header(op: int, purpose: Purpose, names: dict[str, Any]) -> _core.Header:
    return native_header(ec_fields(op, purpose, names))


class _NativeRefresh:
    """A native refresh; `NativeEcPhone.refreshed` takes its answer, because that needs the new PIN."""

    def __init__(self, core: _core.PhoneRefresh) -> None:
        self.core = core
        self.envelope = core.envelope

    def finish(self, answer: bytes) -> Any:
        raise NotImplementedError


class _NativeSetup:
    """OT_SETUP of the native phone."""

    def __init__(self, phone: NativeEcPhone, key: Any, pin: str) -> None:
        self._phone, self._key = phone, key
        self._run = _core.PhoneOtSetup.begin(*phone.prepared(key, ops.OT_SETUP, pin), phone.native.seq())
        self._blob: Any = None

    @property
    def envelope(self) -> bytes:
        return self._run.envelope

    def receive(self, answer: bytes) -> int:
        frame = self._run.receive(answer)
        if frame.status == 0:
            header = self._phone.header(self._key, ops.OT_SETUP)
            self._blob = self._run.reply(header, self._phone.native.seq())
        return frame.status

    def finish(self, answer: bytes) -> tuple[int, Any]:
        frame = self._run.finish(answer)
        return frame.status, None if frame.status else self._blob
