"""`cosignctl db`."""

from typing import Annotated

import typer

from cosign.audit.checkpoints import check_heads
from cosign.cli.cosignctl_output import emit, english, load_config, new_app, note, reporting
from cosign.server import database_wiring, heads_wiring, operator_wiring
from cosign.server.heartbeat import check_integrity
from cosign.server.state_folder import StateFolder
from cosign.store import migrations

database = new_app("Create, upgrade, check and reconcile the database.")


@database.command("upgrade")
def upgrade() -> None:
    """Bring the schema to the version of this program."""
    with reporting():
        config = load_config()
        engine = database_wiring.open_database(config, check=False)
        migrations.upgrade(engine)
        heads_wiring.prepare_heads(config)
        engine.dispose()
    emit({"ok": True}, lambda: "ok")


@database.command("check")
def check() -> None:
    """Check schema, soundness and durability of the database, and that it holds the recorded audit heads."""
    with reporting():
        config = load_config()
        engine = database_wiring.open_database(config)
        try:
            check_integrity(engine)
            database_wiring.check_durable(config, engine)
            check_heads(engine, heads_wiring.audit_heads(config), operator_wiring.identity_public_key(config))
        finally:
            engine.dispose()
    emit({"ok": True}, lambda: "ok")


@database.command("restored")
def restored() -> None:
    """Declare that the database was restored: raises the restore epoch, so that every device must adopt (RS-2).

    Keys whose head share is not the recorded one stay frozen. Stop the server first, with several nodes all of them.
    """
    with reporting():
        config = load_config()
        with StateFolder(config.server.state_dir).locked(), operator_wiring.operator(config, check=False) as operator:
            database_wiring.require_no_nodes(operator.engine)
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


@database.command("reconcile")
def reconcile(
    repair: Annotated[bool, typer.Option(help="Repair what can only become safer.")] = False,
    accept_unknown: Annotated[
        bool, typer.Option(help="With --repair: enter keys that the head log never heard of, right after it was begun.")
    ] = False,
) -> None:
    """Compare audit heads, head log, keys and shares; remove what has run out of time.

    Prints one line per disagreement. Exit status 1 if one is left. `unsettled` and `not_revoked` are repaired on
    demand; `other_share` and `lost` mean that the database is older than the head log: declare it by `db restored`.
    """
    with reporting(), operator_wiring.operator(load_config()) as operator:
        findings = operator.units.reconcile(repairing=repair, accept_unknown=accept_unknown)
        swept = operator.units.sweep() if repair else None
        if repair:
            operator.checkpoints().make()
    left = [finding for finding in findings if not finding.repaired]
    removed = 0 if swept is None else swept.pending_keygens + swept.pending_shares + swept.inactive_keys
    emit(
        {
            "ok": not left,
            "findings": [
                {"key": one.key_id, "device": one.device_id, "what": one.what.value, "repaired": one.repaired}
                for one in findings
            ],
            "swept": removed,
        },
        lambda: "\n".join(
            [
                *(f"{one.what} {one.key_id} {one.device_id}{' repaired' if one.repaired else ''}" for one in findings),
                f"{len(left)} left, {len(findings) - len(left)} repaired, {removed} swept",
            ]
        ),
    )
    if left:
        raise typer.Exit(1)
