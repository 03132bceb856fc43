"""Rows of linked logins on both databases."""

from concurrent.futures import ThreadPoolExecutor

from cosign import ids
from cosign.linked_logins.faults import BindingExists, BindingTaken
from cosign.linked_logins.model import ExternalUser, Level, Provider, code_hash
from cosign.linked_logins.repository import sweep
from cosign.linked_logins.usecases.bindings import add_binding
from cosign.store.unit_of_work import writing
from tests.cosign.linked_logins.world import NUMBER, ZB, LinkedPhone, LinkedWorld


async def test_a_code_is_remembered(world: LinkedWorld) -> None:
    """R-ACC-12: used once, whoever comes first; forgotten when no provider would take it any more."""
    digest, until = code_hash("wechat", ZB, "code"), world.clock.now()

    def use() -> bool:
        with writing(world.engine) as connection:
            return world.linked_unit(connection).authorisations.use_code(digest, until)

    with ThreadPoolExecutor(4) as threads:
        assert sorted(one.result() for one in [threads.submit(use) for _ in range(4)]) == [False, False, False, True]
    with writing(world.engine) as connection:
        sweep(connection, until)
    assert use()


async def test_a_better_id_of_a_user_replaces_the_lesser_one(world: LinkedWorld) -> None:
    """R-ACC-12: a user bound by the id of an app is found by the one that all apps share, and by it alone later."""
    phone = await world.account(NUMBER)
    lesser = ExternalUser(provider=Provider.WECHAT, subjects=("app:1:open",), name="A")
    both = ExternalUser(provider=Provider.WECHAT, subjects=("union:u", "app:1:open"), name="B")
    union = ExternalUser(provider=Provider.WECHAT, subjects=("union:u", "app:2:other"))
    with writing(world.engine) as connection:
        unit = world.linked_unit(connection)
        made = add_binding(unit, account_id=phone.account_id, brand=ZB, user=lesser, clock=world.clock)
        assert unit.bindings.find(ZB, union) is None
        found = unit.bindings.find(ZB, both)
        assert found == made
        unit.bindings.refresh(found, both)
        assert unit.bindings.find(ZB, union) == made
        assert unit.bindings.name(made) == "B"


async def test_parallel_binds_leave_one_binding(world: LinkedWorld) -> None:
    """R-ACC-23: whatever the order, one user gets one account and one account one user."""
    phones = [await world.account(f"138{number:08d}") for number in (4321, 4322, 4323)]
    user = ExternalUser(provider=Provider.WECHAT, subjects=("user-g",), level=Level.NONE)

    def one(phone: LinkedPhone, who: ExternalUser) -> str:
        try:
            with writing(world.engine) as connection:
                unit = world.linked_unit(connection)
                return add_binding(unit, account_id=phone.account_id, brand=ZB, user=who, clock=world.clock).binding_id
        except (BindingTaken, BindingExists) as fault:
            return fault.reason

    others = [ExternalUser(provider=Provider.ALIPAY, subjects=(f"user-{number}",)) for number in range(3)]
    with ThreadPoolExecutor(6) as threads:
        same_user = [threads.submit(one, phone, user) for phone in phones]
        same_account = [threads.submit(one, phones[0], who) for who in others]
        taken = sorted(future.result()[:13] for future in same_user)
        full = sorted(future.result()[:13] for future in same_account)
    assert [text.startswith(ids.BINDING) for text in taken] == [False, False, True]
    assert taken[:2] == ["BINDING_TAKEN"] * 2
    assert full[:2] == ["BINDING_EXIST"] * 2
    assert sorted(provider for _, provider in world.bound()) == ["alipay", "wechat"]
