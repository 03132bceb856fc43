"""What `cosignctl` needs: database, token and core, without listeners and without the hot path."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from cosign.audit.checkpoints import Checkpoints, check_heads
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import OPERATOR_SEGMENT
from cosign.clock import Clock, SystemClock
from cosign.devices.repository import SqlDeviceUnit
from cosign.errors import ConfigInvalid
from cosign.server.config import Config
from cosign.server.database_wiring import open_database
from cosign.server.heads_wiring import audit_heads, prepare_heads
from cosign.server.state_folder import StateFolder
from cosign.server.units_wiring import build_units, make_checkpoints, self_test
from cosign.signing.area import SigningUnits
from cosign.store import migrations


@dataclass(frozen=True, slots=True)
class Operator:
    """What `cosignctl` works with; its acts go to the audit segment `operator`."""

    config: Config
    units: SigningUnits

    @property
    def engine(self) -> Engine:
        return self.units.engine

    @property
    def clock(self) -> Clock:
        return self.units.clock

    def devices(self, connection: Connection) -> SqlDeviceUnit:
        """The devices area on the caller's transaction."""
        return SqlDeviceUnit(connection, signing=self.units, trail=self.units.audit)

    def record(self, connection: Connection, event: AuditEvent) -> None:
        """Writes an act that concerns neither device nor key to the audit trail."""
        entry = AuditEntry(time_ms=self.clock.now_ms(), event=event, outcome="done", actor="operator")
        self.units.audit.append(connection, [entry])

    def checkpoints(self) -> Checkpoints:
        """Signs audit heads."""
        return make_checkpoints(self.config, self.units)


@contextmanager
def operator(config: Config, *, create: bool = False, check: bool = True) -> Iterator[Operator]:
    """Opens database, token and core for an operator program.

    Args:
        config: The configuration.
        create: Make what is missing, as the first start of the server does.
        check: Compare the audit heads with the database; off only to declare a restore or the loss of the heads.

    Raises:
        OperatorFault, OutageFault, TokenFault: As at the start of the server.
    """
    self_test()
    folder = StateFolder(config.server.state_dir)
    if create:
        folder.ensure()
    elif not folder.path.is_dir():
        raise ConfigInvalid("server.state_dir", f"{folder.path} does not exist; run `cosignctl init`")
    engine = open_database(config, check=not create)
    try:
        if create:
            migrations.upgrade(engine)
            prepare_heads(config)
        units = build_units(config, engine, SystemClock(), segment=OPERATOR_SEGMENT, metrics=None)
        with contextlib.closing(units.token):
            folder.keep_identity(units.core.identity_public_key)
            if check:
                check_heads(engine, audit_heads(config), units.core.identity_public_key)
            yield Operator(config, units)
    finally:
        engine.dispose()


def identity_public_key(config: Config) -> bytes:
    """Identity public key of the core, 33 bytes, from the state folder."""
    return StateFolder(config.server.state_dir).identity()
