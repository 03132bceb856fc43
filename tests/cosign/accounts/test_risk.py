"""Logins that look unusual: the brand's answers and hooks of risk engines (R-ACC-29)."""

import dataclasses
import datetime as dt
import itertools

import pytest

from cosign.accounts.faults import LoginFailed, LoginRisk
from cosign.accounts.model import LoginMethodUsed
from cosign.accounts.risk import LoginFacts, answer_of, strictest
from cosign.api.v1 import code_pb2
from cosign.api.v1 import login_pb2 as pb
from cosign.brands import RiskAnswer
from cosign.brands.login_model import RiskPolicy
from cosign.brands.presets import PRESETS
from tests.cosign.accounts.world import BRAND, NUMBER, PASSWORD, Context, TestPhone, World

ELSEWHERE = "198.51.100.7"


def answers(world: World, **risk: RiskAnswer) -> None:
    """Sets the brand's answers."""
    world.brands.change(BRAND, "risk", **risk)


class Judge:
    """A risk engine that gives one answer and remembers what it was asked."""

    def __init__(self, answer: RiskAnswer) -> None:
        self.answer = answer
        self.asked: list[LoginFacts] = []

    def judge(self, facts: LoginFacts) -> RiskAnswer:
        self.asked.append(facts)
        return self.answer


def facts(*, device: bool = True, network: bool = True, failures: int = 0) -> LoginFacts:
    return LoginFacts(
        account_id="acc_1",
        brand=BRAND,
        method=LoginMethodUsed.PASSWORD,
        time=dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        device_known=device,
        network_known=network,
        failures=failures,
    )


def test_no_preset_looks_at_logins() -> None:
    assert all(policy.risk.allows_all for policy in PRESETS.values())


@pytest.mark.parametrize(("first", "second"), list(itertools.product(RiskAnswer, repeat=2)))
def test_the_strictest_answer_counts(first: RiskAnswer, second: RiskAnswer) -> None:
    order = list(RiskAnswer)
    assert strictest([first, second]) is order[max(order.index(first), order.index(second))]


def test_every_sign_has_its_answer() -> None:
    policy = RiskPolicy(new_device=RiskAnswer.CODE, new_network=RiskAnswer.REFUSE, failures=RiskAnswer.CODE)
    assert answer_of(policy, facts()) is RiskAnswer.ALLOW
    assert answer_of(policy, facts(device=False)) is RiskAnswer.CODE
    assert answer_of(policy, facts(device=False, network=False)) is RiskAnswer.REFUSE
    assert answer_of(policy, facts(failures=2)) is RiskAnswer.ALLOW
    assert answer_of(policy, facts(failures=3)) is RiskAnswer.CODE


async def test_a_password_on_a_new_phone_needs_a_code(world: World) -> None:
    owner = await world.account(password=PASSWORD)
    answers(world, new_device=RiskAnswer.CODE)
    assert (await owner.login_password()).session.access_token

    thief = world.phone()
    half = (await thief.login_password()).half
    assert half.step == pb.SECOND_STEP_CODE
    ticket = await world.ticket(code_pb2.CODE_PURPOSE_LOGIN)
    request = pb.EnterCodeRequest(ticket=half.ticket, code_ticket=ticket, device=thief.device("EnterCode", half.ticket))
    assert (await world.logins.EnterCode(request, Context())).session.access_token
    assert (await thief.login_password()).session.access_token, "known now"


async def test_another_network_and_failures_are_seen(world: World) -> None:
    phone = await world.account(password=PASSWORD)
    answers(world, new_network=RiskAnswer.REFUSE)
    assert (await phone.login_password()).session.access_token
    phone.address = ELSEWHERE
    with pytest.raises(LoginRisk) as refused:
        await phone.login_password()
    assert refused.value.metadata == {"answer": "refuse"}

    answers(world, new_network=RiskAnswer.ALLOW, failures=RiskAnswer.CODE)
    for _ in range(3):
        world.clock.forward(seconds=1)
        with pytest.raises(LoginFailed):
            await phone.login_password("wrong" + PASSWORD)
    world.clock.forward(seconds=1)
    assert (await phone.login_password()).half.step == pb.SECOND_STEP_CODE


async def test_a_code_is_asked_of_nobody_who_has_just_given_one(world: World) -> None:
    phone = await world.account(password=PASSWORD)
    answers(world, new_device=RiskAnswer.CODE, new_network=RiskAnswer.CODE)
    other = world.phone()
    other.address = ELSEWHERE
    await other.login_sms(NUMBER)
    assert other.session.account_id == phone.account_id


async def test_a_judge_sees_the_facts_and_can_refuse_any_login(world: World) -> None:
    phone = await world.account(password=PASSWORD)
    judge = Judge(RiskAnswer.ALLOW)
    world.neighbours = dataclasses.replace(world.neighbours, judges=[judge])
    await phone.login_password()
    (first,) = judge.asked
    assert (first.account_id, first.brand, first.method) == (phone.account_id, BRAND, LoginMethodUsed.PASSWORD)
    assert (first.device_known, first.network_known, first.failures) == (True, True, 0)

    judge.answer = RiskAnswer.REFUSE
    for login in (phone.login_password(), phone.login_sms(NUMBER)):
        with pytest.raises(LoginRisk):
            await login


async def test_new_accounts_are_not_compared_with_anything(world: World) -> None:
    answers(world, new_device=RiskAnswer.REFUSE, new_network=RiskAnswer.REFUSE)
    phone: TestPhone = await world.account()
    assert phone.session.access_token
