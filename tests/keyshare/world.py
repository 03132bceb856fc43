"""A server with fakes around the real transaction rule, and phones that follow the real rules of the phone."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from cosign.client.phone.record import DeviceRecord
from keyshare.batch_items import Collaborators, Prepared, Released
from keyshare.counters import LIFETIME_ATTEMPTS, MAX_ATTEMPTS
from keyshare.device_row import DeviceRow, StoredDevice, encode_row, new_device
from keyshare.heads import CommitIsDurable
from keyshare.memory_store import MemoryStore
from keyshare.ports import ShareStore
from keyshare.records import KeyState, NewKey, ShareRow, share_usable
from keyshare.sealing import ShareContext, seal, unseal
from keyshare.transaction import BatchRunner
from protocol.codes import Op, Status, SyncCase
from tests.keyshare.fakes import (
    FakeClock,
    FakeEvaluator,
    FakeRequest,
    FakeToken,
    Frame,
    RecordingHeads,
    decode_frame,
    fake_row_mac,
)

SERVER = "srv"


class Backing(ShareStore, Protocol):
    """What tests need of a store besides the port; met by the memory store and by the SQL test store."""

    def add_device(self, row: DeviceRow, mac: bytes) -> None: ...
    def find_share(self, share_id: bytes) -> ShareRow | None: ...
    def set_key_state(self, key_id: str, state: KeyState) -> None: ...
    def stored_device(self, device_id: str) -> StoredDevice | None: ...
    def put_device(self, stored: StoredDevice) -> None: ...


class MemoryBacking(MemoryStore):
    """The memory store with direct access to device rows."""

    def stored_device(self, device_id: str) -> StoredDevice | None:
        return self.tables.devices.get(device_id)

    def put_device(self, stored: StoredDevice) -> None:
        self.tables.devices[stored.row.device_id] = stored


@dataclass
class PhoneKey:
    """A key as the phone sees it: its blob is the share itself."""

    key_id: str
    purpose: int
    pk: bytes
    blobs: list[tuple[bytes, bytes]]
    """(share_id, share), oldest first; the last one belongs to the newest refresh."""


@dataclass
class FakePhone:
    """Device record by the real rules; blobs in the clear."""

    device_id: str
    user_id: str
    record: DeviceRecord
    keys: list[PhoneKey] = field(default_factory=list)

    @property
    def key(self) -> PhoneKey:
        return self.keys[0]


class World:
    """One server and its phones."""

    def __init__(self, store: Backing | None = None, **settings: Any) -> None:
        self.store: Backing = store if store is not None else MemoryBacking()
        self.clock = FakeClock()
        self.evaluator = FakeEvaluator()
        self.token = FakeToken()
        self.heads = RecordingHeads()
        self.failures: list[Exception] = []
        self.collaborators: Collaborators[bytes] = Collaborators(
            server_id=SERVER,
            evaluator=self.evaluator,
            token=self.token,
            row_mac=fake_row_mac,
            clock=self.clock,
            random=secrets.token_bytes,
            restore_epoch=self.token.restore_epoch,
            heads=self.heads,
            durability=CommitIsDurable(),
            report=self.failures.append,
            **settings,
        )
        self.runner = BatchRunner(self.store, self.collaborators)

    # --- set-up ---

    def add_phone(
        self, name: str = "dev_a", *, purpose: int = 1, pk: bytes | None = None, suite: str = "SM2"
    ) -> FakePhone:
        """Enrols a phone with one ACTIVE key."""
        row = new_device(
            device_id=name,
            user_id=f"usr_{name}",
            tau_next=secrets.token_bytes(16),
            restore_epoch=self.token.epoch,
            attempts=MAX_ATTEMPTS,
            lifetime=LIFETIME_ATTEMPTS,
        )
        self.store.add_device(row, fake_row_mac([encode_row(row)])[0])
        phone = FakePhone(name, row.user_id, DeviceRecord(tau=row.tau_next, restore_epoch=self.token.epoch))
        self.add_key(phone, purpose=purpose, pk=pk, suite=suite)
        return phone

    def add_key(self, phone: FakePhone, *, purpose: int = 1, pk: bytes | None = None, suite: str = "SM2") -> PhoneKey:
        """Gives a phone another ACTIVE key."""
        key = PhoneKey(
            key_id=f"key_{phone.device_id}_{len(phone.keys)}",
            purpose=purpose,
            pk=pk or b"\2" + secrets.token_bytes(32),
            blobs=[(secrets.token_bytes(16), secrets.token_bytes(8))],
        )
        share_id, share = key.blobs[0]
        context = ShareContext(
            server_id=SERVER,
            user_id=phone.user_id,
            device_id=phone.device_id,
            key_id=key.key_id,
            share_id=share_id,
            suite=suite,
            purpose=purpose,
            flags=0,
            pk=key.pk,
        )
        sealed, version = seal(self.token, share, context)
        new = NewKey(
            key_id=key.key_id,
            user_id=phone.user_id,
            device_id=phone.device_id,
            suite=suite,
            purpose=purpose,
            flags=0,
            pk=key.pk,
            share_id=share_id,
            sealed=sealed,
            kek_version=version,
            created_ms=self.clock.ms,
        )
        with self.store.begin() as tx:
            tx.insert_key(new)
            tx.commit()
        self.store.set_key_state(key.key_id, KeyState.ACTIVE)
        phone.keys.append(key)
        return key

    # --- phone ---

    def request(
        self,
        phone: FakePhone,
        op: Op = Op.SIGN,
        *,
        right: bool = True,
        key: PhoneKey | None = None,
        blob: int = -1,
        **changes: Any,
    ) -> FakeRequest:
        """Makes a request by the phone's rules and enters it into the record (SIGN-5)."""
        key = key or phone.key
        fields = phone.record.next_fields(op, self.clock.ms)
        share_id, share = key.blobs[blob]
        request = FakeRequest(
            op=op,
            device_id=phone.device_id,
            user_id=phone.user_id,
            key_id=key.key_id,
            share_id=ZERO if op is Op.SYNC else share_id,
            proof=share if right else b"wrong",
            tau=fields.tau,
            ctr=fields.ctr,
            open_reqs=list(fields.open_reqs),
            issued_at_ms=self.clock.ms,
            expires_at_ms=self.clock.ms + 120_000,
            restore_epoch=fields.restore_epoch,
            purpose=key.purpose,
            pk=key.pk,
        )
        request = replace(request, **changes)
        phone.record.enter(request.req_id, op, self.clock.ms)
        return request

    def receive(self, phone: FakePhone, request: FakeRequest, answer: bytes) -> Frame:
        """Applies an answer by the phone's rules (CLONE-5, CLONE-7)."""
        frame = decode_frame(answer)
        if frame.status is Status.PIN_WRONG:
            phone.record.pin_wrong(request.req_id)
        elif frame.status is Status.OK and request.op == Op.SYNC:
            case = SyncCase.B if frame.body[0] == 2 else SyncCase.A
            phone.record.synced(request.req_id, case, frame.body[1:])
        elif frame.status is Status.OK or (frame.status is Status.OT_DESTROYED and any(frame.tau)):
            phone.record.accepted(request.req_id, tau=frame.tau, ctr=frame.ctr)
        return frame

    # --- server ---

    def prepare(self, request: FakeRequest) -> Prepared[bytes]:
        """TX-0, as far as the key-share layer is concerned."""
        op = Op(request.op)
        if op is Op.SYNC:
            return Prepared(request, op, request.device_id, request.req_id)
        share = self.store.find_share(request.share_id)
        if share is None or not share_usable(share.state, op, expires_ms=share.expires_ms, now_ms=self.clock.ms):
            refusal = Status.UNKNOWN_SHARE
            return Prepared(request, op, request.device_id, request.req_id, share, None, refusal)
        record = unseal(self.token, share.sealed, ShareContext.of(SERVER, share))
        return Prepared(request, op, request.device_id, request.req_id, share, record)

    def serve(self, *requests: FakeRequest) -> list[Released]:
        """Runs requests of different devices as one micro-batch. A request object may be served again."""
        return self.runner.run([self.prepare(replace(request, once=type(request.once)())) for request in requests])

    def ask(self, phone: FakePhone, op: Op = Op.SIGN, **options: Any) -> Frame:
        """Request, batch, answer, without any loss."""
        request = self.request(phone, op, **options)
        return self.receive(phone, request, self.serve(request)[0].answer)

    # --- inspection ---

    def row(self, phone: FakePhone) -> DeviceRow:
        """The device row as stored."""
        stored = self.store.stored_device(phone.device_id)
        assert stored is not None
        return stored.row

    def edit(self, phone: FakePhone, **columns: Any) -> None:
        """Changes a row as the server itself would, with a right MAC."""
        row = replace(self.row(phone), **columns)
        self.store.put_device(StoredDevice(row, fake_row_mac([encode_row(row)])[0]))


ZERO = bytes(16)
