"""R-AUD-08: consents are exported to the user, and outlive the account in the sealed archive."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from cosign.content import record_consents
from cosign.content.model import text_hash
from cosign.content.personal import AREA
from cosign.store.unit_of_work import writing
from tests.cosign.content.conftest import BODY, TITLE, Change, published
from tests.cosign.devices.fakes import MovableClock


class Kept:
    """`Archive` that remembers."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Any]] = []

    def keep(self, subject: str, document: Mapping[str, Any]) -> None:
        self.records.append((subject, dict(document)))


def test_consents_go_to_the_archive(engine: Engine, change: Change, clock: MovableClock) -> None:
    document = published(change, clock)
    for account_id in ("acc_1", "acc_2"):
        with change() as unit:
            record_consents(
                unit,
                account_id=account_id,
                device_id="dev_1",
                brand="net",
                accepted=[document.document_id],
                clock=clock,
            )
    assert AREA.export is not None
    assert AREA.erase is not None
    nothing: Any = None
    archive = Kept()
    expected = {
        "document_id": document.document_id,
        "kind": "user_agreement",
        "version": 1,
        "device_id": "dev_1",
        "text_hash": text_hash(TITLE, BODY).hex(),
        "accepted_at": clock.now().isoformat(),
    }
    with writing(engine) as connection:
        assert AREA.export(connection, nothing, "acc_1") == {"consents": [expected]}
        done = AREA.erase(connection, nothing, "acc_1", archive)
        assert (done.erased, done.archived, archive.records) == (1, 1, [("consent", expected)])
        again = AREA.erase(connection, nothing, "acc_1", archive)  # may be repeated
        assert (again.erased, again.archived) == (0, 0)
        assert AREA.export(connection, nothing, "acc_1") == {"consents": []}
        assert AREA.export(connection, nothing, "acc_2") == {"consents": [expected]}
