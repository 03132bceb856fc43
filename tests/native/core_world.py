"""One handle of every class of the native core, and good arguments for every call."""

import tempfile
from pathlib import Path
from typing import Any

from pkcs11 import Attribute, KeyType
from pkcs11.util.ec import encode_named_curve_parameters

from protocol import _core
from protocol.reference import envelope
from protocol.reference.curve import P256
from tests.hsm.softhsm import LABEL, USER_PIN, SoftHsm, module_path, pin

SERVER = "server-1"
PIN = "271828"
ZEROS = bytes(16)


def header(
    op: int, *, purpose: int = 1, suite: str = "SM2", share_id: bytes = ZEROS, pk: bytes = bytes(33)
) -> _core.Header:
    return _core.Header(
        suite=suite,
        op=op,
        purpose=purpose,
        server_id=SERVER,
        user_id="user-1",
        device_id="device-1",
        key_id="key-1",
        share_id=share_id,
        pk=pk,
        issued_at_ms=1_700_000_000_000,
        ctr=0,
        tau=ZEROS,
        open_reqs=[],
        restore_epoch=0,
    )


class Handles:
    """A service and a phone that have been through every operation once."""

    phone: _core.PhoneKeygen
    begun: _core.KeygenBegun
    finished: _core.KeygenFinished
    answer: _core.Answer
    blob: _core.Blob
    record: _core.SecretRecord

    def __init__(self) -> None:
        self.core = _core.ServerCore.generate(SERVER)
        self.envelope_key = _core.EnvelopeKey.generate()
        self.core.add_envelope_key(self.envelope_key)
        self.target = _core.Target(
            server_id=SERVER,
            identity_public_key=self.core.identity_public_key,
            core_key_id=self.envelope_key.key_id,
            envelope_public_key=self.envelope_key.public_key,
        )
        self.device = _core.DeviceKey.generate()
        self.device_public_key = self.device.public_key
        self.cost = _core.KdfParams(memory_kib=19 * 1024, passes=2)
        self.keygen()
        self.share = self.blob.unlock(PIN)
        self.digest = _core.sm2_digest(self.blob.pk, b"message", b"1234567812345678")
        self.objects: dict[str, object] = {
            "SecretRecord": self.record,
            "Kek": self.kek(),
            "Pin": pin("123456"),
            "Pkcs11Module": _core.Pkcs11Module.load(module_path()),
            "SharedX": self.shared_x(),
            "EnvelopeKey": self.envelope_key,
            "ServerCore": self.core,
            "Request": self.core.open_request(self.signing().envelope),
            "KeygenBegun": self.begun,
            "KeygenFinished": self.finished,
            "Evaluation": self.evaluation(self.signing().envelope),
            "DeviceKey": self.device,
            "Target": self.target,
            "Header": self.named(2),
            "Answer": self.answer,
            "Blob": self.blob,
            "Unlocked": self.blob.unlock(PIN),
            "KdfParams": self.cost,
            "PhoneKeygen": self.phone,
            "PhoneSign": self.signing(),
            "PhoneDecrypt": self.decrypting(),
            "PhoneRefresh": _core.PhoneRefresh.begin(self.target, self.device, self.named(4), self.share, 1),
            "PhoneConfirm": _core.PhoneConfirm.begin(self.target, self.device, self.named(5), self.share, 1),
            "PhoneAdopt": _core.PhoneAdopt.begin(self.target, self.device, self.named(7), self.share, 1),
            "PhoneSync": _core.PhoneSync.begin(self.target, self.device, header(6, suite="P256")),
            **self.p256(),
        }
        data_key = _core.DataKey.generate(1)
        sealer = data_key.seal_upload("upl_1")
        self.objects |= {
            "DataKey": data_key,
            "IndexKey": _core.IndexKey.generate(1),
            "UploadSealer": sealer,
            "UploadOpener": data_key.open_upload("upl_1", sealer.header),
        }

    def __getitem__(self, name: str) -> object:
        return self.objects[name]

    def p256(self) -> dict[str, object]:
        """What only P-256 keys have, under keys of their own."""
        kept = (self.phone, self.begun, self.finished, self.answer, self.blob, self.record)

        def operation(op: int, purpose: int) -> tuple[_core.Target, _core.DeviceKey, _core.Header, _core.Unlocked]:
            named = header(op, purpose=purpose, suite="P256", share_id=self.blob.share_id, pk=self.blob.pk)
            return self.target, self.device, named, self.blob.unlock(PIN)

        self.keygen(purpose=2, suite="P256")
        ciphertext = _core.EcdhCiphertext.hpke(_core.hpke_encrypt(self.blob.pk, b"text"))
        made: dict[str, object] = {
            "EcdhCiphertext": ciphertext,
            "PhoneEcdh": _core.PhoneEcdh.begin(*operation(9, 2), [ciphertext], 1),
            "PhoneEcdhRaw": _core.PhoneEcdhRaw.begin(*operation(9, 2), [self.envelope_key.public_key], 1),
        }
        made["KeygenDraft"] = self.draft()
        self.keygen(purpose=1, suite="P256")
        made["PhoneOtSetup"] = _core.PhoneOtSetup.begin(*operation(10, 1), 1)
        refresh = _core.PhoneRefresh.begin(*operation(4, 1), 1)
        frame = self.evaluation(refresh.envelope).answer(0, server_time_ms=1, tau=bytes(16), pending_expires_ms=1)
        made["OtReply"] = refresh.finish(frame, PIN, self.cost)[3]
        self.phone, self.begun, self.finished, self.answer, self.blob, self.record = kept
        return made

    def draft(self) -> _core.KeygenDraft:
        """A key generation with the server's share in a token, before the token has signed."""
        begin = header(1, purpose=2, suite="P256")
        phone = _core.PhoneKeygen.begin(self.target, self.device, begin, 1, in_token=True)
        self.in_token = self.core.open_request(phone.envelope)
        return self.core.keygen_draft(self.in_token, self.envelope_key.public_key)

    def keygen(self, purpose: int = 1, suite: str = "SM2") -> None:
        begin, end = (header(1, purpose=purpose, suite=suite) for _ in range(2))
        self.phone = _core.PhoneKeygen.begin(self.target, self.device, begin, 1)
        request = self.core.open_request(self.phone.envelope)
        request.verify_device(self.device_public_key)
        self.begun = self.core.keygen_begin(request)
        self.phone.receive(self.begun.answer(server_time_ms=1, restore_epoch=0), end, 2)
        request = self.core.open_request(self.phone.envelope)
        self.finished = self.core.keygen_finish(request, self.begun.pending, self.device_public_key)
        answer = self.finished.answer(server_time_ms=1, restore_epoch=0, tau=ZEROS, ctr=0)
        self.answer, blob, _, _ = self.phone.finish(answer, PIN, self.cost)
        assert blob is not None
        self.blob, self.record = blob, self.finished.record

    @staticmethod
    def kek() -> _core.Kek:
        with tempfile.NamedTemporaryFile() as file:
            return _core.Kek.create(file.fileno())

    def shared_x(self) -> _core.SharedX:
        """An agreement inside a token of its own, which is gone afterwards."""
        with tempfile.TemporaryDirectory() as folder:
            token = SoftHsm(Path(folder) / "softhsm")
            token.initialise()
            library, core = token.loaded()
            session = library.get_token(token_label=LABEL).open(rw=True)
            core.login(session.handle, pin(USER_PIN), security_officer=False)
            curve = session.create_domain_parameters(
                KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
            )
            _, private = curve.generate_keypair(store=False)
            try:
                return core.derive(session.handle, private.handle, self.envelope_key.public_key, der=False)
            finally:
                core.finalize()

    def named(self, op: int) -> _core.Header:
        return header(op, share_id=self.blob.share_id, pk=self.blob.pk)

    def signing(self) -> _core.PhoneSign:
        return _core.PhoneSign.begin(self.target, self.device, self.named(2), self.share, [self.digest], 1)

    def evaluation(self, sealed: bytes) -> _core.Evaluation:
        return self.core.evaluate([(self.core.open_request(sealed), self.record)])[0]

    def decrypting(self) -> _core.PhoneDecrypt:
        """A decryption under a key of its own."""
        signing = (self.phone, self.begun, self.finished, self.answer, self.blob, self.record)
        self.keygen(purpose=2)
        ciphertext = _core.sm2_encrypt(self.blob.pk, b"text")
        named = header(3, purpose=2, share_id=self.blob.share_id, pk=self.blob.pk)
        phone = _core.PhoneDecrypt.begin(self.target, self.device, named, self.blob.unlock(PIN), [ciphertext], 1)
        self.phone, self.begun, self.finished, self.answer, self.blob, self.record = signing
        return phone

    def malformed_request(self) -> _core.Request:
        """A request whose header ends after its operation, SIGN."""
        recipient = envelope.Recipient(SERVER, P256.decode(self.envelope_key.public_key))
        cut = _core.tlv([b"\x00\x01", b"SM2", b"\x02"])
        sealed, _ = envelope.seal_request(recipient, 12345, cut, lambda _: bytes(64))
        return self.core.open_request(sealed)

    def arguments(self, name: str) -> dict[str, Any]:
        """Arguments of the right types for a call; whether it succeeds depends on what was used up before."""
        begin = {"target": self.target, "device_key": self.device, "local_seq": 1}
        frame = {"server_time_ms": 1, "restore_epoch": 0}
        record, pk = {"record": self.record}, {"pk": self.blob.pk}
        known: dict[str, dict[str, Any]] = {
            "tlv": {"fields": [b"x"]},
            "h": {"suite": "SM2", "label": "KAT", "fields": [b"x"]},
            "h2s": {"suite": "P256", "label": "KAT", "fields": [b"x"]},
            "sm3": {"data": b"abc"},
            "point_check": {"suite": "SM2", "point": self.blob.pk},
            "point_uncompressed": {"suite": "SM2", "point": self.blob.pk},
            "point_compressed": {"suite": "SM2", "point": _core.point_uncompressed("SM2", self.blob.pk)},
            "sm2_digest": {**pk, "message": b"m", "signer_id": b"id"},
            "sm2_za": {**pk, "signer_id": b"id"},
            "sm2_verify": {**pk, "digest": self.digest, "signature": bytes(64)},
            "sm2_encrypt": {**pk, "plaintext": b"m"},
            "ecdsa_p256_verify": {"pk": self.device_public_key, "digest": self.digest, "signature": bytes(64)},
            "hpke_encrypt": {"pk": self.device_public_key, "plaintext": b"m"},
            "pin_check": {"pin": PIN},
            "data_key_version": {"sealed": bytes(37)},
            "DataKey.generate": {"version": 1},
            "DataKey.seal": {"field": "name", "row": "acc_1", "text": b"x"},
            "DataKey.open": {"field": "name", "row": "acc_1", "sealed": bytes(40)},
            "DataKey.seal_upload": {"upload_id": "upl_1"},
            "DataKey.open_upload": {"upload_id": "upl_1", "header": bytes(37)},
            "IndexKey.generate": {"version": 1},
            "IndexKey.index": {"field": "name", "scope": "", "text": b"x"},
            "UploadSealer.chunk": {"plain": b"x", "last": False},
            "UploadOpener.chunk": {"sealed": bytes(17), "last": False},
            "set_backend": {"name": "portable"},
            "Kek.create": {"fd": -1},
            "Kek.load": {"fd": -1},
            "Kek.seal": {**record, "aad": b"x"},
            "Kek.open": {"sealed": bytes(64), "aad": b"x"},
            "Pin.read": {"fd": -1},
            "Pin.draw": {"fd": -1},
            "Pin.join": {"other": pin("another")},
            "SharedX.check": {"expected": bytes(32)},
            "Pkcs11Module.load": {"path": "/nonexistent/module.so"},
            "Pkcs11Module.login": {"session": 1, "pin": self["Pin"], "security_officer": False},
            "Pkcs11Module.logout": {"session": 1},
            "Pkcs11Module.init_token": {"slot": 1 << 20, "so_pin": self["Pin"], "label": "label"},
            "Pkcs11Module.init_pin": {"session": 1, "pin": self["Pin"]},
            "Pkcs11Module.random": {"session": 1, "length": 32},
            "Pkcs11Module.stir": {"session": 1},
            "Pkcs11Module.seal": {"session": 1, "key": 1, "algorithm": 1, **record, "aad": b"x"},
            "Pkcs11Module.open_many": {"session": 1, "key": 1, "algorithm": 1, "records": [(bytes(64), b"x")]},
            "Pkcs11Module.check_value": {"session": 1, "key": 1, "algorithm": 1},
            "Pkcs11Module.probe": {"session": 1, "key": 1, "algorithm": 1, "known": False},
            "Pkcs11Module.derive": {"session": 1, "key": 1, "point": self.envelope_key.public_key, "der": False},
            "Pkcs11Module.derive_off_curve": {"session": 1, "key": 1, "der": False},
            "Pkcs11Module.make_wrapping_key": {"session": 1, "label": "label"},
            "Pkcs11Module.agree": {"session": 1, "key": 1, "request": self["Request"], **record, "der": False},
            "Pkcs11Module.prove": {"session": 1, "key": 1, "draft": self["KeygenDraft"]},
            "ServerCore.generate": {"server_id": SERVER},
            "ServerCore.restore": {"server_id": SERVER, **record},
            "ServerCore.sign_statement": {"label": "E2E/key", "fields": [b"x"]},
            "ServerCore.add_envelope_key": {"key": self.envelope_key},
            "ServerCore.remove_envelope_key": {"key_id": bytes(8)},
            "ServerCore.row_mac": {"rows": [b"row"]},
            "ServerCore.open_request": {"envelope": self.signing().envelope},
            "ServerCore.open_requests": {"envelopes": []},
            "ServerCore.verify_devices": {"items": []},
            "ServerCore.keygen_begin": {"request": self["Request"]},
            "ServerCore.keygen_draft": {"request": self.in_token, "token_key": self.envelope_key.public_key},
            "ServerCore.keygen_begin_in_token": {
                "request": self.in_token,
                "draft": self["KeygenDraft"],
                "wrapped": b"wrapped",
            },
            "ServerCore.keygen_finish": {
                "request": self["Request"],
                "pending": self.begun.pending,
                "device_pub": self.device_public_key,
            },
            "ServerCore.evaluate": {"items": []},
            "Request.verify_device": {"device_pub": self.device_public_key},
            "Request.answer": {"status": 4, **frame},
            "KeygenBegun.answer": frame,
            "KeygenFinished.answer": {**frame, "tau": ZEROS, "ctr": 0},
            "Evaluation.answer": {"status": 4, **frame},
            "DeviceKey.sign": {"label": "DEV/rpc", "fields": [b"x"]},
            "Target": {
                "server_id": SERVER,
                "identity_public_key": self.core.identity_public_key,
                "core_key_id": self.envelope_key.key_id,
                "envelope_public_key": self.envelope_key.public_key,
            },
            "Header": {
                "suite": "SM2",
                "op": 1,
                "purpose": 1,
                "server_id": SERVER,
                "user_id": "user-1",
                "device_id": "device-1",
                "key_id": "key-1",
                "issued_at_ms": 1,
                "ctr": 0,
                "tau": ZEROS,
                "open_reqs": [],
                "restore_epoch": 0,
            },
            "Blob.unlock": {"pin": PIN},
            "PhoneKeygen.begin": {**begin, "header": header(1)},
            "PhoneKeygen.receive": {"answer": bytes(64), "header": header(1), "local_seq": 1},
            "PhoneKeygen.finish": {"answer": bytes(64), "pin": PIN, "kdf": self.cost},
            "PhoneSign.begin": {**begin, "header": self.named(2), "share": self.share, "digests": [self.digest]},
            "PhoneDecrypt.begin": {**begin, "header": header(1), "share": self.share, "ciphertexts": [bytes(98)]},
            "PhoneRefresh.begin": {**begin, "header": self.named(4), "share": self.share},
            "PhoneRefresh.finish": {"answer": bytes(64), "new_pin": PIN, "kdf": self.cost},
            "PhoneConfirm.begin": {**begin, "header": self.named(5), "share": self.share},
            "EcdhCiphertext.hpke": {"ciphertext": bytes(97)},
            "EcdhCiphertext.cms": {
                "originator": self.device_public_key,
                "shared_info": b"x",
                "wrapped_key": bytes(40),
                "nonce": bytes(12),
                "aad": b"",
                "sealed": bytes(16),
            },
            "PhoneEcdh.begin": {**begin, "header": header(1), "share": self.share, "ciphertexts": []},
            "PhoneEcdhRaw.begin": {**begin, "header": header(1), "share": self.share, "points": [bytes(33)]},
            "PhoneOtSetup.begin": {**begin, "header": header(1), "share": self.share},
            "PhoneOtSetup.receive": {"answer": bytes(64)},
            "PhoneOtSetup.reply": {"header": header(1), "local_seq": 1},
            "PhoneAdopt.begin": {**begin, "header": self.named(7), "share": self.share},
            "PhoneSync.begin": {"target": self.target, "device_key": self.device, "header": header(6, suite="P256")},
        }
        if name.endswith(".restore"):
            return known.get(name, record)
        if name.endswith(".finish"):
            return known.get(name, {"answer": bytes(64)})
        return known.get(name, {})
