"""Takes the reports of an SMS provider: proves that they are genuine, applies each in a transaction of its own."""

import hmac
from collections.abc import Callable
from typing import Final

from sqlalchemy import Engine

from cosign.clock import Clock
from cosign.errors import ResourceNotFound
from cosign.messages.adapters.reports import MalformedReport, ReportFormat, read_reports
from cosign.messages.delivery_rows import SqlDeliveryUnit
from cosign.messages.model import ReportOutcome
from cosign.messages.usecases.deliveries import take_report
from cosign.store.unit_of_work import writing

FORGED: Final = "forged"
MALFORMED: Final = "malformed"
OUTCOMES: Final = (*(outcome.value for outcome in ReportOutcome), FORGED, MALFORMED)

Observe = Callable[[str, float], None]
"""Outcome, and the seconds since the provider took the delivery; negative when that is not known."""


class Receipts:
    """The reports of one provider; for any thread."""

    def __init__(
        self, engine: Engine, *, clock: Clock, form: ReportFormat, secret: Callable[[], str], observe: Observe
    ) -> None:
        """`secret` is the last part of the address that the provider was given; it is read for every request."""
        self._engine = engine
        self._clock = clock
        self._form = form
        self._secret = secret
        self._observe = observe

    def take(self, shown: str, body: bytes) -> bytes:
        """Applies the reports of one request and returns the answer to it.

        Args:
            shown: The last part of the path.
            body: As it came.

        Raises:
            ResourceNotFound: The secret is wrong; nothing tells that the address exists.
            MalformedReport: It is no report.
            ConcurrentOperation, DatabaseUnavailable: Some reports may not be applied; the provider comes again.
        """
        if not hmac.compare_digest(shown.encode(), self._secret().encode()):
            self._observe(FORGED, -1.0)
            raise ResourceNotFound("no such address")
        try:
            reports = read_reports(self._form, body)
        except MalformedReport:
            self._observe(MALFORMED, -1.0)
            raise
        for report in reports:
            with writing(self._engine) as connection:
                outcome, delivery = take_report(SqlDeliveryUnit(connection, clock=self._clock), report)
            seconds = -1.0 if delivery is None else (self._clock.now_ms() - delivery.sent_ms) / 1000
            self._observe(outcome.value, seconds)
        return self._form.accepted

    @property
    def later(self) -> bytes:
        """The answer to a request that could not be taken."""
        return self._form.refused
