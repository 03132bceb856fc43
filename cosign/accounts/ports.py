"""What the use cases of this area need from outside: one transaction, seen through its stores, and slow hashes.

AccountUnit    one transaction
  .codes       SMS codes, tickets, captchas, counters        .accounts   accounts, numbers, passwords
  .sessions    logins, history                               .phones     devices of accounts
  .closing     tombstones and appeals                        .devices    the devices area
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cosign.accounts.closing import Appeal, AppealState, Tombstone
from cosign.accounts.codes import CodePurpose, SentCode, Ticket
from cosign.accounts.credentials import CertificateChallenges, LoginCredentials
from cosign.accounts.model import Account, AccountState, DeviceDetails, Identity, LoginEntry, LoginSession
from cosign.accounts.number_change import NumberChange, NumberChanges
from cosign.accounts.risk import LoginJudge
from cosign.audit.model import AuditEvent
from cosign.brands import BrandPolicy, Operation
from cosign.devices.ports import DeviceUnit
from cosign.messages import MessageKind, TargetKind


class Codes(Protocol):
    """SMS codes, tickets, captchas, counters."""

    def sent(self, brand: str, phone_number: str, purpose: CodePurpose) -> SentCode | None:
        """The newest code."""
        ...

    def put(
        self,
        brand: str,
        phone_number: str,
        purpose: CodePurpose,
        code: str,
        *,
        sent_at: dt.datetime,
        expires_at: dt.datetime,
    ) -> None:
        """Replaces the code."""
        ...

    def charge_try(self, brand: str, phone_number: str, purpose: CodePurpose, *, tries: int, now: dt.datetime) -> bool:
        """Counts a try before the code is compared; False when no living code with tries left is there."""
        ...

    def matches(self, brand: str, phone_number: str, purpose: CodePurpose, code: str) -> bool:
        """Whether `code` is the newest one; call after `charge_try`."""
        ...

    def use(self, brand: str, phone_number: str, purpose: CodePurpose) -> None:
        """The code was right: it is good no more."""
        ...

    def add_ticket(self, ticket_hash: bytes, ticket: Ticket, expires_at: dt.datetime) -> None: ...

    def peek_ticket(self, ticket_hash: bytes, now: dt.datetime) -> Ticket | None:
        """A ticket that stays; None if it is unknown, used or too old."""
        ...

    def take_ticket(self, ticket_hash: bytes, now: dt.datetime) -> Ticket | None:
        """Removes a ticket and returns it; None if it is unknown, used or too old."""
        ...

    def add_captcha(self, captcha_id: str, brand: str, answer: str, expires_at: dt.datetime) -> None: ...

    def take_captcha(self, captcha_id: str, brand: str, answer: str, now: dt.datetime) -> bool:
        """Removes a captcha; whether `answer` was right and in time."""
        ...

    def count(self, brand: str, subject: str, *, now: dt.datetime, window: dt.timedelta) -> int:
        """Counts one more of `subject` in its window and returns how many there are now."""
        ...

    def counted(self, brand: str, subject: str, *, now: dt.datetime) -> tuple[int, dt.datetime]:
        """How many there are in the running window, and when it ends."""
        ...

    def charge(
        self, brand: str, subject: str, *, limit: int, now: dt.datetime, window: dt.timedelta, lock: dt.timedelta
    ) -> dt.datetime | None:
        """Counts an attempt before it is made; None if it may be made, else when the next one may.

        The attempt that reaches `limit` prolongs the window to `lock` from now.
        """
        ...

    def give_back(self, brand: str, subject: str) -> None:
        """Takes one attempt back: it was right."""
        ...

    def forget(self, brand: str, subject: str) -> None:
        """Ends the window of `subject`."""
        ...

    def add_challenge(self, challenge_hash: bytes, device_id: str, expires_at: dt.datetime) -> None: ...

    def take_challenge(self, challenge_hash: bytes, device_id: str, now: dt.datetime) -> bool:
        """Removes a challenge; whether it was this device's and in time."""
        ...


