"""`cosignctl init`, `cosignctl db` and `cosignctl config`."""

from collections.abc import Mapping
from typing import Any

from cosign.audit.checkpoints import check_heads
from cosign.cli.cosignctl_output import emit, english, load_config, new_app, note, reporting
from cosign.server import database_wiring, heads_wiring, operator_wiring, token_wiring
from cosign.server.config import Config
from cosign.server.config_reader import effective
from cosign.server.heartbeat import check_integrity
from cosign.server.state_folder import StateFolder
from cosign.store import migrations

database = new_app("Create, upgrade and check the database.")
configuration = new_app("Check the configuration.")


def init() -> None:
    """Make the state folder, the database, the token and the keys of the core. Safe to repeat.

    Prints the identity public key: phones pin it, and `audit verify` needs it.
    """
    with reporting():
        config = load_config()
        with operator_wiring.operator(config, create=True) as operator:
            identity = operator.units.core.identity_public_key.hex()
    emit(
        {"state_dir": str(config.server.state_dir), "identity_public_key": identity},
        lambda: f"{config.server.state_dir}\nidentity_public_key {identity}",
    )
    note(token_wiring.SOFTWARE_WARNING)


@database.command("upgrade")
def upgrade() -> None:
    """Bring the schema to the version of this program."""
    with reporting():
        engine = database_wiring.open_database(load_config(), check=False)
        migrations.upgrade(engine)
        engine.dispose()
    emit({"ok": True}, lambda: "ok")


@database.command("check")
def check() -> None:
    """Check that the schema fits, that the database is sound and that it holds the recorded audit heads."""
    with reporting():
        config = load_config()
        engine = database_wiring.open_database(config)
        check_integrity(engine)
        check_heads(engine, heads_wiring.audit_heads(config), operator_wiring.identity_public_key(config))
        engine.dispose()
    emit({"ok": True}, lambda: "ok")


@database.command("restored")
def restored() -> None:
    """Declare that the database was restored: raises the restore epoch, so that every device must adopt (RS-2).

    Keys whose head share is not the recorded one stay frozen. Stop the server first.
    """
    with reporting():
        config = load_config()
        with StateFolder(config.server.state_dir).locked(), operator_wiring.operator(config, check=False) as operator:
            heads_wiring.audit_heads(config).set_aside()
            report = operator.units.restored()
            operator.checkpoints().renew_file()
    emit(
        {"restore_epoch": report.restore_epoch, "frozen": list(report.frozen), "revoked": list(report.revoked)},
        lambda: "\n".join(
            [
                f"restore_epoch {report.restore_epoch}",
                *(f"frozen {key}" for key in report.frozen),
                *(f"revoked {key}" for key in report.revoked),
            ]
        ),
    )
    note("every device must send ADOPT now" if english() else "所有设备必须重新确认（ADOPT）")


@configuration.callback()
def configuration_group() -> None:
    """Check the configuration."""


@configuration.command("check")
def config_check() -> None:
    """Print the effective configuration without secrets. Exit status 1 if it is refused."""
    with reporting():
        config = load_config()
    emit(effective(config), lambda: _as_toml(config))


def _as_toml(config: Config) -> str:
    values = effective(config)
    lines = [f"{key} = {_literal(value)}" for key, value in values.items() if not isinstance(value, Mapping)]
    for section, table in values.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{section}]"]
            lines += [f"{key} = {_literal(value)}" for key, value in table.items()]
    return "\n".join(lines)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return '""'
    return (
        repr(value)
        if isinstance(value, int | float)
        else '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    )
