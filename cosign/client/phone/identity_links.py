"""Proof of identity through a link, without an account.

links = IdentityLinks(connection)
links.send_code(token)
continuation = links.prove(token, code)
link = links.begin(continuation, links.open(token).methods[0])
open_in_browser(link.session["url"])
link = links.wait(continuation)
"""

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cosign.api.v1 import identity_link_pb2 as pb
from cosign.client.phone.account_channel import AccountConnection
from cosign.client.phone.identity import PAUSE_SECONDS

_STATE: Final = "IDENTITY_LINK_STATE_"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link as its person sees it."""

    link_id: str
    brand: str
    state: str
    """A state of the API in lower case, for example `proved`."""
    name_masked: str
    document_number_masked: str
    phone_number_masked: str
    reason: str
    """Why the last check failed, for example `IDV_MISMATCH`, or empty."""
    checks_left: int
    methods: tuple[str, ...]
    expires_at: dt.datetime
    session: Mapping[str, str] = field(default_factory=dict)
    """What leads to the provider, while a check is pending."""


class IdentityLinks:
    """Calls without a session. Each raises Rejected, Unreachable."""

    def __init__(self, connection: AccountConnection) -> None:
        self._connection = connection

    def open(self, token: str) -> LinkView:
        """What the link is for."""
        return _view(self._call("OpenLink", pb.OpenLinkRequest(token=token)).link, {})

    def send_code(self, token: str, *, captcha_id: str = "", captcha_answer: str = "") -> None:
        """Sends a code to the number of the person."""
        self._call(
            "SendLinkCode",
            pb.SendLinkCodeRequest(token=token, captcha_id=captcha_id, captcha_answer=captcha_answer),
        )

    def prove(self, token: str, code: str) -> str:
        """Proves the number; returns the continuation, a secret for the calls that follow."""
        answer = self._call("ProveLinkNumber", pb.ProveLinkNumberRequest(token=token, code=code))
        return str(answer.continuation)

    def begin(self, continuation: str, method: str, *, return_url: str = "") -> LinkView:
        """Begins the face check."""
        request = pb.BeginLinkCheckRequest(continuation=continuation, method=method, return_url=return_url)
        answer = self._call("BeginLinkCheck", request)
        return _view(answer.link, answer.session)

    def get(self, continuation: str) -> LinkView:
        """How the link stands; the server asks the provider."""
        answer = self._call("GetLink", pb.GetLinkRequest(continuation=continuation))
        return _view(answer.link, answer.session)

    def wait(self, continuation: str, *, seconds: float = 60.0) -> LinkView:
        """Asks again and again until the check is decided, or the time is over."""
        end = time.monotonic() + seconds
        found = self.get(continuation)
        while found.state == "checking" and time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
            found = self.get(continuation)
        return found

    def _call(self, method: str, request: Any) -> Any:
        return self._connection.call("IdentityLinkService", method, request)


def _view(link: pb.IdentityLink, session: Mapping[str, str]) -> LinkView:
    return LinkView(
        link_id=link.link_id,
        brand=link.brand,
        state=str(pb.IdentityLinkState.Name(link.state)).removeprefix(_STATE).lower(),
        name_masked=link.name_masked,
        document_number_masked=link.document_number_masked,
        phone_number_masked=link.phone_number_masked,
        reason=link.reason,
        checks_left=link.checks_left,
        methods=tuple(link.methods),
        expires_at=link.expires_at.ToDatetime(tzinfo=dt.UTC),
        session=dict(session),
    )
