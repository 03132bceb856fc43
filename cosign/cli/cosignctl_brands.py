"""`cosignctl brand` and `cosignctl environment`."""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from cosign import ids, validation
from cosign.brands.document import as_table, differences, read_document
from cosign.brands.environments import Environment, encode_code
from cosign.brands.ports import PolicyVersion
from cosign.brands.presets import PRESETS
from cosign.brands.usecases.apply_policy import apply_policy, check_etag
from cosign.brands.usecases.environments import create_environment, disable_environment
from cosign.cli.cosignctl_output import emit, emit_rows, english, load_config, new_app, note, reporting
from cosign.errors import BrandUnknown, ResourceNotFound
from cosign.server import brands_wiring, operator_wiring
from cosign.server.operator_wiring import Operator
from cosign.store.unit_of_work import reading, writing

brand = new_app("Show and change the policies of brands.")
environment = new_app("Issue and disable codes of intranet environments.")

_PAGE = 200


@contextmanager
def _prepared() -> Iterator[Operator]:
    """An operator on a database where every configured brand has a policy."""
    with operator_wiring.operator(load_config()) as operator:
        brands_wiring.install(operator.config, operator.engine, operator.units.audit, operator.clock)
        yield operator


@brand.command("list")
def list_brands() -> None:
    """List brands with the version of their policy in force."""
    with reporting(), _prepared() as operator, reading(operator.engine) as connection:
        unit = brands_wiring.brand_unit(connection, operator.units.audit)
        found = [unit.policy(name) for name in unit.brands()]
    enabled = operator.config.brands.enabled
    rows = [_as_row(one, served=one.brand in enabled) for one in found if one is not None]
    emit_rows(rows, ("brand", "version", "preset", "served", "applied_at", "title"))


@brand.command("history")
def history(name: Annotated[str, typer.Argument(metavar="BRAND", help="The brand.")]) -> None:
    """List the versions of a brand's policy, newest first."""
    with reporting(), _prepared() as operator, reading(operator.engine) as connection:
        unit = brands_wiring.brand_unit(connection, operator.units.audit)
        found = unit.history(name, below=0, limit=_PAGE)
    rows = [_as_row(one, served=name in operator.config.brands.enabled) | {"actor": one.actor} for one in found]
    emit_rows(rows, ("brand", "version", "preset", "actor", "applied_at"))


@brand.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="BRAND", help="The brand.")],
    version: Annotated[int, typer.Option("--version", min=0, help="An earlier version; 0 is the one in force.")] = 0,
) -> None:
    """Print a policy as a JSON document that `brand apply` takes. Its `etag` guards against changes meanwhile."""
    with reporting(), _prepared() as operator, reading(operator.engine) as connection:
        unit = brands_wiring.brand_unit(connection, operator.units.audit)
        found = next(iter(unit.history(name, below=version + 1 if version else 0, limit=1)), None)
        if found is None:
            raise BrandUnknown(f"no policy of {name}")
        if version and found.version != version:
            raise ResourceNotFound(f"{name} has no version {version}")
    document = {"brand": found.brand, "preset": found.preset, "etag": found.etag, "policy": as_table(found.policy)}
    emit(document, lambda: json.dumps(document, ensure_ascii=False, indent=2))


@brand.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(help="Policy document, TOML or JSON.", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would change.")] = False,
) -> None:
    """Put a policy into force as the next version of its brand, and print what it changes.

    What the document does not say comes from its preset, not from the version before. Running servers take it up
    within five seconds.
    """
    with reporting(), operator_wiring.operator(load_config()) as operator:
        document = read_document(file.read_bytes())
        # Only this one: a brand of one's own may be enabled before it is applied for the first time.
        served = document.brand in operator.config.brands.enabled and document.brand in PRESETS
        only = [document.brand] if served and not dry_run else []
        brands_wiring.install(operator.config, operator.engine, operator.units.audit, operator.clock, only=only)
        with (reading if dry_run else writing)(operator.engine) as connection:
            unit = brands_wiring.brand_unit(connection, operator.units.audit)
            before = unit.policy(document.brand)
            if dry_run:
                check_etag(document, before)
                made = None
            else:
                made = apply_policy(unit, document=document, actor="operator", clock=operator.clock)
    base = before.policy if before is not None else PRESETS[document.preset]
    changes = differences(base, document.policy)
    version = made.version if made is not None else (before.version if before is not None else 0)
    result: dict[str, Any] = {
        "brand": document.brand,
        "version": version,
        "applied": made is not None,
        "changes": [{"path": path, "before": old, "after": new} for path, old, new in changes],
    }
    lines = [f"{path}: {old} -> {new}" for path, old, new in changes]
    emit(result, lambda: "\n".join([*lines, f"{document.brand} {version}"]))
    if made is None:
        note(
            ("nothing was applied" if english() else "未应用任何更改")
            if dry_run
            else ("this policy is in force already" if english() else "该策略已生效，无需更改")
        )
    elif document.brand not in operator.config.brands.enabled:
        note(
            f"{document.brand} is not served: name it in brands.enabled"
            if english()
            else f"{document.brand}尚未启用，请在brands.enabled中添加"
        )


