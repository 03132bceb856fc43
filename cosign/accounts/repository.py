"""`AccountUnit` on one connection. With the `…_rows` modules the only user of `tables.py`."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, select

from cosign.accounts import code_rows
from cosign.accounts.account_rows import SqlAccounts
from cosign.accounts.certificate_rows import SqlCertificateChallenges
from cosign.accounts.closing import Appeal
from cosign.accounts.closing_rows import SqlClosing
from cosign.accounts.code_rows import SqlCodes
from cosign.accounts.credentials import LoginCredentials
from cosign.accounts.lookups import one_of
from cosign.accounts.model import Account, AccountState
from cosign.accounts.number_change import NumberChange
from cosign.accounts.number_change_rows import SqlNumberChanges
from cosign.accounts.phone_rows import SqlPhones
from cosign.accounts.review_subject import hand_in, hand_in_change, take_back_change
from cosign.accounts.risk import LoginJudge
from cosign.accounts.session_rows import SqlSessions
from cosign.accounts.tables import account, account_session, account_tombstone
from cosign.audit.model import AuditEntry, AuditEvent
from cosign.audit.operation_log import OperationKind, record_operation
from cosign.audit.operation_log_unit import SqlOperationUnit
from cosign.audit.trail import AuditTrail
from cosign.brands import BrandPolicy, Brands, Operation
from cosign.clock import Clock
from cosign.content import ContentUnit, require_consents
from cosign.devices.ports import DeviceUnit
from cosign.messages import Addresses, MessageKind, MessageUnit, TargetKind, notify, settle
from cosign.personal import Field, PersonalData
from cosign.reviews import ReviewUnit, close_reviews

KEEP_ENDED: Final = dt.timedelta(days=30)
"""How long an ended session stays known, so that its tokens are told apart from forged ones."""
_OPERATIONS: Final = {kind.value for kind in OperationKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What other areas do on the connection of our transaction."""

    personal: PersonalData
    brands: Brands
    devices: Callable[[Connection], DeviceUnit]
    messages: Callable[[Connection], MessageUnit]
    content: Callable[[Connection], ContentUnit]
    reviews: Callable[[Connection], ReviewUnit]
    credentials: Callable[[Connection], LoginCredentials]
    swap_avatar: Callable[[Connection, str, str, str], None]
    """Keeps the second upload of an account in the place of the first; either may be empty."""
    cancelled: Callable[[Connection, str, dt.datetime], None]
    """Lets every area remove what a cancelled account loses at once."""
    trail: AuditTrail
    clock: Clock
    judges: Sequence[LoginJudge] = ()
    """Hooks of risk engines, asked at every login."""