class Accounts(Protocol):
    """Accounts, their numbers, names, passwords and identities."""

    def add(self, account: Account, phone_number: str) -> None:
        """Stores an account. Raises PhoneTaken."""
        ...

    def get(self, account_id: str) -> Account | None: ...

    def hold(self, account_id: str) -> None:
        """Keeps an account from ending before this transaction does. Raises ConcurrentOperation: it has ended."""
        ...

    def by_number(self, brand: str, phone_number: str) -> Account | None: ...

    def by_document(self, brand: str, document_number: str, *, limit: int) -> Sequence[Account]:
        """Accounts whose users were verified with this document, newest first."""
        ...

    def phone_number(self, account_id: str) -> str:
        """`+86` and 11 digits; empty when there is none."""
        ...

    def has_document(self, account: Account, document_number: str) -> bool:
        """Whether this is the number of the verified document."""
        ...

    def name(self, account_id: str) -> str:
        """As the user gave it or the verified one; empty when there is none."""
        ...

    def become(self, account: Account, target: AccountState, *, locked_until: dt.datetime | None = None) -> Account:
        """Changes the state. Raises AccountStateRefused, ConcurrentOperation."""
        ...

    def set_password(self, account_id: str, password_hash: str, *, now: dt.datetime, history: int) -> None:
        """Stores a hash and keeps the `history` newest ones before it."""
        ...

    def store_rehash(self, account_id: str, before: str, after: str) -> None:
        """Replaces the hash of the same password; nothing happens when it changed meanwhile."""
        ...

    def former_passwords(self, account_id: str) -> Sequence[str]: ...

    def set_phone_number(self, account_id: str, brand: str, phone_number: str) -> None:
        """Raises PhoneTaken."""
        ...

    def set_profile(self, account_id: str, *, name: str | None, avatar_upload_id: str | None) -> None: ...

    def set_verified(self, account_id: str, brand: str, *, person_id: str, name: str, document_number: str) -> None: ...

    def set_mode(self, account_id: str, mode: str) -> None: ...

    def set_acting(self, account_id: str, identity_id: str) -> None: ...

    def identities(self, account_id: str) -> Sequence[Identity]:
        """What the user is in enterprises, oldest first."""
        ...

    def add_identity(self, account_id: str, identity: Identity) -> None: ...

    def end_identities(self, *, account_id: str = "", identity_id: str = "", now: dt.datetime) -> Sequence[str]:
        """Ends one identity or all of an account; returns the accounts concerned."""
        ...


