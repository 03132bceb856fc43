"""`cosignctl data`: keys of personal data, export and erasure of an account, retention."""

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from cosign import ids, validation
from cosign.cli.cosignctl_output import confirm, emit, emit_rows, english, load_config, new_app, note, reporting
from cosign.personal.archive import read_archive
from cosign.personal.data_keys import SPREAD_MS, KeyKind
from cosign.personal.erasure import ErasureReason
from cosign.personal.readers import UNMASK, Purpose, Reader
from cosign.personal.resealing import Progress
from cosign.server import operator_wiring
from cosign.server.database_wiring import require_no_nodes
from cosign.server.personal_wiring import build_personal, build_retention, operator_brands
from cosign.server.state_folder import StateFolder
from cosign.server.uploads_wiring import open_store
from cosign.store.unit_of_work import writing
from cosign.uploads.upkeep import Upkeep

data = new_app("Personal data: keys, export, erasure, retention.")

_OPERATOR: Final = Reader("operator", (UNMASK,))
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="`acc_` and a ULID.")]


@data.command("status")
def status() -> None:
    """Show the versions of data keys and index keys, and whether one is being replaced. No secrets."""
    with reporting(), operator_wiring.operator(load_config()) as operator:
        states = build_personal(operator.units).keys.states()
        now_ms = operator.clock.now_ms()
    emit_rows(
        [
            {
                "kind": one.kind.value,
                "version": one.version,
                "created": _time(one.created_ms),
                "in_force": one.in_force_ms <= now_ms,
            }
            for one in states
        ],
        ("kind", "version", "created", "in_force"),
    )


@data.command("rotate")
def rotate(
    kind: Annotated[KeyKind, typer.Argument(help="Which key to replace.")],
    now: Annotated[bool, typer.Option("--now", help="In force at once; only while no server runs.")] = False,
) -> None:
    """Make a new data key or index key. Servers seal all rows anew in the background, or `data reseal` does at once.

    It comes into force five minutes later, when every node knows it.
    """
    with reporting():
        config = load_config()
        with operator_wiring.operator(config) as operator:
            side = build_personal(operator.units)
            if now:
                require_no_nodes(operator.engine)
                with StateFolder(config.server.state_dir).locked():
                    made = side.resealing.rotate(kind, spread_ms=0)
            else:
                made = side.resealing.rotate(kind, spread_ms=SPREAD_MS)
    emit(
        {"kind": made.kind.value, "version": made.version, "in_force": _time(made.in_force_ms)},
        lambda: f"{made.kind} key {made.version}, in force from {_time(made.in_force_ms)}",
    )


@data.command("reseal")
def reseal(
    no_grace: Annotated[
        bool, typer.Option("--no-grace", help="Remove old keys at once; messages and codes on their way are lost.")
    ] = False,
) -> None:
    """Seal and index every row and upload under the newest keys, and remove the old ones. Servers may run.

    May be interrupted and run again.
    """
    with reporting():
        config = load_config()
        with operator_wiring.operator(config) as operator:
            units = operator.units
            side = build_personal(units)
            upkeep = Upkeep(
                engine=units.engine, store=open_store(config, units.clock), keys=side.keys, clock=units.clock
            )
            uploads = upkeep.reseal()
            changed = 0
            while (report := side.resealing.run(_told, grace=not no_grace)).changed:
                changed += report.changed
    if sys.stderr.isatty():
        print(file=sys.stderr)
    retired = [f"{kind} {version}" for kind, version in report.retired]
    emit(
        {"rows": changed, "uploads": uploads, "retired": retired, "waiting": report.waiting},
        lambda: f"rows {changed}\nuploads {uploads}\nretired {', '.join(retired) or '-'}",
    )
    if report.waiting:
        note(report.waiting)


@data.command("export")
def export(
    account_id: Account,
    out: Annotated[Path, typer.Option(help="File to write; must not exist. Readable by you alone.")],
) -> None:
    """Write everything the service holds about an account, unmasked, as JSON. Recorded in the audit trail."""
    with reporting():
        validation.identifier("account", account_id, ids.ACCOUNT)
        with operator_wiring.operator(load_config()) as operator:
            side = build_personal(operator.units)
            with writing(operator.engine) as connection:
                document = side.file.export(connection, _OPERATOR, account_id)
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=2)
            file.write("\n")
    emit({"account_id": account_id, "file": str(out)}, lambda: f"{out}")


@data.command("erase")
def erase(
    account_id: Account,
    brand: Annotated[str, typer.Option(help="Brand of the account; its policy says how long evidence is kept.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase an account for good; what the law wants kept goes to the sealed archive. Prints the erasure report."""
    confirm(f"erase all data of {account_id}?" if english() else f"删除 {account_id} 的全部数据？", given=yes)
    with reporting():
        validation.identifier("account", account_id, ids.ACCOUNT)
        config = load_config()
        with operator_wiring.operator(config) as operator:
            years = operator_brands(config, operator.units).policy(brand).retention.evidence_years
            side = build_personal(operator.units)
            with writing(operator.engine) as connection:
                report = side.file.erase(
                    connection,
                    account_id,
                    reason=ErasureReason.REQUESTED,
                    actor="operator",
                    evidence_years=years,
                )
            operator.checkpoints().make()
    areas = "\n".join(f"{name} erased {one.erased} archived {one.archived}" for name, one in report.areas.items())
    emit(report.as_json(), lambda: f"{report.erasure_id}\n{areas}\nkept until {report.keep_until:%Y-%m-%d}")


@data.command("archive")
def archive(
    account_id: Account,
    purpose: Annotated[Purpose, typer.Option(help="Why; recorded in the audit trail.")],
) -> None:
    """Print what is kept of an erased account, one JSON object per line. Recorded in the audit trail."""
    with reporting():
        validation.identifier("account", account_id, ids.ACCOUNT)
        with operator_wiring.operator(load_config()) as operator:
            side = build_personal(operator.units)
            with writing(operator.engine) as connection:
                records = read_archive(connection, side.access, _OPERATOR, purpose, account_id)
    for record in records:
        print(json.dumps(record, ensure_ascii=False))


@data.command("retention")
def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Erase now what is over; servers do so every hour.")] = False,
) -> None:
    """Show how long each brand keeps what."""
    with reporting(), operator_wiring.operator(load_config()) as operator:
        side = build_personal(operator.units)
        brands = operator_brands(operator.config, operator.units)
        rules = build_retention(operator.units, side, brands=brands)
        lines = rules.table()
        erased = rules.sweep() if apply else {}
    emit_rows(
        [{"brand": one.brand, "area": one.area, "subject": one.subject, "days": one.days} for one in lines],
        ("brand", "area", "subject", "days"),
    )
    for subject, count in sorted(erased.items()):
        note(f"{subject}: {count}")


def _told(progress: Progress) -> None:
    if sys.stderr.isatty():
        print(f"\r{progress.column} {progress.looked_at}", end="", file=sys.stderr, flush=True)


def _time(moment_ms: int) -> str:
    return dt.datetime.fromtimestamp(moment_ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
