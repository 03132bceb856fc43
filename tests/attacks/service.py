"""The real key-share layer in one process, without a network: native core, software token, store in memory.

Attacks send envelopes to it exactly as the service would receive them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hsm.software import SoftwareToken
from keyshare.batch_items import Collaborators, Prepared, Released
from keyshare.device_row import DeviceRow, encode_row, new_device
from keyshare.heads import CommitIsDurable, NoHeadLog
from keyshare.memory_store import MemoryStore
from keyshare.ports import Evaluated, OpenedRequest
from keyshare.records import KeyState, NewKey
from keyshare.sealing import ShareContext, seal, unseal
from keyshare.transaction import BatchRunner
from protocol import _core
from protocol.codes import Op, Purpose, Status
from protocol.reference.curve import point_bytes
from protocol.reference.records import ShareRecord
from tests.protocol.ec_world import DealtKey
from tests.protocol.sides import NativeServer
from tests.protocol.world import ENTROPY, NOW_MS, SERVER_ID, USER_ID, KnownKey

ATTEMPTS, LIFETIME = 9, 50


class ManualClock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def now_ms(self) -> int:
        return self.ms


class CountingEvaluator:
    """The native evaluation; remembers how many requests reached it."""

    def __init__(self, core: _core.ServerCore) -> None:
        self._core = core
        self.count = 0

    def evaluate(
        self, items: Sequence[tuple[OpenedRequest, _core.SecretRecord]]
    ) -> Sequence[Evaluated[_core.SecretRecord]]:
        self.count += len(items)
        native = []
        for request, record in items:
            assert isinstance(request, _core.Request)
            native.append((request, record))
        return self._core.evaluate(native)


class Service:
    """Store, token, core and transactions of one node."""

    def __init__(self, folder: Path) -> None:
        self.server = NativeServer()
        self.clock, self.store = ManualClock(), MemoryStore()
        self.evaluator = CountingEvaluator(self.server.core)
        self.token: SoftwareToken[_core.SecretRecord] = SoftwareToken.create(
            folder / "token", kek=_core.Kek, environment="test", warn=lambda _text: None
        )
        self.devices: dict[str, bytes] = {}
        self.tau = bytes(16)
        """Token of the device enrolled last."""
        self.faults: list[Exception] = []
        self._runner = BatchRunner(
            self.store,
            Collaborators(
                server_id=SERVER_ID,
                evaluator=self.evaluator,
                token=self.token,
                row_mac=self.server.core.row_mac,
                clock=self.clock,
                random=ENTROPY.fresh,
                restore_epoch=lambda: 0,
                heads=NoHeadLog(),
                durability=CommitIsDurable(),
                report=self.faults.append,
            ),
        )

    def enrol(self, device_id: str, device_public: bytes) -> bytes:
        """Adds a device; returns its first token."""
        tau = ENTROPY.fresh(16)
        row = new_device(
            device_id=device_id, user_id=USER_ID, tau_next=tau, restore_epoch=0, attempts=ATTEMPTS, lifetime=LIFETIME
        )
        self.store.add_device(row, self.server.core.row_mac([encode_row(row)])[0])
        self.devices[device_id] = device_public
        self.tau = tau
        return tau

    def add_key(self, key: KnownKey, device_id: str) -> None:
        """Stores the server's share of a known SM2 key, sealed, ACTIVE."""
        names = {"key_id": key.key_id, "share_id": key.phone.share_id, "pk": key.pk}
        self._store("SM2", int(key.purpose), names, key.server, device_id)

    def add_ec_key(self, key: DealtKey, device_id: str, key_id: str) -> None:
        """Stores the server's share of a P-256 signing key with its transfer set-up, sealed, ACTIVE."""
        phone = key.phone_key()
        names = {"key_id": key_id, "share_id": phone.share_id, "pk": point_bytes(phone.pk)}
        self._store("P256", int(Purpose.SIGN), names, key.record(), device_id)

    def _store(self, suite: str, purpose: int, names: dict[str, Any], record: ShareRecord, device_id: str) -> None:
        given = {"user_id": USER_ID, "device_id": device_id, "suite": suite, "purpose": purpose, "flags": 0, **names}
        context = ShareContext(server_id=SERVER_ID, **given)
        sealed, version = seal(self.token, self.server.custody.to_native(record.encode()), context)
        with self.store.begin() as tx:
            new = NewKey(sealed=sealed, kek_version=version, created_ms=self.clock.ms, **given)
            tx.insert_key(new)
            tx.commit()
        self.store.set_key_state(names["key_id"], KeyState.ACTIVE)

    def prepare(self, envelope: bytes) -> Prepared[_core.SecretRecord]:
        """TX-0."""
        request = self.server.core.open_request(envelope)
        assert request.malformed is None
        request.verify_device(self.devices[request.device_id])
        op, share = Op(request.op), self.store.find_share(request.share_id)
        if op is Op.SYNC:
            return Prepared(request, op, request.device_id, request.req_id)
        if share is None or not share.sealed:
            return Prepared(request, op, request.device_id, request.req_id, refusal=Status.UNKNOWN_SHARE)
        record = unseal(self.token, share.sealed, ShareContext.of(SERVER_ID, share))
        return Prepared(request, op, request.device_id, request.req_id, share, record)

    def run(self, prepared: Prepared[_core.SecretRecord]) -> Released:
        """One prepared request in its own transaction."""
        (released,) = self._runner.run([prepared])
        assert not self.faults
        return released

    def submit(self, envelope: bytes) -> Released:
        """One request in its own transaction."""
        return self.run(self.prepare(envelope))

    def row(self, device_id: str) -> DeviceRow:
        return self.store.tables.devices[device_id].row
