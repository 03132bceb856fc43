"""The reviews area on both databases, with a subject that remembers what was decided."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from cosign.audit import repository as audit
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.trail import AuditTrail
from cosign.brands import BrandPolicy, ReviewStage
from cosign.brands.presets import PRESETS
from cosign.errors import ResourceNotFound
from cosign.personal import PersonalData
from cosign.personal.access import AuditedAccess
from cosign.personal.readers import Purpose
from cosign.reviews import Decision, ReviewItem, ReviewKind, ShownField, ShownFile, SubjectView, Verdict, open_review
from cosign.reviews.faults import ReviewStateRefused
from cosign.reviews.ports import Duty, Reviewer
from cosign.reviews.repository import Neighbours, SqlReviewUnit
from cosign.reviews.usecases import claims
from cosign.reviews.usecases.decide import decide
from cosign.store import migrations
from cosign.store.engine import make_engine
from cosign.store.unit_of_work import reading, writing
from tests.support.personal import MovableClock, make_personal

BRAND = "sxq"
"""Identity reviews are due after two hours."""
SECRET = "张某某"


def reviewer(number: int = 1, **changes: Any) -> Reviewer:
    """A reviewer of every kind and stage of the platform."""
    plain = Reviewer(
        staff_id=f"stf_{number}",
        kinds=frozenset(ReviewKind),
        stages=frozenset({ReviewStage.PLATFORM, ReviewStage.RECHECK}),
        duties=frozenset({Duty.UNMASK}),
    )
    return dataclasses.replace(plain, **changes)


SUPERVISOR = reviewer(9, duties=frozenset(Duty))


class Brands:
    """The presets, to be changed."""

    def __init__(self) -> None:
        self.policies: dict[str, BrandPolicy] = dict(PRESETS)

    def policy(self, brand: str) -> BrandPolicy:
        return self.policies[brand]

    def names(self) -> tuple[str, ...]:
        return tuple(self.policies)

    def stages(self, *path: ReviewStage) -> None:
        """Identity reviews of the brand go this way from now on."""
        policy = self.policies[BRAND]
        reviews = dataclasses.replace(policy.reviews, identity_stages=path)
        self.policies[BRAND] = dataclasses.replace(policy, reviews=reviews)


class Subject:
    """A subject with one masked field and one file."""

    verdicts = frozenset({Verdict.APPROVE, Verdict.RETURN})
    purpose = Purpose.IDENTITY_REVIEW

    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.refuses = False

    def view(self, subject_id: str) -> SubjectView:
        if subject_id == "gone":
            raise ResourceNotFound
        fields = [ShownField(name="name", text="*某某", masked=True), ShownField(name="state", text="manual_review")]
        return SubjectView(fields=fields, files=[ShownFile(name="portrait", upload_id="upl_1")])

    def unmasked(self, subject_id: str, name: str) -> str:
        if name != "name":
            raise ResourceNotFound
        return SECRET

    def decide(self, decision: Decision) -> None:
        if self.refuses:
            raise ReviewStateRefused("the subject cannot", state="claimed")
        self.decisions.append(decision)


class Desk:
    """Use cases, each in a transaction of its own."""

    def __init__(
        self, engine: Engine, folder: Path, *, clock: MovableClock | None = None, personal: PersonalData | None = None
    ) -> None:
        self.engine = engine
        self.clock = clock or MovableClock()
        self.brands = Brands()
        self.subject = Subject()
        self.trail = AuditTrail("node-1")
        personal = personal or make_personal(engine, folder / "token", self.clock)
        self.personal = personal
        self.neighbours = Neighbours(
            personal=personal,
            access=AuditedAccess(personal, self.trail, self.clock),
            brands=self.brands,
            trail=self.trail,
            clock=self.clock,
        )

    def unit(self, connection: Connection) -> SqlReviewUnit:
        return SqlReviewUnit(connection, self.neighbours, {kind: lambda _: self.subject for kind in ReviewKind})

    def do(self, work: Any) -> Any:
        with writing(self.engine) as connection:
            return work(self.unit(connection))

    def hand_in(self, subject_id: str = "idv_1", *, brand: str = BRAND, **more: Any) -> ReviewItem:
        values = {"kind": ReviewKind.IDENTITY, "account_id": "acc_1"} | more
        found: ReviewItem = self.do(
            lambda unit: open_review(unit, subject_id=subject_id, brand=brand, clock=self.clock, **values)
        )
        return found

    def item(self, review_id: str) -> ReviewItem:
        found: ReviewItem = self.do(lambda unit: unit.get(review_id))
        return found

    def claim(self, item: ReviewItem, who: Reviewer | None = None, version: int | None = None) -> ReviewItem:
        version = self.item(item.review_id).version if version is None else version
        found: ReviewItem = self.do(
            lambda unit: claims.claim(
                unit, review_id=item.review_id, reviewer=who or reviewer(), version=version, clock=self.clock
            )
        )
        return found

    def decide(
        self, item: ReviewItem, verdict: Verdict, who: Reviewer | None = None, version: int | None = None, **more: Any
    ) -> ReviewItem:
        version = self.item(item.review_id).version if version is None else version
        found: ReviewItem = self.do(
            lambda unit: decide(
                unit,
                review_id=item.review_id,
                reviewer=who or reviewer(),
                version=version,
                verdict=verdict,
                clock=self.clock,
                **more,
            )
        )
        return found

    def audited(self, event: AuditEvent) -> list[AuditEntry]:
        with reading(self.engine) as connection:
            return [entry for _, entry, _ in audit.rows(connection, "node-1") if entry.event is event]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    if made.dialect.name == "sqlite":
        migrations.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    return Desk(engine, tmp_path)
