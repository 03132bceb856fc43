"""Messages in the database: what notify writes, what settle ends, what is kept and erased."""

import datetime as dt

import pytest
from sqlalchemy import ColumnElement, func, select

from cosign.audit.operation_log import OperationKind, record_operation
from cosign.audit.operation_log_personal import expire as expire_operations
from cosign.audit.operation_log_unit import OperationFilter
from cosign.audit.tables import audit_row
from cosign.messages import MessageKind, TargetKind, notify, settle
from cosign.messages.model import Category, MessageState
from cosign.messages.personal import expire
from cosign.messages.ports import MessageFilter
from cosign.messages.repository import erase
from cosign.store.outbox import claim
from cosign.store.unit_of_work import reading, writing
from tests.cosign.messages.conftest import ME, OTHER, PHONE, World

SECRET = "Zhang phone"


def state(world: World, message_id: str, account: str = ME) -> tuple[MessageState, str]:
    with reading(world.engine) as connection:
        message = world.unit(connection).message(account, message_id)
    assert message is not None
    return message.state, message.outcome


def test_a_message_and_its_notice_are_written_together(world: World) -> None:
    """R-MSG-01, R-MSG-02, R-MSG-05: inbox row with its target, and one outbox row for the first channel."""
    told = world.tell(device=SECRET)
    with reading(world.engine) as connection:
        found = world.unit(connection).message(ME, told.message_id)
        inbox = world.unit(connection).inbox(ME)
    assert found == told
    assert (told.target_kind, told.target_id) == (TargetKind.DEVICE, PHONE)
    assert (inbox.revision, inbox.unread) == (1, {Category.SECURITY: 1})
    with writing(world.engine) as connection:
        (row,) = claim(connection, "push", now_ms=world.clock.now_ms(), lease_ms=1, count=10)
        assert claim(connection, "sms", now_ms=world.clock.now_ms(), lease_ms=1, count=10) == []
    assert row.key == f"{told.message_id}/push"
    assert SECRET.encode() not in row.payload


def test_nothing_is_told_when_the_transaction_fails(world: World) -> None:
    with pytest.raises(ValueError, match="takes the arguments"), writing(world.engine) as connection:
        notify(world.unit(connection), account_id=ME, kind=MessageKind.NEW_DEVICE, args={})
    with reading(world.engine) as connection:
        assert world.unit(connection).inbox(ME).revision == 0


@pytest.mark.parametrize("args", [{"device": "a"}, {"device": "a", "time": "b", "more": "c"},
                                  {"device": "a" * 201, "time": "b"}])  # fmt: skip
def test_wrong_arguments_are_an_error_of_the_caller(world: World, args: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="new_device"), writing(world.engine) as connection:
        notify(world.unit(connection), account_id=ME, kind=MessageKind.NEW_DEVICE, args=args)


def test_arguments_are_sealed(world: World) -> None:
    world.tell(device=SECRET)
    with world.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT args_sealed FROM message").scalars().all()
    assert len(rows) == 1
    assert SECRET.encode() not in bytes(rows[0])


def test_the_decision_shows_in_every_open_message_about_it(world: World) -> None:
    """R-MSG-03: ACTED for who decided, OUTDATED for all others; what is decided stays as it is."""
    mine, theirs, elsewhere = world.tell(), world.tell(account=OTHER), world.tell(target="dev_other")
    with writing(world.engine) as connection:
        unit = world.unit(connection)
        assert settle(unit, target_kind=TargetKind.DEVICE, target_id=PHONE, acted_by=ME, outcome="unbound") == 2
    assert state(world, mine.message_id) == (MessageState.ACTED, "unbound")
    assert state(world, theirs.message_id, OTHER) == (MessageState.OUTDATED, "unbound")
    assert state(world, elsewhere.message_id) == (MessageState.UNREAD, "")
    with writing(world.engine) as connection:
        unit = world.unit(connection)
        assert settle(unit, target_kind=TargetKind.DEVICE, target_id=PHONE, acted_by=OTHER, outcome="again") == 0
        unit.mark_read(ME, mine.message_id)
    assert state(world, mine.message_id) == (MessageState.ACTED, "unbound")
    with reading(world.engine) as connection:
        inbox = world.unit(connection).inbox(ME)
    assert inbox.unread == {Category.SECURITY: 1}


def test_a_decision_about_another_kind_of_thing_changes_nothing(world: World) -> None:
    told = world.tell()
    with writing(world.engine) as connection:
        unit = world.unit(connection)
        assert settle(unit, target_kind=TargetKind.ORDER, target_id=PHONE, acted_by=ME, outcome="paid") == 0
        assert settle(unit, target_kind=TargetKind.DEVICE, target_id="", acted_by=ME, outcome="paid") == 0
        with pytest.raises(ValueError, match="short word"):
            settle(unit, target_kind=TargetKind.DEVICE, target_id=PHONE, acted_by=ME, outcome="")
    assert state(world, told.message_id) == (MessageState.UNREAD, "")


def test_messages_end_with_their_account(world: World) -> None:
    """R-AUD-08: erasure when the account is cancelled."""
    world.tell()
    world.tell(account=OTHER)
    with writing(world.engine) as connection:
        assert erase(connection, ME) == 1
        assert world.unit(connection).inbox(ME).revision == 0
        assert world.unit(connection).inbox(OTHER).revision == 1


def test_messages_and_operations_are_kept_as_long_as_their_brand_says(world: World) -> None:
    """R-AUD-08: retention by brand; what another brand keeps longer stays, and the audit chain stays in any case."""

    def of_mine(account_id: ColumnElement[str]) -> ColumnElement[bool]:
        return account_id.in_([ME])

    for account in (ME, OTHER):
        world.tell(account=account)
        with writing(world.engine) as connection:
            record_operation(world.operation_unit(connection), account_id=account, kind=OperationKind.PASSWORD_RESET)
    moment = world.clock.now()
    world.clock.forward(days=1)
    kept = world.tell().message_id
    with writing(world.engine) as connection:
        assert expire(connection, of_mine, moment - dt.timedelta(days=1), 500) == 0
        assert expire(connection, of_mine, moment + dt.timedelta(seconds=1), 500) == 1
        assert expire_operations(connection, of_mine, moment + dt.timedelta(seconds=1), 500) == 1
        unit, log = world.unit(connection), world.operation_unit(connection)
        assert [one.message_id for one in unit.messages(ME, MessageFilter(), before="", limit=9).messages] == [kept]
        assert len(unit.messages(OTHER, MessageFilter(), before="", limit=9).messages) == 1
        assert not log.operations(ME, OperationFilter(), before="", limit=9).operations
        assert len(log.operations(OTHER, OperationFilter(), before="", limit=9).operations) == 1
        assert connection.execute(select(func.count()).select_from(audit_row)).scalar_one() == 2
