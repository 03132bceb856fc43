"""A server in memory behind the `Connection` port: real core, real key-share layer, controllable network and clock."""

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from cosign.api.v1 import device_pb2, key_pb2, server_info_pb2
from cosign.client.phone.errors import Rejected, Unreachable
from cosign.clock import from_ms
from cosign.signing.usecases.activate_key import activation_digest
from cosign.signing.usecases.generate_key import KeyGenerator, Refusal
from cosign.signing.usecases.prepare_request import PreparedRequest, RequestPreparer
from hsm.ports import RecordRefused, Sealed, SecurityLevel, Token, TokenFault, TokenInfo
from keyshare.batch_items import Collaborators, EventKind
from keyshare.device_row import DeviceRow, StoredDevice, encode_row, new_device
from keyshare.keygen import KeygenRunner
from keyshare.memory_store import MemoryStore
from keyshare.records import KeyState, ShareRow
from keyshare.transaction import BatchRunner
from protocol import p256, sm2
from protocol.codes import Op, Purpose, Status, Suite
from protocol.envelope import EnvelopeKey
from protocol.errors import EnvelopeInvalid, SealBroken
from protocol.seal import Kek, RecordAlgorithm, SecretRecord
from protocol.server import ServerCore

SERVER_ID = "test"
WEEK_MS = 7 * 86_400_000


class ManualClock:
    """A clock that tests move."""

    def __init__(self, ms: int = 1_790_000_000_000) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms

    def now(self) -> dt.datetime:
        return from_ms(self.ms)


class MemoryToken:
    """Software token without files."""

    algorithm = RecordAlgorithm.AES_256_GCM
    current_version = 1

    def __init__(self) -> None:
        fd = os.memfd_create("kek")
        self._kek = Kek.create(fd)
        os.close(fd)
        self.epoch = 0

    def info(self) -> TokenInfo:
        return TokenInfo("memory", SecurityLevel.SOFTWARE, int(self.algorithm), 1, {1: self._kek.check_value})

    @property
    def shares(self) -> None:
        return None

    def seal(self, record: SecretRecord, aad: bytes, *, version: int) -> bytes:
        return self._kek.seal(record, aad)

    def unseal(self, sealed: bytes, aad: bytes, *, version: int) -> SecretRecord:
        try:
            return self._kek.open(sealed, aad)
        except SealBroken:
            raise RecordRefused from None

    def unseal_many(self, records: Sequence[Sealed]) -> list[SecretRecord | TokenFault]:
        return [self.unseal(sealed, aad, version=version) for sealed, aad, version in records]

    def new_version(self) -> int:
        return 1

    def destroy_version(self, version: int) -> None:
        raise ValueError(version)

    def random(self, length: int) -> bytes:
        return secrets.token_bytes(length)

    def self_test(self) -> None:
        pass

    def restore_epoch(self) -> int:
        return self.epoch

    def raise_restore_epoch(self) -> int:
        self.epoch += 1
        return self.epoch

    def close(self) -> None:
        return


class NoHeads:
    """A head log nobody reads."""

    def announce(self, key_id: str, device_id: str, share_id: bytes, previous: bytes) -> None:
        pass

    def settle(self, key_id: str, device_id: str, share_id: bytes) -> None:
        pass

    def ended(self, key_id: str, device_id: str) -> None:
        pass


class SwitchedDurability:
    """Durable unless a test says otherwise."""

    def __init__(self) -> None:
        self.covered = True

    def covers(self, promoted_at_ms: int) -> bool:
        return self.covered


