"""What a server and an operator program have in common: core, token, audit trail and heads on one database."""

from sqlalchemy import Engine

from cosign.audit.checkpoints import Checkpoints
from cosign.audit.trail import AuditTrail
from cosign.clock import Clock
from cosign.errors import SelfTestFailed
from cosign.personal.wrapped import WrappedDataKeys
from cosign.server.config import Config
from cosign.server.heads_wiring import audit_heads, head_record
from cosign.server.metrics import Metrics
from cosign.server.token_wiring import open_token
from cosign.signing.area import SigningUnits
from cosign.signing.core_keys import core_exists, load_core
from keyshare.heads import CommitIsDurable
from protocol import backend
from protocol.errors import InternalFault


def build_units(config: Config, engine: Engine, clock: Clock, *, segment: str, metrics: Metrics | None) -> SigningUnits:
    """Opens the token, loads the core or makes it on an empty database, and puts both together. The caller closes the
    token.

    Args:
        config: The configuration.
        engine: Database with an up-to-date schema.
        clock: Present time.
        segment: Name of the audit segment this process writes.
        metrics: Counts the calls of the token; None for operator programs.

    Raises:
        OperatorFault, OutageFault, TokenFault: The program may not start.
    """
    fresh = not core_exists(engine)
    if fresh:
        # Before the core: a crash between the two must not leave a core that misses its heads.
        audit_heads(config).begin()
    token = open_token(config, may_create=fresh, metrics=metrics)
    try:
        core = load_core(engine, token, server_id=config.server.server_id, clock=clock)
    except BaseException:
        token.close()
        raise
    return SigningUnits(
        engine=engine,
        core=core,
        token=token,
        audit=AuditTrail(segment),
        heads=head_record(config),
        clock=clock,
        durability=CommitIsDurable(),
        wrapped=(WrappedDataKeys(engine, token, server_id=config.server.server_id),),
    )


def make_checkpoints(config: Config, units: SigningUnits) -> Checkpoints:
    """Signs audit heads with the identity key of the core."""
    return Checkpoints(
        units.engine,
        file=audit_heads(config),
        server_id=config.server.server_id,
        sign=units.core.sign_statement,
        clock=units.clock,
    )


def self_test() -> None:
    """Known answers of the native core. Raises SelfTestFailed."""
    try:
        backend.self_test()
    except InternalFault:
        raise SelfTestFailed("the native core gives wrong answers on this machine") from None
