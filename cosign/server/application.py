"""What a server process runs: its parts, and when they start, are swept and stop. `wiring` builds it."""

import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Engine

from cosign.audit.checkpoints import Checkpoints
from cosign.blocking import BlockingPool
from cosign.clock import Clock
from cosign.devices.repository import sweep as sweep_devices
from cosign.devices.servicer import DeviceServicer
from cosign.personal.retention import Retention
from cosign.server.access_log import AccessLog
from cosign.server.accounts_wiring import AccountServices
from cosign.server.brands_wiring import BrandServices
from cosign.server.computer_logins_wiring import ComputerSide
from cosign.server.config import Config
from cosign.server.guard import CallGuard
from cosign.server.identity_wiring import IdentitySide
from cosign.server.linked_logins_wiring import LinkedLogins
from cosign.server.logging import Logger
from cosign.server.messages_wiring import MessagesSide
from cosign.server.metrics import Metrics
from cosign.server.personal_wiring import PersonalSide
from cosign.server.reviews_wiring import ReviewSide
from cosign.server.servicer import ServerInfoServicer
from cosign.server.staff_wiring import StaffSide
from cosign.server.uploads_wiring import UploadsSide
from cosign.signing.area import Signing
from cosign.signing.key_operations import Operations
from cosign.signing.servicer import KeyServicer
from cosign.store.unit_of_work import writing

VERSION: Final = importlib.metadata.version("cosign-server")


@dataclass(slots=True, kw_only=True)
class Application:
    """Everything a server process runs."""

    config: Config
    log: Logger
    metrics: Metrics
    guard: CallGuard
    access_log: AccessLog
    blocking: BlockingPool
    server_info: ServerInfoServicer
    devices: DeviceServicer
    keys: KeyServicer
    brands: BrandServices
    accounts: AccountServices
    linked_logins: LinkedLogins
    computers: ComputerSide
    messages: MessagesSide
    personal: PersonalSide
    retention: Retention
    uploads: UploadsSide
    identity: IdentitySide
    staff: StaffSide
    reviews: ReviewSide
    checks: Mapping[str, Callable[[], None]]
    """Name to a blocking function that raises when something the service needs is lost."""
    token_is_software: bool
    area: Signing
    operations: Operations
    """Of the area, as the listener uses them."""
    checkpoints: Checkpoints
    engine: Engine
    clock: Clock
    on_close: list[Callable[[], object]] = field(default_factory=list)
    version: str = VERSION
    backend: str = ""

    async def start(self) -> None:
        """Starts the batch thread and the access log."""
        self.access_log.start()
        self.area.operations.start()
        self.messages.start()
        self.uploads.start()
        self.identity.start()

    async def stop(self) -> None:
        """After the listener has drained: finishes the queue and signs the last heads."""
        await self.area.operations.drain()
        await self.blocking.run(self.identity.stop)
        await self.blocking.run(self.uploads.stop)
        await self.messages.stop()
        await self.checkpoint()
        self.access_log.stop()

    async def checkpoint(self) -> None:
        """Signs the heads of the audit trail."""
        made = await self.blocking.run(self.checkpoints.make)
        if made:
            self.log.debug("audit_signed", count=len(made))

    async def sweep(self) -> None:
        """Removes what has run out of time."""
        await self.blocking.run(self.area.units.sweep)
        await self.blocking.run(self._sweep_devices)
        await self.blocking.run(self.accounts.due.run)
        await self.blocking.run(self.messages.sweep)
        await self.blocking.run(self.personal.keys.load)
        await self.blocking.run(self.uploads.upkeep.sweep)
        await self.blocking.run(self.identity.sweep)
        await self.blocking.run(self.reviews.sweep)
        await self.rotate()  # takes up what other nodes made

    async def rotate(self) -> None:
        """E2E-4: makes and destroys envelope keys."""
        await self.blocking.run(self.area.envelope_keys.rotate)

    async def tidy(self) -> None:
        """Goes on with a rotation of data keys, and erases what the brands' terms say; to be called every hour."""
        await self.blocking.run(self.retention.sweep)
        await self.blocking.run(self.personal.resealing.run)
        await self.blocking.run(self.uploads.upkeep.reseal)

    def close(self) -> None:
        """Gives back what `build` took, last first."""
        while self.on_close:
            self.on_close.pop()()

    def _sweep_devices(self) -> None:
        with writing(self.engine) as connection:
            sweep_devices(connection, self.clock.now())
            self.accounts.sweep(connection, self.clock.now())
            self.computers.sweep(connection, self.clock.now())
            self.staff.sweep(connection)
            self.linked_logins.sweep(connection, self.clock.now())
