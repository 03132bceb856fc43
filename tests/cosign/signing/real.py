"""The whole signing area with the native core, a software token and SQLite, and phones that speak the protocol."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, text

from cosign.audit.trail import AuditTrail
from cosign.client.phone.record import DeviceRecord
from cosign.clock import from_ms
from cosign.ids import DEVICE, KEY, new_id
from cosign.signing.area import Signing, SigningUnits, build
from cosign.signing.core_keys import load_core
from cosign.signing.head_log import FileHeadLog
from cosign.signing.model import Handled
from cosign.signing.usecases.activate_key import activate_key, activation_digest, begin_activation
from cosign.store import migrations
from cosign.store.engine import make_engine, sqlite_url
from cosign.store.unit_of_work import writing
from hsm.software import SoftwareToken
from keyshare.batch_items import KeyshareEvent
from keyshare.heads import CommitIsDurable
from protocol.codes import Op, Purpose, Status, SyncCase
from protocol.phone import (
    Answer,
    Blob,
    DeviceKey,
    Header,
    KdfParams,
    PhoneAdopt,
    PhoneConfirm,
    PhoneDecrypt,
    PhoneKeygen,
    PhoneRefresh,
    PhoneSign,
    PhoneSync,
    Target,
)
from protocol.seal import Kek, SecretRecord
from tests.keyshare.fakes import FakeClock

PIN = "293847"
WRONG_PIN = "738291"
KDF = KdfParams(memory_kib=19_456, passes=2)
SERVER = "ks-test"


class Watcher:
    """Records what the area reports."""

    def __init__(self) -> None:
        self.events: list[KeyshareEvent] = []
        self.failures: list[Exception] = []

    def observe(self, event: KeyshareEvent) -> None:
        self.events.append(event)

    def failed(self, fault: Exception) -> None:
        self.failures.append(fault)


class UtcClock(FakeClock):
    """The movable clock in the form the service wants."""

    def now(self) -> dt.datetime:
        return from_ms(self.ms)


class Directory:
    """Device keys in memory."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def public_keys(self, device_ids: Collection[str]) -> dict[str, bytes]:
        return {device_id: self.keys[device_id] for device_id in device_ids if device_id in self.keys}


@dataclass
class RealPhone:
    """One device; `blobs` by key id, oldest first."""

    device_id: str
    user_id: str
    device_key: DeviceKey
    record: DeviceRecord
    blobs: dict[str, list[Blob]] = field(default_factory=dict)


