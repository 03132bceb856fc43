"""Staff accounts in the database; part of `SqlStaffUnit`."""

import base64
import dataclasses
import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cosign.errors import ConcurrentOperation
from cosign.personal import Field, PersonalData
from cosign.staff.faults import StaffNameTaken
from cosign.staff.model import StaffMember, StaffState
from cosign.staff.roles import Role
from cosign.staff.scope import BrandScope, scope_words
from cosign.staff.tables import staff_former_password, staff_member, staff_recovery_code


class SqlMembers:
    """See the port."""

    def __init__(self, connection: Connection, personal: PersonalData) -> None:
        self._connection = connection
        self._personal = personal

    def add(self, member: StaffMember, name: str) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(staff_member).values(
                        staff_id=member.staff_id,
                        login_name=member.login_name,
                        name_sealed=self._personal.seal(Field.NAME, member.staff_id, name),
                        roles=_text(member.roles),
                        brands=_brands(member.brands),
                        state=member.state.value,
                        password_hash="",
                        must_change_password=False,
                        totp_counter=0,
                        certificate_hash=b"",
                        invitation_hash=member.invitation_hash,
                        invitation_expires_at=member.invitation_expires_at,
                        created_at=member.created_at,
                    )
                )
        except IntegrityError:
            raise StaffNameTaken(f"{member.login_name} is taken") from None

    def get(self, staff_id: str) -> StaffMember | None:
        row = self._connection.execute(select(staff_member).where(staff_member.c.staff_id == staff_id))
        return _as_member(row.mappings().one_or_none())

    def by_login_name(self, login_name: str) -> StaffMember | None:
        row = self._connection.execute(select(staff_member).where(staff_member.c.login_name == login_name))
        return _as_member(row.mappings().one_or_none())

    def page(self, *, before: str, limit: int) -> Sequence[StaffMember]:
        query = select(staff_member).order_by(staff_member.c.staff_id.desc()).limit(limit)
        if before:
            query = query.where(staff_member.c.staff_id < before)
        return [_member(row) for row in self._connection.execute(query).mappings()]

    def name(self, staff_id: str) -> str:
        query = select(staff_member.c.name_sealed).where(staff_member.c.staff_id == staff_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return "" if sealed is None else self._personal.open(Field.NAME, staff_id, sealed)

    def become(
        self, member: StaffMember, target: StaffState, *, locked_until: dt.datetime | None = None
    ) -> StaffMember:
        member.check_becomes(target)
        return self._change(member, state=target, locked_until=locked_until)

    def invite(self, member: StaffMember, *, invitation_hash: bytes, expires_at: dt.datetime) -> StaffMember:
        member.check_becomes(StaffState.INVITED)
        changed = self._change(
            member,
            state=StaffState.INVITED,
            password_hash="",
            password_set_at=None,
            must_change_password=False,
            invitation_hash=invitation_hash,
            invitation_expires_at=expires_at,
            locked_until=None,
        )
        self._set(member.staff_id, totp_secret_sealed=None)
        self.set_recovery_codes(member.staff_id, ())
        return changed

    def enrol(self, member: StaffMember, *, password_hash: str, totp_counter: int, now: dt.datetime) -> StaffMember:
        member.check_becomes(StaffState.ACTIVE)
        return self._change(
            member,
            state=StaffState.ACTIVE,
            password_hash=password_hash,
            password_set_at=now,
            totp_counter=totp_counter,
            invitation_hash=b"",
            invitation_expires_at=None,
        )

    def set_password(self, staff_id: str, password_hash: str, *, now: dt.datetime, history: int) -> None:
        query = select(staff_member.c.password_hash).where(staff_member.c.staff_id == staff_id)
        before = str(self._connection.execute(query).scalar_one())
        self._set(staff_id, password_hash=password_hash, password_set_at=now, must_change_password=False)
        old = staff_former_password
        if before:
            self._connection.execute(insert(old).values(staff_id=staff_id, set_at=now, password_hash=before))
        times = self._connection.execute(
            select(old.c.set_at).where(old.c.staff_id == staff_id).order_by(old.c.set_at.desc())
        ).scalars()
        for moment in list(times)[max(history - 1, 0) :]:
            self._connection.execute(delete(old).where(old.c.staff_id == staff_id, old.c.set_at == moment))

    def store_rehash(self, staff_id: str, before: str, after: str) -> None:
        self._connection.execute(
            update(staff_member)
            .where(staff_member.c.staff_id == staff_id, staff_member.c.password_hash == before)
            .values(password_hash=after)
        )

    def former_passwords(self, staff_id: str) -> Sequence[str]:
        query = select(staff_former_password.c.password_hash).where(staff_former_password.c.staff_id == staff_id)
        return [str(one) for one in self._connection.execute(query).scalars()]

    def require_password_change(self, staff_id: str) -> None:
        self._set(staff_id, must_change_password=True)

    def set_roles(self, member: StaffMember, roles: Collection[Role], brands: BrandScope) -> StaffMember:
        hit = self._connection.execute(
            update(staff_member)
            .where(
                staff_member.c.staff_id == member.staff_id,
                staff_member.c.roles == _text(member.roles),
                staff_member.c.brands == _brands(member.brands),
            )
            .values(roles=_text(roles), brands=_brands(brands))
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the roles changed meanwhile")
        return dataclasses.replace(member, roles=frozenset(roles), brands=brands)

    def set_certificate(self, staff_id: str, certificate_hash: bytes) -> None:
        self._set(staff_id, certificate_hash=certificate_hash)

    def security_officers(self) -> Sequence[StaffMember]:
        query = (
            select(staff_member)
            .where(
                staff_member.c.roles == Role.SECURITY_OFFICER.value,
                staff_member.c.state.in_((StaffState.ACTIVE.value, StaffState.LOCKED.value)),
            )
            .order_by(staff_member.c.staff_id)
            .with_for_update()
        )
        return [_member(row) for row in self._connection.execute(query).mappings()]

    def totp_secret(self, staff_id: str) -> bytes:
        query = select(staff_member.c.totp_secret_sealed).where(staff_member.c.staff_id == staff_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        return base64.b32decode(self._personal.open(Field.STAFF_SECRET, staff_id, sealed)) if sealed else b""

    def set_totp_secret(self, staff_id: str, secret: bytes) -> None:
        text = base64.b32encode(secret).decode()
        self._set(staff_id, totp_secret_sealed=self._personal.seal(Field.STAFF_SECRET, staff_id, text))

    def use_totp_step(self, staff_id: str, step: int) -> bool:
        hit = self._connection.execute(
            update(staff_member)
            .where(staff_member.c.staff_id == staff_id, staff_member.c.totp_counter < step)
            .values(totp_counter=step)
        )
        return hit.rowcount == 1

    def set_recovery_codes(self, staff_id: str, hashes: Collection[bytes]) -> None:
        table = staff_recovery_code
        self._connection.execute(delete(table).where(table.c.staff_id == staff_id))
        if hashes:
            self._connection.execute(insert(table), [{"staff_id": staff_id, "code_hash": one} for one in hashes])

    def use_recovery_code(self, staff_id: str, code_hash: bytes) -> bool:
        table = staff_recovery_code
        hit = self._connection.execute(
            delete(table).where(table.c.staff_id == staff_id, table.c.code_hash == code_hash)
        )
        return hit.rowcount == 1

    def recovery_codes_left(self, staff_id: str) -> int:
        table = staff_recovery_code
        query = select(func.count()).select_from(table).where(table.c.staff_id == staff_id)
        return int(self._connection.execute(query).scalar_one())

    def _change(self, member: StaffMember, **values: object) -> StaffMember:
        """Writes values to a member who is still in the state we read."""
        stored = {name: value.value if isinstance(value, StaffState) else value for name, value in values.items()}
        hit = self._connection.execute(
            update(staff_member)
            .where(staff_member.c.staff_id == member.staff_id, staff_member.c.state == member.state.value)
            .values(**stored)
        )
        if hit.rowcount != 1:
            raise ConcurrentOperation("the staff account changed meanwhile")
        changed = self.get(member.staff_id)
        assert changed is not None  # noqa: S101 - the row was just written
        return changed

    def _set(self, staff_id: str, **values: object) -> None:
        self._connection.execute(update(staff_member).where(staff_member.c.staff_id == staff_id).values(**values))


def _text(roles: Collection[Role]) -> str:
    return ",".join(sorted(role.value for role in roles))


def _brands(brands: BrandScope) -> str:
    return ",".join(scope_words(brands))


def _as_member(row: RowMapping | None) -> StaffMember | None:
    return None if row is None else _member(row)


def _member(row: RowMapping) -> StaffMember:
    return StaffMember(
        staff_id=row["staff_id"],
        login_name=row["login_name"],
        roles=frozenset(Role(word) for word in row["roles"].split(",") if word),
        brands=frozenset(word for word in row["brands"].split(",") if word) or None,
        state=StaffState(row["state"]),
        created_at=row["created_at"],
        password_hash=row["password_hash"],
        password_set_at=row["password_set_at"],
        must_change_password=row["must_change_password"],
        certificate_hash=bytes(row["certificate_hash"]),
        invitation_hash=bytes(row["invitation_hash"]),
        invitation_expires_at=row["invitation_expires_at"],
        locked_until=row["locked_until"],
        totp_counter=row["totp_counter"],
    )