class FakeServer:
    """Implements `cosign.client.phone.Connection`. `before` and `after` are the network in both directions."""

    def __init__(self, token: Token[SecretRecord] | None = None) -> None:
        self.clock = ManualClock()
        self.core = ServerCore.generate(SERVER_ID)
        self.envelope_key = EnvelopeKey.generate()
        self.core.add_envelope_key(self.envelope_key)
        self.token: Token[SecretRecord] = token or MemoryToken()
        self.store = MemoryStore()
        self.durability = SwitchedDurability()
        self.identity_override: bytes | None = None
        self.log: list[tuple[str, bytes]] = []
        """Method and envelope of every request that reached the server."""
        self.statuses: list[Status] = []
        """Status of every answer, also of those that got lost."""
        self.events: list[EventKind] = []
        """What the transactions reported."""
        self.before: Callable[[str], None] = lambda _method: None
        """Runs when a request is on its way; raising loses it."""
        self.after: Callable[[str], None] = lambda _method: None
        """Runs when an answer is on its way; raising loses it."""
        self.report: Callable[[Exception], None] = _raise
        """Told why a transaction failed; a test that makes it fail puts something else here."""
        self._device_keys: dict[str, bytes] = {}
        self._challenges: dict[str, bytes] = {}
        collaborators = Collaborators(
            server_id=SERVER_ID,
            evaluator=self.core,  # type: ignore[arg-type]  # takes its own Request type
            token=self.token,
            row_mac=self.core.row_mac,
            clock=self.clock,
            random=secrets.token_bytes,
            restore_epoch=self.token.restore_epoch,
            heads=NoHeads(),
            durability=self.durability,
            report=self._report,
        )
        self._runner = BatchRunner(self.store, collaborators)
        self._generator = KeyGenerator(
            core=self.core,
            token=self.token,
            pending=self.store,
            runner=KeygenRunner(
                store=self.store,
                row_mac=self.core.row_mac,
                clock=self.clock,
                restore_epoch=self.token.restore_epoch,
                heads=NoHeads(),
                report=self._report,
            ),
        )

    # --- the port ---

    def server_info(self) -> server_info_pb2.GetServerInfoResponse:
        key, now = self.envelope_key, self.clock.ms
        not_before, not_after = now - 60_000, now + WEEK_MS
        fields = [SERVER_ID.encode(), key.key_id, b"\1", key.public_key]
        periods = [not_before.to_bytes(8, "big"), not_after.to_bytes(8, "big")]
        statement = server_info_pb2.EnvelopeKey(
            core_key_id=key.key_id,
            suite=1,
            public_key=key.public_key,
            not_before=from_ms(not_before),
            not_after=from_ms(not_after),
            statement_signature=self.core.sign_statement("E2E/key", [*fields, *periods]),
        )
        return server_info_pb2.GetServerInfoResponse(
            version="0",
            server_id=SERVER_ID,
            identity_public_key=self.identity_override or self.core.identity_public_key,
            envelope_keys=[statement],
            restore_epoch=self.token.restore_epoch(),
            server_time=self.clock.now(),
        )

    def enrol(self, request: device_pb2.EnrolDeviceRequest) -> device_pb2.EnrolDeviceResponse:
        self.before("EnrolDevice")
        device_id = "dev_" + hashlib.sha256(request.request_id.encode()).hexdigest()[:26]
        if device_id not in self._device_keys:
            self._device_keys[device_id] = request.device_public_key
            row = new_device(
                device_id=device_id,
                user_id="user",
                tau_next=secrets.token_bytes(16),
                restore_epoch=self.token.restore_epoch(),
                attempts=9,
                lifetime=50,
            )
            self.store.add_device(row, self.core.row_mac([encode_row(row)])[0])
        self.after("EnrolDevice")
        return device_pb2.EnrolDeviceResponse(device=device_pb2.Device(device_id=device_id, user_id="user"))

    def create_session(self, request: device_pb2.CreateSessionRequest) -> device_pb2.CreateSessionResponse:
        return device_pb2.CreateSessionResponse(access_token="t", expires_at=from_ms(self.clock.ms + 900_000))

    def begin_activation(self, request: key_pb2.BeginActivationRequest, bearer: str) -> key_pb2.BeginActivationResponse:
        self.before("BeginActivation")
        share = self._share_of(request.key_id)
        if share.purpose != Purpose.DECRYPT:
            return key_pb2.BeginActivationResponse(digest=activation_digest(request.key_id, share.pk, share.suite))
        self._challenges[request.key_id] = secrets.token_bytes(32)
        encrypt = sm2.encrypt if share.suite == Suite.SM2 else p256.encrypt
        ciphertext = encrypt(share.pk, self._challenges[request.key_id])
        return key_pb2.BeginActivationResponse(ciphertext=ciphertext)

    def activate_key(self, request: key_pb2.ActivateKeyRequest, bearer: str) -> key_pb2.ActivateKeyResponse:
        self.before("ActivateKey")
        share = self._share_of(request.key_id)
        if share.purpose != Purpose.DECRYPT:
            verify = sm2.verify if share.suite == Suite.SM2 else p256.verify
            verify(share.pk, activation_digest(request.key_id, share.pk, share.suite), request.signature)
        elif request.plaintext != self._challenges[request.key_id]:
            raise Rejected(code="INVALID_ARGUMENT", server_reason="ACTIVATION_INVALID")
        self.store.set_key_state(request.key_id, KeyState.ACTIVE)
        self.after("ActivateKey")
        return key_pb2.ActivateKeyResponse()

    def get_key(self, request: key_pb2.GetKeyRequest, bearer: str) -> key_pb2.GetKeyResponse:
        active = self._share_of(request.key_id).key_state is KeyState.ACTIVE
        state = key_pb2.KEY_STATE_ACTIVE if active else key_pb2.KEY_STATE_INACTIVE
        return key_pb2.GetKeyResponse(key=key_pb2.Key(key_id=request.key_id, state=state))

    def streaming(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, method: str, envelope: bytes) -> bytes:
        self.before(method)
        answer = self.deliver(method, envelope)
        self.after(method)
        return answer

    # --- for tests ---

    def deliver(self, method: str, envelope: bytes) -> bytes:
        """What the server does with an envelope, without the network."""
        self.log.append((method, envelope))
        try:
            request = self.core.open_request(envelope)
        except EnvelopeInvalid:
            raise Rejected(code="INVALID_ARGUMENT", server_reason="ENVELOPE_INVALID") from None
        if request.malformed is not None:
            return self._note(Status.MALFORMED, request.answer(Status.MALFORMED, server_time_ms=self.clock.ms))
        device_key = self._device_keys[request.device_id]
        if method == "FinishKeygen":
            job = self._generator.finish(request, device_key, now_ms=self.clock.ms)
        else:
            request.verify_device(device_key)
            if request.op != Op.KEYGEN:
                preparer = RequestPreparer(server_id=SERVER_ID, shares=self.store, token=self.token, policy=None)
                (prepared,) = preparer.prepare([request], now_ms=self.clock.ms)
                assert isinstance(prepared, PreparedRequest)
                released = self._runner.run([prepared.item])[0]
                self.events += [event.kind for event in released.events]
                return self._note(released.status, released.answer)
            job = self._generator.begin(request, device_key, now_ms=self.clock.ms)
        if isinstance(job, Refusal):
            answer = request.answer(job.status, server_time_ms=self.clock.ms, body=job.body)
            return self._note(job.status, answer)
        released = job()
        return self._note(released.status, released.answer)

    def rotate_envelope_key(self) -> None:
        """E2E-4: the old key is destroyed at once."""
        old, self.envelope_key = self.envelope_key, EnvelopeKey.generate()
        self.core.add_envelope_key(self.envelope_key)
        self.core.remove_envelope_key(old.key_id)

    def row(self) -> DeviceRow:
        """The row of the only device."""
        (stored,) = self.store.tables.devices.values()
        return stored.row

    def replace_row(self, row: DeviceRow) -> None:
        """Writes a device row with its MAC."""
        self.store.tables.devices[row.device_id] = StoredDevice(row, self.core.row_mac([encode_row(row)])[0])

    def methods(self) -> list[str]:
        """The key operations that reached the server, in order."""
        return [method for method, _ in self.log]

    def _share_of(self, key_id: str) -> ShareRow:
        return next(row for row in self.store.tables.shares.values() if row.key_id == key_id)

    def _report(self, fault: Exception) -> None:
        self.report(fault)

    def _note(self, status: Status, answer: bytes) -> bytes:
        self.statuses.append(status)
        return answer


def lose(*methods: str) -> Callable[[str], None]:
    """A network that loses the first message of each of these methods."""
    left = list(methods)

    def cross(method: str) -> None:
        if method in left:
            left.remove(method)
            raise Unreachable("lost")

    return cross


def _raise(fault: Exception) -> None:
    raise fault