class RealWorld:
    """One server process. `restart` makes the next one on the same files."""

    def __init__(self, folder: Path, before: "RealWorld | None" = None) -> None:
        """`before` is the process that ran on the folder until now; clock and enrolled devices go on."""
        self.folder = folder
        self.clock: UtcClock = before.clock if before else UtcClock()
        self.watcher = Watcher()
        self.directory: Directory = before.directory if before else Directory()
        token_folder = folder / "token"
        make = SoftwareToken.open if token_folder.exists() else SoftwareToken.create
        self.token: SoftwareToken[SecretRecord] = make(
            token_folder, kek=Kek, environment="development", warn=lambda _: None
        )
        self.engine: Engine = make_engine(sqlite_url(folder / "cosign.db"))
        migrations.upgrade(self.engine)
        core = load_core(self.engine, self.token, server_id=SERVER, clock=self.clock)
        self.units = SigningUnits(
            engine=self.engine,
            core=core,
            token=self.token,
            audit=AuditTrail("node"),
            heads=FileHeadLog(token_folder),
            clock=self.clock,
            durability=CommitIsDurable(),
        )
        self.admitted: list[str] = []
        """Devices charged by the rate limit, in order."""
        self.signing: Signing = build(
            self.units,
            devices=self.directory,
            observer=self.watcher,
            admit=self.admitted.append,
        )
        self.signing.envelope_keys.rotate()
        self.signing.operations.start()

    async def restart(self) -> "RealWorld":
        await self.signing.operations.drain()
        self.engine.dispose()
        return RealWorld(self.folder, self)

    async def close(self) -> None:
        await self.signing.operations.drain()
        self.engine.dispose()

    @property
    def target(self) -> Target:
        key = self.signing.envelope_keys.published()[0]
        return Target(
            server_id=SERVER,
            identity_public_key=self.units.core.identity_public_key,
            core_key_id=key.core_key_id,
            envelope_public_key=key.public_key,
        )

    # --- phone ---

    def enrol(self) -> RealPhone:
        key = DeviceKey.generate()
        device_id = new_id(DEVICE, self.clock.ms)
        with writing(self.engine) as connection:
            self.units.open_device(connection, device_id=device_id, user_id="usr_1")
        self.directory.keys[device_id] = key.public_key
        return RealPhone(device_id, "usr_1", key, DeviceRecord(restore_epoch=self.token.restore_epoch()))

    def header(
        self, phone: RealPhone, op: Op, key_id: str, *, blob: Blob | None = None, purpose: int = 1
    ) -> tuple[Header, int]:
        """A header by the rules of the device record, and the local_seq to use with it."""
        fields = phone.record.next_fields(op, self.clock.ms)
        header = Header(
            suite="P256" if op is Op.SYNC else "SM2",
            op=op,
            purpose=blob.purpose if blob else purpose,
            server_id=SERVER,
            user_id=phone.user_id,
            device_id=phone.device_id,
            key_id=key_id,
            issued_at_ms=self.clock.ms,
            ctr=fields.ctr,
            tau=fields.tau,
            open_reqs=fields.open_reqs,
            restore_epoch=fields.restore_epoch,
            share_id=blob.share_id if blob else bytes(16),
            pk=blob.pk if blob else bytes(33),
        )
        phone.record.enter(header.req_id, op, self.clock.ms)
        return header, fields.local_seq

    async def send(self, envelope: bytes, op: Op) -> Handled:
        return await self.signing.operations.handle(envelope, op)

    def _settle(self, phone: RealPhone, header: Header, answer: Answer) -> None:
        if answer.status == Status.OK:
            phone.record.accepted(header.req_id, tau=answer.tau, ctr=answer.ctr)
        elif answer.status == Status.PIN_WRONG:
            phone.record.pin_wrong(header.req_id)

    async def begin_keygen(self, phone: RealPhone) -> PhoneKeygen:
        """M1 and M2; the envelope of M3 is ready."""
        key_id = new_id(KEY, self.clock.ms)
        header, seq = self.header(phone, Op.KEYGEN, key_id)
        run = PhoneKeygen.begin(self.target, phone.device_key, header, seq)
        answer = (await self.send(run.envelope, Op.KEYGEN)).answer
        header, seq = self.header(phone, Op.KEYGEN, key_id)
        assert run.receive(answer, header, seq).status == Status.OK
        return run

    async def keygen(self, phone: RealPhone, *, purpose: Purpose = Purpose.SIGN, activate: bool = True) -> str:
        """A new key, ACTIVE unless told otherwise."""
        key_id = new_id(KEY, self.clock.ms)
        header, seq = self.header(phone, Op.KEYGEN, key_id, purpose=purpose)
        run = PhoneKeygen.begin(self.target, phone.device_key, header, seq)
        answer = (await self.send(run.envelope, Op.KEYGEN)).answer
        header, seq = self.header(phone, Op.KEYGEN, key_id, purpose=purpose)
        assert run.receive(answer, header, seq).status == Status.OK
        frame, blob, tau, ctr = run.finish((await self.send(run.envelope, Op.KEYGEN)).answer, PIN, KDF)
        assert blob is not None
        assert frame.status == Status.OK
        phone.record.accepted(header.req_id, tau=tau, ctr=ctr)
        phone.blobs[key_id] = [blob]
        if activate:
            await self.activate(phone, key_id)
        return key_id

    async def activate(self, phone: RealPhone, key_id: str) -> None:
        """KG-7."""
        blob = phone.blobs[key_id][-1]
        with writing(self.engine) as connection:
            challenge = begin_activation(self.units.unit(connection), key_id=key_id, device_id=phone.device_id)
        signature = plaintext = None
        if challenge.ciphertext is not None:
            _, (plaintext,) = await self.decrypt(phone, key_id, [challenge.ciphertext])
        else:
            assert challenge.digest == activation_digest(key_id, blob.pk)
            _, (signature,) = await self.sign(phone, key_id, [challenge.digest])
        with writing(self.engine) as connection:
            activate_key(
                self.units.unit(connection),
                key_id=key_id,
                device_id=phone.device_id,
                signature=signature,
                plaintext=plaintext,
                now_ms=self.clock.ms,
            )

    def begin_sign(
        self, phone: RealPhone, key_id: str, digests: list[bytes], *, pin: str = PIN, blob: int = -1
    ) -> tuple[PhoneSign, Header]:
        chosen = phone.blobs[key_id][blob]
        header, seq = self.header(phone, Op.SIGN, key_id, blob=chosen)
        run = PhoneSign.begin(self.target, phone.device_key, header, chosen.unlock(pin), digests, seq)
        return run, header

    async def sign(
        self, phone: RealPhone, key_id: str, digests: list[bytes], *, pin: str = PIN, blob: int = -1
    ) -> tuple[Answer, list[bytes]]:
        run, header = self.begin_sign(phone, key_id, digests, pin=pin, blob=blob)
        answer, signatures = run.finish((await self.send(run.envelope, Op.SIGN)).answer)
        self._settle(phone, header, answer)
        return answer, signatures

    async def decrypt(
        self, phone: RealPhone, key_id: str, ciphertexts: list[bytes], *, pin: str = PIN
    ) -> tuple[Answer, list[bytes]]:
        blob = phone.blobs[key_id][-1]
        header, seq = self.header(phone, Op.DECRYPT, key_id, blob=blob)
        run = PhoneDecrypt.begin(self.target, phone.device_key, header, blob.unlock(pin), ciphertexts, seq)
        answer, plaintexts = run.finish((await self.send(run.envelope, Op.DECRYPT)).answer)
        self._settle(phone, header, answer)
        return answer, plaintexts

    async def refresh(self, phone: RealPhone, key_id: str, *, new_pin: str = PIN, pin: str = PIN) -> Answer:
        """REFRESH only; the new blob is kept beside the old one (RF-5)."""
        blob = phone.blobs[key_id][-1]
        header, seq = self.header(phone, Op.REFRESH, key_id, blob=blob)
        run = PhoneRefresh.begin(self.target, phone.device_key, header, blob.unlock(pin), seq)
        answer, fresh, *_ = run.finish((await self.send(run.envelope, Op.REFRESH)).answer, new_pin, KDF)
        self._settle(phone, header, answer)
        if fresh is not None:
            phone.blobs[key_id].append(fresh)
        return answer

    async def confirm(self, phone: RealPhone, key_id: str, *, pin: str = PIN) -> Answer:
        return await self._proof(phone, key_id, Op.CONFIRM, PhoneConfirm, pin)

    async def adopt(self, phone: RealPhone, key_id: str, *, pin: str = PIN) -> Answer:
        answer = await self._proof(phone, key_id, Op.ADOPT, PhoneAdopt, pin)
        if answer.status == Status.OK:
            phone.record.restore_epoch = answer.restore_epoch
        return answer

    async def _proof(
        self, phone: RealPhone, key_id: str, op: Op, kind: type[PhoneConfirm] | type[PhoneAdopt], pin: str
    ) -> Answer:
        blob = phone.blobs[key_id][-1]
        header, seq = self.header(phone, op, key_id, blob=blob)
        run = kind.begin(self.target, phone.device_key, header, blob.unlock(pin), seq)
        answer = run.finish((await self.send(run.envelope, op)).answer)
        self._settle(phone, header, answer)
        return answer

    async def sync(self, phone: RealPhone, key_id: str) -> tuple[Answer, str]:
        header, _ = self.header(phone, Op.SYNC, key_id)
        run = PhoneSync.begin(self.target, phone.device_key, header)
        answer, case, last = run.finish((await self.send(run.envelope, Op.SYNC)).answer)
        if answer.status == Status.OK:
            phone.record.synced(header.req_id, SyncCase(case), last)
        return answer, case

    # --- inspection ---

    def scalar(self, query: str) -> object:
        with self.engine.begin() as connection:
            return connection.execute(text(query)).scalar_one()

    def execute(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))
