"""How a proved login looks beside the earlier ones of its account (R-ACC-29).

The answer comes from the brand's policy and from judges, and the strictest counts. A judge is code of whoever embeds or
extends the service; it runs inside the login's transaction and asks nobody outside.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from cosign.accounts.model import LoginMethodUsed
from cosign.brands import RiskAnswer
from cosign.brands.login_model import RiskPolicy

PROVES_NUMBER: Final = frozenset(
    {LoginMethodUsed.REGISTER, LoginMethodUsed.SMS, LoginMethodUsed.SMS_PASSWORD, LoginMethodUsed.ONE_TAP}
)
"""Logins that need no further code."""
_STRICTNESS: Final = tuple(RiskAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFacts:
    """What is known about a login whose proof was right."""

    account_id: str
    brand: str
    method: LoginMethodUsed
    time: dt.datetime
    device_known: bool
    """Whether the device key belongs to the account already."""
    network_known: bool
    """Whether one of the latest logins came from the same network."""
    failures: int
    """Failed logins since the last one that succeeded."""


class LoginJudge(Protocol):
    """A hook of a risk engine."""

    def judge(self, facts: LoginFacts) -> RiskAnswer:
        """Must not block; a fault of it refuses the login."""
        ...


def answer_of(policy: RiskPolicy, facts: LoginFacts) -> RiskAnswer:
    """What the brand answers."""
    signs = (
        (not facts.device_known, policy.new_device),
        (not facts.network_known, policy.new_network),
        (facts.failures >= policy.failures_from, policy.failures),
    )
    return strictest(answer for seen, answer in signs if seen)


def strictest(answers: Iterable[RiskAnswer]) -> RiskAnswer:
    """ALLOW when there are none."""
    return max(answers, key=_STRICTNESS.index, default=RiskAnswer.ALLOW)