class Sessions(Protocol):
    """Logins and their history."""

    def add(self, session: LoginSession) -> None: ...

    def get(self, session_id: str) -> LoginSession | None: ...

    def rotate(self, session: LoginSession, *, now: dt.datetime, expires_at: dt.datetime) -> bool:
        """Makes the next refresh token the newest one; False if another call did so meanwhile."""
        ...

    def end(self, session_id: str, reason: str) -> bool:
        """False if it had ended."""
        ...

    def end_all(self, account_id: str, reason: str, *, device_id: str = "", keep: str = "") -> int:
        """Ends the logins of an account, or those on one device, but `keep`; returns how many."""
        ...

    def living(self, account_id: str, now: dt.datetime) -> int:
        """How many logins have not ended."""
        ...

    def add_login(self, account_id: str, entry: LoginEntry) -> None: ...

    def logins(self, account_id: str, *, before: str, limit: int) -> Sequence[LoginEntry]:
        """Newest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """What an account knows of one of its devices."""

    device_id: str
    account_id: str
    platform: str
    os_version: str
    app_version: str
    last_login_at: dt.datetime
    biometric_key: bytes = b""
    """33 bytes, or empty."""
    remember_pin: bool = False
    guide_suppressed_until: dt.datetime | None = None


class Phones(Protocol):
    """Devices of accounts."""

    def put(self, account_id: str, device_id: str, details: DeviceDetails, now: dt.datetime) -> None:
        """Stores what a device told at a login."""
        ...

    def get(self, device_id: str) -> Phone | None: ...

    def of(self, account_id: str, *, before: str, limit: int) -> Sequence[Phone]:
        """Newest first."""
        ...

    def set_biometric(self, device_id: str, public_key: bytes) -> None:
        """Stores the key; none if empty."""
        ...

    def set_preferences(
        self, device_id: str, *, remember_pin: bool | None, guide_suppressed_until: dt.datetime | None
    ) -> None:
        """None leaves a preference as it is."""
        ...

    def detach_push(self, device_id: str) -> None:
        """Forgets the push token."""
        ...

    def remove(self, device_id: str) -> None:
        """Forgets everything about a device that was unbound."""
        ...


class Closing(Protocol):
    """Tombstones of cancelled accounts, and appeals."""

    def bury(self, account: Account, *, reason: str, now: dt.datetime) -> None:
        """Writes the tombstone and removes number, name and secrets from the account."""
        ...

    def announce(self, account_id: str, cancel_at: dt.datetime, *, reason: str) -> None:
        """Notes when an account that is CANCELLING ends, and why."""
        ...

    def withdraw(self, account_id: str) -> None:
        """Forgets what `announce` noted."""
        ...

    def announced_reason(self, account_id: str) -> str:
        """What `announce` noted."""
        ...

    def due(self, now: dt.datetime, limit: int) -> Sequence[str]:
        """Accounts whose days of grace are over, the longest first."""
        ...

    def forgettable(self, brand: str, before: dt.datetime, limit: int) -> Sequence[str]:
        """Accounts of a brand cancelled before that moment which nobody asks back now, the oldest first."""
        ...

    def lock(self, account_id: str) -> bool:
        """Keeps the tombstone to this transaction; False when another one has it or it is gone."""
        ...

    def tombstone(self, account_id: str) -> Tombstone | None: ...

    def cancelled_number(self, brand: str, phone_number: str) -> bool:
        """Whether the number belonged to a cancelled account that was verified."""
        ...

    def match(self, brand: str, phone_number: str, name: str, document_number: str, *, since: dt.datetime) -> str:
        """The newest account that fits and was cancelled after that moment, or empty."""
        ...

    def revive(self, tombstone: Tombstone, phone_number: str) -> None:
        """Gives a number to the account, and nothing else: its user proves anew who he is. Raises PhoneTaken."""
        ...

    def add_appeal(self, appeal: Appeal, *, secret_hash: bytes, phone_number: str) -> None: ...

    def appeal(self, appeal_id: str) -> tuple[Appeal, bytes] | None:
        """The appeal and the hash of its secret."""
        ...

    def appeal_number(self, appeal_id: str) -> str:
        """The number the appeal came from."""
        ...

    def decide(self, appeal_id: str, state: AppealState, *, reason: str, now: dt.datetime) -> bool:
        """False if it was decided before."""
        ...


class AccountUnit(Protocol):
    """One transaction."""

    @property
    def codes(self) -> Codes: ...

    @property
    def accounts(self) -> Accounts: ...

    @property
    def sessions(self) -> Sessions: ...

    @property
    def phones(self) -> Phones: ...

    @property
    def closing(self) -> Closing: ...

    @property
    def certificates(self) -> CertificateChallenges: ...

    @property
    def credentials(self) -> LoginCredentials: ...

    @property
    def number_changes(self) -> NumberChanges: ...

    @property
    def devices(self) -> DeviceUnit: ...

    @property
    def judges(self) -> Sequence[LoginJudge]: ...

    def policy(self, brand: str) -> BrandPolicy:
        """Raises BrandUnknown."""
        ...

    def send_code(
        self, *, brand: str, phone_number: str, purpose: str, code: str, language: str, expires_at: dt.datetime
    ) -> None:
        """Puts the SMS into the outbox."""
        ...

    def tell(self, account_id: str, kind: MessageKind, *, target: str = "", **args: str) -> None:
        """Tells the user of an event."""
        ...

    def review(self, appeal: Appeal, brand: str) -> None:
        """Puts an appeal before the reviewers."""
        ...

    def review_number_change(self, change: NumberChange) -> None:
        """Puts a change before the reviewers."""
        ...

    def withdraw_number_change(self, change: NumberChange) -> None:
        """Takes a change back from the reviewers. Raises ConcurrentOperation when it was decided meanwhile."""
        ...

    def close_reviews(self, account_id: str) -> None:
        """Ends what waits for reviewers of an account."""
        ...

    def cancelled(self, account_id: str) -> None:
        """Lets every area remove what a cancelled account loses at once."""
        ...

    def answered(self, account_id: str, target_kind: TargetKind, target: str, outcome: str) -> None:
        """Shows in every message that asked about a target what the account did with it."""
        ...

    def consent(
        self, account_id: str, brand: str, operation: Operation, accepted: Sequence[str], device_id: str
    ) -> None:
        """Records what was accepted. Raises ConsentRequired when something the operation needs is missing."""
        ...

    def swap_avatar(self, account: Account, upload_id: str) -> None: ...
    def audit(self, event: AuditEvent, *, outcome: str = "done", account_id: str = "", device_id: str = "") -> None:
        """Appends an audit row."""
        ...


class Blockers(Protocol):
    """What stands in the way of a cancellation, asked of every area that has something to say."""

    def blockers(self, unit: AccountUnit, account_id: str) -> Sequence[str]:
        """Words such as `sole_administrator`; empty: nothing."""
        ...
