"""SEAL-4, SEAL-6: no rotation and no destruction without a row, whenever the database goes away."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.errors import DatabaseUnavailable
from cosign.signing.resealing import Resealing
from hsm import ports as hsm
from tests.cosign.signing.real import RealWorld

Append = Callable[[AuditTrail, Connection, list[AuditEntry]], None]


def rows(real: RealWorld) -> list[tuple[str, str]]:
    query = "SELECT group_concat(event || ' ' || outcome) FROM (SELECT * FROM audit_row ORDER BY seq)"
    found = str(real.scalar(query) or "").split(",")
    return [(event, outcome) for event, _, outcome in (one.partition(" ") for one in found) if event.startswith("kek_")]


def fail_at(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The database is away when the audit row with this number is written."""
    written = 0
    append = AuditTrail.append

    def failing(trail: AuditTrail, connection: Connection, entries: list[AuditEntry]) -> None:
        nonlocal written
        written += 1
        if written == number:
            raise DatabaseUnavailable
        append(trail, connection, entries)

    monkeypatch.setattr(AuditTrail, "append", failing)


def resealing(real: RealWorld) -> Resealing:
    return real.units.resealing()


def versions(real: RealWorld) -> list[int]:
    return sorted(real.token.info().check_values)


async def test_a_rotation_that_cannot_be_announced_does_not_happen(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, 1)
    with pytest.raises(DatabaseUnavailable):
        resealing(real).begin()
    assert versions(real) == [1]
    assert rows(real) == []


async def test_a_rotation_whose_end_cannot_be_written_has_its_announcement(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at(monkeypatch, 2)
    with pytest.raises(DatabaseUnavailable):
        resealing(real).begin()
    assert versions(real) == [1, 2]
    assert rows(real) == [("kek_rotated", "begun")]


async def test_a_rotation_that_the_token_refuses_is_recorded_as_failed(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise hsm.TokenRefused("two KEK versions exist")

    monkeypatch.setattr(real.units.token, "new_version", refuse)
    with pytest.raises(hsm.TokenRefused):
        resealing(real).begin()
    assert rows(real) == [("kek_rotated", "begun"), ("kek_rotated", "failed")]


@pytest.mark.parametrize(("fails_at", "left", "written"), [(3, [1, 2], 2), (4, [2], 3)], ids=["before", "after"])
async def test_a_destruction_is_announced_before_and_never_without_a_row(
    real: RealWorld, monkeypatch: pytest.MonkeyPatch, fails_at: int, left: list[int], written: int
) -> None:
    steps = resealing(real)
    fail_at(monkeypatch, fails_at)
    steps.begin()
    steps.rewrap(lambda _: None)
    with pytest.raises(DatabaseUnavailable):
        steps.destroy_unused()
    assert versions(real) == left
    expected = [
        (AuditEvent.KEK_ROTATED.value, "begun"),
        (AuditEvent.KEK_ROTATED.value, "done"),
        (AuditEvent.KEK_DESTROYED.value, "begun"),
    ]
    assert rows(real) == expected[:written]


async def test_waiting_for_a_destruction_announces_it_once(real: RealWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = resealing(real)
    steps.begin()
    steps.rewrap(lambda _: None)
    destroy = real.units.token.destroy_version
    early = [hsm.TokenUnavailable("too early")] * 2

    def refuse_first(version: int) -> None:
        if early:
            raise early.pop()
        destroy(version)

    monkeypatch.setattr(real.units.token, "destroy_version", refuse_first)
    for _ in range(2):
        with pytest.raises(Exception, match="too early"):
            steps.destroy_unused()
    assert steps.destroy_unused() == [1]
    assert [row for row in rows(real) if row[0] == "kek_destroyed"] == [
        ("kek_destroyed", "begun"),
        ("kek_destroyed", "done"),
    ]
