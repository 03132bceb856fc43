"""`cosignctl identity link`: links for persons without an account, until an area of its own issues them."""

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Final

import typer

from cosign import ids, validation
from cosign.accounts.model import normal_number
from cosign.brands import DocumentType
from cosign.cli.cosignctl_output import emit, load_config, new_app, reporting
from cosign.errors import FieldInvalid
from cosign.identity import PersonData, issue_link, link_proof, withdraw_link
from cosign.server import operator_wiring
from cosign.server.identity_wiring import link_tokens, operator_identity
from cosign.store.unit_of_work import reading, writing

identity = new_app("Links for persons without an account.")
link = new_app("Issue, look up and withdraw links.")
identity.add_typer(link, name="link")

_ISSUER: Final = "operator"

ClaimArgument = Annotated[str, typer.Argument(help="What the proof is for, 1 to 64 characters.")]


@identity.callback()
def identity_group() -> None:
    """Links for persons without an account."""


@link.callback()
def link_group() -> None:
    """Issue, look up and withdraw links."""


@link.command("issue")
def issue(
    claim: ClaimArgument,
    brand: Annotated[str, typer.Option(help="The app's brand.")],
    person: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="JSON file: name, document_number, phone_number, …")
    ],
    days: Annotated[int, typer.Option(help="How long the link is good.", min=1, max=30)] = 3,
) -> None:
    """Make a link; an open one for the same claim ends. The token is shown once."""
    with reporting(), operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
        made, token = issue_link(
            operator_identity(operator)(connection),
            brand=brand,
            claim_ref=claim,
            issued_by=_ISSUER,
            expected=_person(person),
            tokens=link_tokens(operator.units),
            clock=operator.units.clock,
            lifetime=dt.timedelta(days=days),
        )
    row = {"link_id": made.link_id, "token": token, "expires_at": made.expires_at.isoformat(timespec="seconds")}
    emit(row, lambda: token)


@link.command("proof")
def proof(claim: ClaimArgument) -> None:
    """Show whether somebody proved himself for a claim."""
    with reporting(), operator_wiring.operator(load_config()) as operator, reading(operator.engine) as connection:
        found = link_proof(operator_identity(operator)(connection), claim)
    row = {
        "proved": found is not None,
        "link_id": found.link_id if found is not None else "",
        "level": found.level.value if found is not None else "",
        "evidence": found.evidence if found is not None else "",
        "proved_at": found.proved_at.isoformat(timespec="seconds") if found is not None else "",
    }
    emit(row, lambda: f"{row['link_id']}  {row['level']}  {row['proved_at']}" if found is not None else "no proof")


@link.command("withdraw")
def withdraw(link_id: Annotated[str, typer.Argument(help="`idl_` and a ULID.")]) -> None:
    """End an open link."""
    with reporting(), operator_wiring.operator(load_config()) as operator, writing(operator.engine) as connection:
        validation.identifier("link_id", link_id, ids.LINK)
        withdraw_link(operator_identity(operator)(connection), link_id, clock=operator.units.clock)
    emit({"link_id": link_id, "state": "withdrawn"}, lambda: f"{link_id}  withdrawn")


def _person(path: Path) -> PersonData:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return PersonData(
            name=str(values.get("name", "")),
            document_type=DocumentType(values.get("document_type", DocumentType.RESIDENT_ID)),
            document_number=str(values.get("document_number", "")),
            document_country=str(values.get("document_country", "")),
            phone_number=normal_number("phone_number", str(values.get("phone_number", ""))),
        )
    except (ValueError, AttributeError, TypeError):
        raise FieldInvalid("person", "must be a file with one JSON object") from None
