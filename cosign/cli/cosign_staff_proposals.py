"""`cosign-staff proposals`: what waits for a second person."""

from typing import Annotated

import typer

from cosign.cli.cosign_staff_options import HomeOption, JsonOption, LanguageOption, LimitOption, group, make_desk

proposals = group("Decide what somebody else proposed.")

ProposalArgument = Annotated[str, typer.Argument(help="`prp_` and a ULID.")]


@proposals.command("list")
def list_proposals(
    home: HomeOption,
    everything: Annotated[bool, typer.Option("--all", help="Also decided ones.")] = False,
    limit: LimitOption = 50,
    machine: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List proposals, newest first."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show_rows(
            "proposals",
            client.proposals.all(open_only=not everything),
            ("proposal_id", "kind", "state", "description", "reason"),
            limit=limit,
        )


@proposals.command("approve")
def approve(
    proposal_id: ProposalArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Approve a proposal of somebody else; it is done then."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.proposals.approve(proposal_id))


@proposals.command("reject")
def reject(
    proposal_id: ProposalArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Refuse a proposal of somebody else."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.proposals.reject(proposal_id))


@proposals.command("withdraw")
def withdraw(
    proposal_id: ProposalArgument, home: HomeOption, machine: JsonOption = False, language: LanguageOption = None
) -> None:
    """Take an own proposal back."""
    desk = make_desk(home, machine, language)
    with desk.client() as client:
        desk.show(client.proposals.withdraw(proposal_id))
