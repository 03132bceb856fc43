"""`cosign-staff`: what staff do at the staff listener, on the command line; built on `cosign.client.staff`.

    cosign-staff COMMAND [--home FOLDER] [--json] [--lang en|zh]

    enrol | login | logout | whoami | logins     the own account
    password | recovery-codes
    lookup find | show | devices | logins | operations | unmask | unmaskings | unlock | freeze | release
    members list | show | invite | roles | disable | unlock | reset | sessions | certificate | demand-password
    content draft | edit | publish | withdraw | list | show
    proposals list | approve | reject | withdraw
    review list | show | claim | release | reassign | approve | return | refuse | unmask | file
    review reasons list | add | change | delete

Exit status: 0 done, 1 refused or failed, 2 wrong usage. Passwords come from COSIGN_PASSWORD or a hidden prompt, codes
and invitations from COSIGN_STAFF_CODE and COSIGN_STAFF_INVITATION or a prompt, never from the command line.
"""

import os

import typer

from cosign.cli import cosign_staff_content as content
from cosign.cli import cosign_staff_lookup as lookup
from cosign.cli import cosign_staff_members as members
from cosign.cli import cosign_staff_proposals as proposals
from cosign.cli import cosign_staff_reviews as reviews
from cosign.cli import cosign_staff_session as session
from cosign.process import harden

app = typer.Typer(
    name="cosign-staff",
    help="Work of staff: look-up, staff accounts, proposals, reviews.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(session.enrol)
app.command()(session.login)
app.command()(session.logout)
app.command()(session.whoami)
app.command()(session.logins)
app.command()(session.password)
app.command()(session.recovery_codes)
app.add_typer(lookup.lookup, name="lookup")
app.add_typer(content.content, name="content")
app.add_typer(members.members, name="members")
app.add_typer(proposals.proposals, name="proposals")
app.add_typer(reviews.review, name="review")


def main() -> None:
    """Entry point of the `cosign-staff` program."""
    harden()
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    app()


if __name__ == "__main__":
    main()