@environment.command("create")
def create(
    name: Annotated[str, typer.Option(help="What the user sees, 1 to 64 characters.")],
    endpoint: Annotated[str, typer.Option(help="host:port of the intranet service.")],
    brand_name: Annotated[
        str, typer.Option("--brand", help="The brand; its policy must allow `login.environment_qr`.")
    ],
    days: Annotated[int, typer.Option(help="How long the code is good, 1 to 3650.", min=1, max=3650)] = 365,
) -> None:
    """Create an intranet environment and print the text of its QR code, signed by the identity key."""
    with reporting(), _prepared() as operator, writing(operator.engine) as connection:
        unit = brands_wiring.brand_unit(connection, operator.units.audit)
        found = unit.policy(brand_name)
        if found is None or brand_name not in operator.config.brands.enabled:
            raise BrandUnknown(f"{brand_name} is not served")
        made = create_environment(
            unit,
            brand=brand_name,
            name=name,
            endpoint=endpoint,
            lifetime=dt.timedelta(days=days),
            clock=operator.clock,
        )
        code = encode_code(made, operator.units.core.sign_statement)
    emit(_environment_row(made) | {"code": code}, lambda: code)
    if not found.policy.login.environment_qr:
        note(
            f"{brand_name} does not allow login.environment_qr: the code is refused until it does"
            if english()
            else f"{brand_name}未启用login.environment_qr，启用前该二维码无效"
        )


@environment.command("list")
def list_environments(
    brand_name: Annotated[str, typer.Option("--brand", help="The brand.")],
    codes: Annotated[bool, typer.Option("--codes", help="Print the codes too.")] = False,
) -> None:
    """List the environments of a brand, newest first."""
    found: list[Environment] = []
    with reporting(), operator_wiring.operator(load_config()) as operator, reading(operator.engine) as connection:
        unit, before = brands_wiring.brand_unit(connection, operator.units.audit), ""
        while True:
            page = unit.environments(brand=brand_name, before=before, limit=_PAGE)
            found += page.environments
            if not (before := page.cursor):
                break
        rows = [
            _environment_row(one) | ({"code": encode_code(one, operator.units.core.sign_statement)} if codes else {})
            for one in found
        ]
    columns = ("environment_id", "state", "expires_at", "endpoint", "name")
    emit_rows(rows, (*columns, "code") if codes else columns)


@environment.command("disable")
def disable(environment_id: Annotated[str, typer.Argument(help="The environment to turn off.")]) -> None:
    """Turn an environment off: its codes are refused from now on. Final."""
    with reporting(), operator_wiring.operator(load_config()) as operator:
        validation.identifier("environment_id", environment_id, ids.ENVIRONMENT)
        with writing(operator.engine) as connection:
            unit = brands_wiring.brand_unit(connection, operator.units.audit)
            disable_environment(unit, environment_id=environment_id, clock=operator.clock)
    result = {"environment_id": environment_id, "state": "disabled"}
    emit(result, lambda: f"{environment_id} disabled")


def _as_row(found: PolicyVersion, *, served: bool) -> dict[str, object]:
    title = found.policy.title
    return {
        "brand": found.brand,
        "version": found.version,
        "preset": found.preset,
        "served": "yes" if served else "no",
        "applied_at": found.applied_at.isoformat(timespec="seconds"),
        "title": title.en if english() else title.zh,
    }


def _environment_row(found: Environment) -> dict[str, object]:
    return {
        "environment_id": found.environment_id,
        "brand": found.brand,
        "state": "active" if found.disabled_at is None else "disabled",
        "expires_at": found.expires_at.isoformat(timespec="seconds"),
        "endpoint": found.endpoint,
        "name": found.name,
    }
