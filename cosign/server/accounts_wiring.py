"""Builds the accounts area: of a server process, and what operator programs do with it."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from cosign.accounts import Blockers
from cosign.accounts.due import DueWork
from cosign.accounts.number_change import IdentityProof
from cosign.accounts.passwords import Passwords
from cosign.accounts.repository import Neighbours, SqlAccountUnit, addresses, sweep
from cosign.accounts.risk import LoginJudge
from cosign.accounts.servicer import (
    AccountDeviceServicer,
    AccountServicer,
    AppealServicer,
    Calls,
    CertificateLoginServicer,
    CodeServicer,
    LoginServicer,
    NumberChangeServicer,
    SessionServicer,
)
from cosign.accounts.tokens import RefreshTokens
from cosign.blocking import BlockingPool
from cosign.brands import Brands
from cosign.content import ContentUnit
from cosign.content.repository import SqlContentUnit
from cosign.devices.directory import DeviceDirectory, SessionDirectory
from cosign.devices.ports import DeviceUnit
from cosign.messages import Addresses
from cosign.messages.repository import SqlMessageUnit
from cosign.paging import Pager
from cosign.personal import PersonalData
from cosign.personal.erasure import ErasureReason, PersonalFile
from cosign.personal.registry import PersonalRegistry
from cosign.request_once import RequestOnce
from cosign.server.callers import Callers
from cosign.server.credentials_wiring import key_credentials
from cosign.server.metrics import Metrics
from cosign.server.operator_wiring import Operator
from cosign.server.personal_wiring import AREAS, build_personal, operator_brands
from cosign.server.reviews_wiring import hand_in_units
from cosign.signing.area import SigningUnits
from cosign.store.unit_of_work import reading
from cosign.uploads.claims import swap
from cosign.uploads.model import UploadPurpose

_SWEEPER: Final = "sweeper"
"""Who erases accounts by the passing of time, in the trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountServices:
    """What the rest of the server uses of the area."""

    unit: Callable[[Connection], SqlAccountUnit]
    """For areas that ask for a verified user or an identity in their own transaction."""
    codes: CodeServicer
    logins: LoginServicer
    certificate_logins: CertificateLoginServicer
    sessions: SessionServicer
    accounts: AccountServicer
    account_devices: AccountDeviceServicer
    appeals: AppealServicer
    number_changes: NumberChangeServicer
    sweep: Callable[[Connection, dt.datetime], None]
    due: DueWork
    close: Callable[[], None]


class SqlAddressBook:
    """Implements `cosign.messages.AddressBook`."""

    def __init__(self, units: SigningUnits, personal: PersonalData) -> None:
        self._engine = units.engine
        self._personal = personal

    def addresses(self, account_id: str) -> Addresses | None:
        """See the port."""
        with reading(self._engine) as connection:
            return addresses(connection, self._personal, account_id)


def build_accounts(
    units: SigningUnits,
    *,
    devices: Callable[[Connection], DeviceUnit],
    brands: Brands,
    personal: PersonalData,
    file: PersonalFile,
    callers: Callers,
    sessions: SessionDirectory,
    directory: DeviceDirectory,
    blocking: BlockingPool,
    metrics: Metrics,
    pager: Pager,
    once: RequestOnce,
    proofs: Callable[[Connection], IdentityProof],
    blockers: Sequence[Blockers] = (),
    judges: Sequence[LoginJudge] = (),
) -> AccountServices:
    """Builds the servicers; `blockers` may object to a cancellation, `proofs` know who was checked on a phone, and
    `judges` are hooks of risk engines."""
    unit = account_units(units, devices=devices, brands=brands, personal=personal, judges=judges)
    passwords = Passwords()

    def ended(account_id: str, device_ids: Sequence[str]) -> None:
        sessions.forget_user(account_id)
        for device_id in device_ids:
            directory.forget(device_id)

    def erase(connection: Connection, account_id: str, years: int) -> object:
        reason = ErasureReason.CANCELLED
        return file.erase(connection, account_id, reason=reason, actor=_SWEEPER, evidence_years=years)

    calls = Calls(
        engine=units.engine,
        unit=unit,
        brands=brands,
        clock=units.clock,
        blocking=blocking,
        passwords=passwords,
        tokens=RefreshTokens(lambda data: units.core.row_mac([data])[0]),
        pager=pager,
        once=once,
        principal=callers.principal,
        limit_guest=callers.limit_guest,
        limit_device=callers.limit_device,
        ended=ended,
        blockers=blockers,
        count_login=metrics.login,
        count_code=metrics.code,
    )
    return AccountServices(
        unit=unit,
        codes=CodeServicer(calls),
        logins=LoginServicer(calls),
        certificate_logins=CertificateLoginServicer(calls),
        sessions=SessionServicer(calls),
        accounts=AccountServicer(calls),
        account_devices=AccountDeviceServicer(calls),
        appeals=AppealServicer(calls),
        number_changes=NumberChangeServicer(calls, proofs),
        sweep=sweep,
        due=DueWork(
            units.engine,
            unit=unit,
            blockers=blockers,
            clock=units.clock,
            ended=ended,
            brands=brands.names,
            erase=erase,
        ),
        close=passwords.close,
    )


def operator_accounts(operator: Operator) -> Callable[[Connection], SqlAccountUnit]:
    """The unit of this area for an operator program.

    Raises:
        ConfigInvalid: A brand has no policy.
        SelfTestFailed, TokenUnavailable, DatabaseUnavailable: See `build_personal`.
    """
    units = operator.units
    brands = operator_brands(operator.config, units)
    return account_units(units, devices=operator.devices, brands=brands, personal=build_personal(units).data)


def account_units(
    units: SigningUnits,
    *,
    devices: Callable[[Connection], DeviceUnit],
    brands: Brands,
    personal: PersonalData,
    judges: Sequence[LoginJudge] = (),
) -> Callable[[Connection], SqlAccountUnit]:
    """What makes the unit of this area for a connection; servers and operator programs share it."""

    def messages(connection: Connection) -> SqlMessageUnit:
        return SqlMessageUnit(connection, clock=units.clock, personal=personal)

    def content(connection: Connection) -> ContentUnit:
        return SqlContentUnit(connection, trail=units.audit)

    neighbours = Neighbours(
        personal=personal,
        brands=brands,
        devices=devices,
        messages=messages,
        content=content,
        reviews=hand_in_units(units, brands=brands, personal=personal),
        credentials=key_credentials(units),
        swap_avatar=swap_avatar,
        cancelled=PersonalRegistry(AREAS).cancel,
        trail=units.audit,
        clock=units.clock,
        judges=judges,
    )
    return lambda connection: SqlAccountUnit(connection, neighbours)


def swap_avatar(connection: Connection, account_id: str, before: str, after: str) -> None:
    """See `cosign.accounts.repository.Neighbours`."""
    swap(connection, owner_id=account_id, purpose=UploadPurpose.AVATAR, before=before, after=after)