class SqlAccountUnit:
    """See the port."""

    def __init__(self, connection: Connection, neighbours: Neighbours) -> None:
        personal = neighbours.personal
        self._connection = connection
        self._all = neighbours
        self.codes = SqlCodes(connection, personal)
        self.accounts = SqlAccounts(connection, personal)
        self.sessions = SqlSessions(connection, personal)
        self.phones = SqlPhones(connection, personal)
        self.closing = SqlClosing(connection, personal)
        self.certificates = SqlCertificateChallenges(connection)
        self.number_changes = SqlNumberChanges(connection, personal)
        self.credentials = neighbours.credentials(connection)
        self.devices = neighbours.devices(connection)
        self.judges = neighbours.judges

    def policy(self, brand: str) -> BrandPolicy:
        return self._all.brands.policy(brand)

    def send_code(
        self, *, brand: str, phone_number: str, purpose: str, code: str, language: str, expires_at: dt.datetime
    ) -> None:
        self._all.messages(self._connection).send_code(
            brand=brand,
            phone_number=phone_number,
            purpose=purpose,
            code=code,
            language=language,
            expires_at=expires_at,
        )

    def tell(self, account_id: str, kind: MessageKind, *, target: str = "", **args: str) -> None:
        notify(self._all.messages(self._connection), account_id=account_id, kind=kind, args=args, target=target)

    def review(self, appeal: Appeal, brand: str) -> None:
        hand_in(self._all.reviews(self._connection), appeal, brand=brand, clock=self._all.clock)

    def review_number_change(self, change: NumberChange) -> None:
        self.accounts.hold(change.account_id)
        hand_in_change(self._all.reviews(self._connection), change, clock=self._all.clock)

    def withdraw_number_change(self, change: NumberChange) -> None:
        take_back_change(self._all.reviews(self._connection), change, clock=self._all.clock)

    def close_reviews(self, account_id: str) -> None:
        close_reviews(self._all.reviews(self._connection), account_id=account_id, clock=self._all.clock)

    def cancelled(self, account_id: str) -> None:
        self._all.cancelled(self._connection, account_id, self._all.clock.now())

    def answered(self, account_id: str, target_kind: TargetKind, target: str, outcome: str) -> None:
        messages = self._all.messages(self._connection)
        settle(messages, target_kind=target_kind, target_id=target, acted_by=account_id, outcome=outcome)

    def swap_avatar(self, account_: Account, upload_id: str) -> None:
        self._all.swap_avatar(self._connection, account_.account_id, account_.avatar_upload_id, upload_id)

    def consent(
        self, account_id: str, brand: str, operation: Operation, accepted: Sequence[str], device_id: str
    ) -> None:
        require_consents(
            self._all.content(self._connection),
            account_id=account_id,
            device_id=device_id,
            brand=brand,
            policy=self.policy(brand),
            operation=operation,
            accepted=accepted,
            clock=self._all.clock,
        )

    def audit(self, event: AuditEvent, *, outcome: str = "done", account_id: str = "", device_id: str = "") -> None:
        if account_id and event.value in _OPERATIONS:  # the operation log writes the audit row as well
            log = SqlOperationUnit(
                self._connection, clock=self._all.clock, personal=self._all.personal, trail=self._all.trail
            )
            record_operation(
                log, account_id=account_id, kind=OperationKind(event.value), device_id=device_id, outcome=outcome
            )
            return
        entry = AuditEntry(
            time_ms=self._all.clock.now_ms(), event=event, outcome=outcome, device_id=device_id, actor=account_id
        )
        self._all.trail.append(self._connection, [entry])


def addresses(connection: Connection, personal: PersonalData, account_id: str) -> Addresses | None:
    """Where an account can be reached now; of a cancelled one the number it had, or the one of its appeal."""
    accounts = SqlAccounts(connection, personal)
    found = accounts.get(account_id)
    if found is None:
        return None
    if found.state not in (AccountState.CANCELLED, AccountState.APPEALING):
        number = accounts.phone_number(account_id)
        tokens = SqlPhones(connection, personal).push_tokens(account_id)
        return Addresses(brand=found.brand, phone_number=number, push_tokens=tokens)
    query = select(account_tombstone.c.phone_number_sealed).where(account_tombstone.c.account_id == account_id)
    sealed = connection.execute(query).scalar_one_or_none()
    number = "" if sealed is None else personal.open(Field.PHONE_NUMBER, account_id, sealed)
    return Addresses(brand=found.brand, phone_number=number)


def look_up(connection: Connection, personal: PersonalData, brand: str, phone_number: str) -> str:
    """Id of the account of a number, or empty; for operators."""
    indexes = personal.indexes(Field.PHONE_NUMBER, brand, phone_number)
    query = select(account.c.account_id).where(account.c.brand == brand, one_of(account.c.phone_number_index, indexes))
    return str(connection.execute(query.limit(1)).scalar() or "")


def sweep(connection: Connection, now: dt.datetime) -> None:
    """Deletes codes, tickets, counters and sessions that have run out of time."""
    code_rows.sweep(connection, now)
    connection.execute(delete(account_session).where(account_session.c.expires_at <= now - KEEP_ENDED))
