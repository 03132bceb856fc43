"""What a login costs the server: real processes, gRPC over TLS 1.3, durable commits, phones that log in again.

`….sms` is LoginSms with a ticket, `….password` is LoginPassword without the password hash: the policy makes it as cheap
as it may be, and what one comparison costs is measured right after each window, in this process, as many at once as
logins, and taken off. Tickets are issued beforehand; what sending and checking a code costs is not in it.
"""

import datetime as dt
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from argon2 import PasswordHasher, Type
from google.protobuf import timestamp_pb2

from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import missing
from benchmarks.service import MeasuredServer, running
from cosign.accounts.codes import CodePurpose, Ticket
from cosign.accounts.usecases.codes import issue_ticket
from cosign.api.v1 import account_pb2, account_pb2_grpc, login_pb2, login_pb2_grpc, session_pb2
from cosign.brands.model import Argon2Cost
from cosign.client.phone.channel import open_channel, read_ca
from cosign.devices.model import request_hash
from cosign.server.accounts_wiring import operator_accounts
from cosign.store.unit_of_work import writing
from demo.programs import Server
from protocol._core import DeviceKey
from tests.support.postgres import cluster

NAME: Final = "rpc.login"
BRAND: Final = "bzt"
"""One step by SMS or by password; registers at the first login."""
COST: Final = Argon2Cost(time=1, memory_kib=8_192, lanes=1)
_POLICY: Final = f"""brand = "{BRAND}"
preset = "{BRAND}"
[policy.password.cost]
time = {COST.time}
memory_kib = {COST.memory_kib}
lanes = {COST.lanes}
"""
AT_ONCE: Final = 2
_HASHES: Final = 100
_SERVICE: Final = "/cosign.api.v1.LoginService/"


class LoginPhone:
    """A device key with a number."""

    def __init__(self, channel: grpc.Channel, place: int) -> None:
        self.number = f"137{place:08d}"
        self.password = "A1b2" + secrets.token_urlsafe(9)
        self._key = DeviceKey.generate()
        self._logins: Any = login_pb2_grpc.LoginServiceStub(channel)  # type: ignore[no-untyped-call]
        self._accounts: Any = account_pb2_grpc.AccountServiceStub(channel)  # type: ignore[no-untyped-call]

    def by_sms(self, ticket: str) -> str:
        """Logs in; returns the bearer token."""
        request = login_pb2.LoginSmsRequest(ticket=ticket, device=self._device("LoginSms", ticket))
        return str(self._logins.LoginSms(request, timeout=60).session.access_token)

    def by_password(self) -> str:
        """Logs in; returns the bearer token."""
        request = login_pb2.LoginPasswordRequest(
            brand=BRAND,
            phone_number=self.number,
            password=self.password,
            device=self._device("LoginPassword", BRAND, self.number),
        )
        return str(self._logins.LoginPassword(request, timeout=60).session.access_token)

    def set_password(self, bearer: str) -> None:
        """Gives the account its password."""
        request = account_pb2.SetPasswordRequest(password=self.password, confirmation=self.password)
        self._accounts.SetPassword(request, timeout=60, metadata=(("authorization", f"Bearer {bearer}"),))

    def _device(self, method: str, *bound: str) -> login_pb2.LoginDevice:
        time_ms, nonce, public_key = round(time.time() * 1000), secrets.token_bytes(16), self._key.public_key
        named = request_hash(*(text.encode() for text in bound), public_key)
        signature = self._key.sign("DEV/rpc", [(_SERVICE + method).encode(), named, nonce, time_ms.to_bytes(8)])
        moment = timestamp_pb2.Timestamp()
        moment.FromMilliseconds(time_ms)
        proof = session_pb2.KeyProof(time=moment, nonce=nonce, signature=signature)
        return login_pb2.LoginDevice(
            public_key=public_key, label="Bench phone", platform="android", os_version="15", proof=proof
        )


def run(*, phones: int, runs: int, logins: int, sqlite_only: bool = False) -> list[Result]:
    """Measures on SQLite, and on PostgreSQL where its programs are installed; `logins` in each window."""
    with running(prepare=cheap_passwords) as server:
        found = measure(server, "sqlite", phones=phones, runs=runs, logins=logins)
    if sqlite_only:
        return found
    try:
        with (
            cluster(durable=True) as postgres,
            running({"COSIGN_DATABASE__URL": postgres.create()}, prepare=cheap_passwords) as server,
        ):
            found += measure(server, "postgres", phones=phones, runs=runs, logins=logins)
    except FileNotFoundError as fault:
        found += missing("PostgreSQL", fault)
    return found


def cheap_passwords(server: Server) -> None:
    """Puts COST into the brand's policy."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(_POLICY)
        file.flush()
        server.control("init")
        server.control("brand", "apply", file.name)


def measure(server: MeasuredServer, database: str, *, phones: int, runs: int, logins: int) -> list[Result]:
    """Server processor time per login, one window per run."""
    say(f"{NAME} on {database}: {phones} phones, {runs} windows of {logins} logins")
    with open_channel(server.address, read_ca(server.ca)) as channel, ThreadPoolExecutor(AT_ONCE) as pool:
        known = [LoginPhone(channel, place) for place in range(phones)]

        def both(phone: LoginPhone, ticket: str) -> None:
            phone.set_password(phone.by_sms(ticket))

        list(pool.map(both, known, tickets(server, known)))
        turns = [known[turn % phones] for turn in range(logins)]
        by_sms, by_password = [], []
        for _ in range(runs):
            issued = tickets(server, turns)
            by_sms.append(_cost(server, lambda issued=issued: list(pool.map(LoginPhone.by_sms, turns, issued)), logins))  # type: ignore[misc]
            whole = _cost(server, lambda: list(pool.map(LoginPhone.by_password, turns)), logins)
            by_password.append(whole - hash_cost(pool))
    return [
        Result.of(f"{NAME}.sms.{database}.server_cpu", by_sms),
        Result.of(f"{NAME}.password.{database}.server_cpu", by_password),
    ]


def tickets(server: MeasuredServer, phones: Sequence[LoginPhone]) -> list[str]:
    """A ticket for each, as if its code had been checked."""
    with server.operator() as operator:
        unit = operator_accounts(operator)
        until = operator.clock.now() + dt.timedelta(minutes=10)
        with writing(operator.engine) as connection:
            return [
                issue_ticket(
                    unit(connection),
                    Ticket(brand=BRAND, purpose=CodePurpose.LOGIN, phone_number=f"+86{phone.number}"),
                    until,
                )[0]
                for phone in phones
            ]


def hash_cost(pool: ThreadPoolExecutor) -> float:
    """Processor time of one comparison while as many run as logins in a window, microseconds.

    Alone it would look cheaper than it is in the server: comparisons share the caches and the processors' clock.
    """
    hasher = PasswordHasher(
        time_cost=COST.time, memory_cost=COST.memory_kib, parallelism=COST.lanes, hash_len=32, type=Type.ID
    )
    stored = hasher.hash("A1b2c3d4")

    def compare(_place: int) -> float:
        began = time.thread_time()
        for _ in range(_HASHES):
            hasher.verify(stored, "A1b2c3d4")
        return (time.thread_time() - began) * 1e6 / _HASHES

    return sum(pool.map(compare, range(AT_ONCE))) / AT_ONCE


def _cost(server: MeasuredServer, work: Callable[[], object], count: int) -> float:
    before = server.usage().cpu_seconds
    work()
    return (server.usage().cpu_seconds - before) * 1e6 / count
