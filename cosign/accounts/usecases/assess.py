"""Risk of a login, between its proof and its session (R-ACC-29)."""

from typing import Final

from cosign.accounts.faults import LoginRisk
from cosign.accounts.model import Account, LoginMethodUsed, network_of
from cosign.accounts.ports import AccountUnit
from cosign.accounts.risk import PROVES_NUMBER, LoginFacts, answer_of, strictest
from cosign.brands import RiskAnswer
from cosign.clock import Clock

_LATEST: Final = 20
"""Logins that this one is compared with."""


def assess(
    unit: AccountUnit, *, account: Account, public_key: bytes, address: str, method: LoginMethodUsed, clock: Clock
) -> RiskAnswer:
    """What is to become of a login with this device key from this address.

    CODE is never the answer to a login that proved the number.
    """
    policy = unit.policy(account.brand).risk
    if policy.allows_all and not unit.judges:
        return RiskAnswer.ALLOW
    device = unit.devices.device_by_key(public_key)
    latest = unit.sessions.logins(account.account_id, before="", limit=_LATEST)
    good = [place for place, entry in enumerate(latest) if entry.result == "ok"]
    facts = LoginFacts(
        account_id=account.account_id,
        brand=account.brand,
        method=method,
        time=clock.now(),
        device_known=device is not None and device.user_id == account.account_id,
        network_known=any(latest[place].network == network_of(address) for place in good),
        failures=good[0] if good else len(latest),
    )
    answer = strictest([answer_of(policy, facts), *(judge.judge(facts) for judge in unit.judges)])
    return RiskAnswer.ALLOW if answer is RiskAnswer.CODE and method in PROVES_NUMBER else answer


def refuse_unusual(answer: RiskAnswer) -> None:
    """For a login that has no further step.

    Raises:
        LoginRisk: Refused; metadata `answer` is `code` when a login by SMS would do.
    """
    if answer is not RiskAnswer.ALLOW:
        raise LoginRisk(f"the login looks unusual: {answer.value}", metadata={"answer": answer.value})
