"""R-AUD-02: the operation log, written with the operation, bound by the audit chain, filtered and searched."""

import datetime as dt

import pytest
from google.protobuf import timestamp_pb2
from sqlalchemy import select

from cosign import ids
from cosign.api.v1 import operation_log_pb2 as pb
from cosign.audit import repository
from cosign.audit.model import AuditEvent
from cosign.audit.operation_log import OperationKind, record_operation
from cosign.audit.operation_log_model import DICTIONARY
from cosign.audit.operation_log_personal import AREA
from cosign.audit.operation_log_unit import SEARCH_ROWS, OperationFilter, erase
from cosign.audit.tables import operation_log
from cosign.errors import FieldInvalid, PageTokenInvalid, ResourceNotFound
from cosign.store.unit_of_work import reading, writing
from tests.cosign.messages.conftest import ME, OTHER, PHONE, World

SECRET = "+8613800001234"


def act(world: World, kind: OperationKind = OperationKind.PASSWORD_RESET, *, account: str = ME, **content: str) -> str:
    """One operation, a second after the last one; returns its id."""
    world.clock.forward(seconds=1)
    with writing(world.engine) as connection:
        record_operation(
            world.operation_unit(connection), account_id=account, kind=kind, device_id=PHONE, content=content
        )
    with reading(world.engine) as connection:
        return str(
            connection.execute(select(operation_log.c.operation_id).order_by(operation_log.c.operation_id.desc()))
            .scalars()
            .first()
        )


def time(moment: dt.datetime) -> timestamp_pb2.Timestamp:
    made = timestamp_pb2.Timestamp()
    made.FromDatetime(moment)
    return made


async def listed(world: World, **fields: object) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        request = pb.ListOperationsRequest(page_token=token, **fields)  # type: ignore[arg-type]
        page = await world.operations.ListOperations(request, world.context)
        found += [operation.operation_id for operation in page.operations]
        token = page.next_page_token
        if not token:
            return found


def test_the_dictionary_has_every_kind_and_the_chain_has_every_word() -> None:
    assert set(DICTIONARY) == set(OperationKind)
    assert {kind.value for kind in OperationKind} <= {event.value for event in AuditEvent}
    assert all(words.en and words.zh and words.en != words.zh for words in DICTIONARY.values())


def test_an_entry_stands_in_the_audit_chain_and_is_bound_by_it(world: World) -> None:
    """R-AUD-06: everything is also in the chain, without its content."""
    operation_id = act(world, number=SECRET)
    with reading(world.engine) as connection:
        ((_, entry, _),) = list(repository.rows(connection, "node-1"))
        sealed = bytes(connection.execute(select(operation_log.c.content_sealed)).scalar_one())
        operation = world.operation_unit(connection).operation(ME, operation_id)
    assert operation is not None
    assert (entry.event, entry.outcome, entry.actor) == (AuditEvent.PASSWORD_RESET, "done", ME)
    assert entry.audit_hash == operation.binding(sealed)
    assert operation.content == {"number": SECRET}
    assert SECRET.encode() not in sealed


def test_without_its_audit_row_an_operation_is_not_written(world: World) -> None:
    with pytest.raises(ValueError, match="too long"), writing(world.engine) as connection:
        record_operation(
            world.operation_unit(connection),
            account_id=ME,
            kind=OperationKind.PASSWORD_RESET,
            content={"number": "x" * 201},
        )
    with reading(world.engine) as connection:
        assert list(repository.rows(connection, "node-1")) == []


async def test_entries_come_newest_first_and_are_the_users_own(world: World) -> None:
    mine = [act(world, number=str(number)) for number in range(5)]
    foreign = act(world, account=OTHER)
    assert await listed(world, page_size=2) == mine[::-1]
    for operation_id in (foreign, ids.new_id(ids.OPERATION, 7)):
        with pytest.raises(ResourceNotFound):
            await world.operations.GetOperation(pb.GetOperationRequest(operation_id=operation_id), world.context)
    answer = await world.operations.GetOperation(pb.GetOperationRequest(operation_id=mine[0]), world.context)
    assert (answer.operation.title, answer.operation.content) == ("Password reset", "number: 0")
    assert (answer.operation.outcome, answer.operation.device_id) == ("done", PHONE)


async def test_filters_by_type_time_and_keyword(world: World) -> None:
    start = world.clock.now()
    first = act(world, number="Alpha")
    second = act(world, OperationKind.DEVICE_UNBOUND, device="beta phone")
    third = act(world, number="gamma")
    step = dt.timedelta(seconds=1)
    assert await listed(world, type="device_unbound") == [second]
    assert await listed(world, since=time(start + 2 * step)) == [third, second]
    assert await listed(world, until=time(start + 2 * step)) == [first]
    assert await listed(world, keyword="ALPHA") == [first]
    assert await listed(world, keyword="解绑设备") == [second]
    assert await listed(world, keyword="nothing") == []
    assert await listed(world, keyword="password", page_size=1) == [third, first]


async def test_a_long_search_goes_on_with_the_next_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosign.audit.operation_log_unit.SEARCH_ROWS", 2)
    monkeypatch.setattr("cosign.audit.operation_log_unit._CHUNK", 1)
    first = act(world, number="needle")
    for number in range(6):
        act(world, number=str(number))
    page = await world.operations.ListOperations(pb.ListOperationsRequest(keyword="needle"), world.context)
    assert list(page.operations) == []
    assert page.next_page_token
    assert await listed(world, keyword="needle") == [first]
    assert SEARCH_ROWS >= 1_000


@pytest.mark.parametrize("fields", [{"type": "x"}, {"keyword": "k" * 51}, {"page_size": 201}])
async def test_bad_filters_are_refused(world: World, fields: dict[str, object]) -> None:
    with pytest.raises(FieldInvalid):
        await world.operations.ListOperations(pb.ListOperationsRequest(**fields), world.context)  # type: ignore[arg-type]
    moment = time(world.clock.now())
    with pytest.raises(FieldInvalid, match="until"):
        await world.operations.ListOperations(pb.ListOperationsRequest(since=moment, until=moment), world.context)


async def test_a_page_token_is_bound_to_its_filter(world: World) -> None:
    for _ in range(2):
        act(world)
    page = await world.operations.ListOperations(pb.ListOperationsRequest(page_size=1), world.context)
    with pytest.raises(PageTokenInvalid):
        await world.operations.ListOperations(
            pb.ListOperationsRequest(page_token=page.next_page_token, keyword="a"), world.context
        )


async def test_the_dictionary_is_listed(world: World) -> None:
    world.languages[0] = "zh"
    answer = await world.operations.ListOperationTypes(pb.ListOperationTypesRequest(), world.context)
    assert {one.type: one.title for one in answer.types}["device_unbound"] == "解绑设备"


def test_the_log_can_be_exported_and_erased(world: World) -> None:
    """R-AUD-08: the user's history goes with the account, the chain stays."""
    act(world, number=SECRET)
    act(world, account=OTHER)
    with writing(world.engine) as connection:
        assert AREA.export is not None
        exported = AREA.export(connection, world.personal, ME)
        assert SECRET in str(exported)
        assert erase(connection, ME) == 1
        rest = world.operation_unit(connection).operations(OTHER, OperationFilter(), before="", limit=5)
        assert len(rest.operations) == 1
        assert len(list(repository.rows(connection, "node-1"))) == 2
