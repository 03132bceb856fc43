"""`cosignctl audit`: verify, export and sign the audit trail."""

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from cosign.audit.export import export as export_rows
from cosign.audit.model import AuditEvent
from cosign.audit.verification import AuditReport, verify
from cosign.cli.cosignctl_output import emit, english, load_config, new_app, note, reporting
from cosign.server import database_wiring, heads_wiring, operator_wiring
from cosign.store.unit_of_work import reading, writing

audit = new_app("Verify, export and sign the audit trail.")

_PROGRESS_ROWS: Final = 10_000


@audit.command("verify")
def verify_trail(
    identity: Annotated[
        str, typer.Option(help="Identity public key of the core, 66 hex digits; default: the state folder's.")
    ] = "",
) -> None:
    """Recompute every chain and check every signed head. Works without the server and without any secret.

    Prints counts on stdout. Exit status: 0 all verifies, 1 not, 2 wrong usage.
    """
    with reporting():
        config = load_config()
        engine = database_wiring.open_database(config)
        public_key = operator_wiring.identity_public_key(config) if not identity else _point(identity)
        with reading(engine) as connection:
            report = verify(connection, public_key, heads_wiring.audit_heads(config).read())
        engine.dispose()
    emit(_as_json(report), lambda: _as_text(report))
    if report.findings:
        raise typer.Exit(1)


@audit.command("export")
def export_trail(
    segment: Annotated[str, typer.Option(help="Only this segment.")] = "",
    out: Annotated[Path | None, typer.Option(help="File to write; default: stdout.")] = None,
) -> None:
    """Write rows and signed heads as JSON lines; bytes are hexadecimal."""
    with reporting():
        engine = database_wiring.open_database(load_config())
        count = 0
        with reading(engine) as connection:
            target = sys.stdout if out is None else out.open("x", encoding="utf-8")
            try:
                for count, document in enumerate(export_rows(connection, segment), start=1):
                    target.write(json.dumps(document, ensure_ascii=False) + "\n")
                    if count % _PROGRESS_ROWS == 0 and sys.stderr.isatty():
                        print(f"\r{count}", end="", file=sys.stderr)
            finally:
                if out is not None:
                    target.close()
        engine.dispose()
    if out is not None:
        note(f"{count} lines" if english() else f"已导出 {count} 行")


@audit.command("checkpoint")
def sign_checkpoint(
    accept_missing_heads: Annotated[
        bool,
        typer.Option(
            "--accept-missing-heads",
            help="The file of heads is lost: start a new one from the database as it is. Goes to the audit trail.",
        ),
    ] = False,
) -> None:
    """Sign the present head of every segment with the identity key of the core."""
    with reporting():
        config = load_config()
        lost = accept_missing_heads and not heads_wiring.audit_heads(config).exists()
        with operator_wiring.operator(config, check=not lost) as operator:
            if lost:
                with writing(operator.engine) as connection:
                    operator.record(connection, AuditEvent.HEADS_ACCEPTED)
                made = operator.checkpoints().renew_file()
            else:
                made = operator.checkpoints().make()
    emit(
        {"heads": [{"segment": head.segment, "seq": head.seq} for head in made]},
        lambda: "\n".join(f"{head.segment} {head.seq}" for head in made) or ("nothing new" if english() else "无新增"),
    )


def _point(text: str) -> bytes:
    try:
        point = bytes.fromhex(text)
    except ValueError:
        point = b""
    if len(point) != 33:
        raise typer.BadParameter("must be 66 hexadecimal digits", param_hint="--identity")
    return point


def _as_json(report: AuditReport) -> dict[str, object]:
    return {
        "ok": not report.findings,
        "rows": report.rows,
        "segments": report.segments,
        "heads": report.heads,
        "findings": [
            {"segment": finding.segment, "seq": finding.seq, "problem": finding.problem} for finding in report.findings
        ],
    }


def _as_text(report: AuditReport) -> str:
    if english():
        lines = [f"{report.rows} rows in {report.segments} segments, {report.heads} signed heads"]
        lines += [f"BAD {bad.segment} row {bad.seq}: {bad.problem}" for bad in report.findings]
        lines.append("audit trail does not verify" if report.findings else "audit trail verifies")
    else:
        lines = [f"{report.segments} 个分段，{report.rows} 行，{report.heads} 个签名检查点"]
        lines += [f"异常 {bad.segment} 第 {bad.seq} 行：{bad.problem}" for bad in report.findings]
        lines.append("审计链校验失败" if report.findings else "审计链校验通过")
    return "\n".join(lines)
