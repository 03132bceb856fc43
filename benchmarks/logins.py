"""What a login costs the server: real processes, gRPC over TLS 1.3, durable commits, phones that log in again.

`….sms` is LoginSms with a ticket, `….password` is LoginPassword of a server that takes a plain digest for the password
hash. `….password.*.beside_hashing` is LoginPassword of a server as it is, less the processor time of the comparisons by
a clock in it; the policy makes them as cheap as it may. The difference is what Argon2id costs the code that runs after
it, whose caches it has emptied. Tickets are issued beforehand; what sending and checking a code costs is not in it.
"""

import datetime as dt
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import timestamp_pb2

from benchmarks.load import say
from benchmarks.login_server import HASHING
from benchmarks.results import Result
from benchmarks.rig import missing
from benchmarks.service import MeasuredServer, running
from benchmarks.staged_server import FILE, REPORT_SECONDS, read_totals
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


class HashingServer(Server):
    """`cosignd` with a clock around password hashing."""

    PROGRAM = ("-m", "benchmarks.login_server", "hashing")


class PlainServer(Server):
    """`cosignd` without password hashing."""

    PROGRAM = ("-m", "benchmarks.login_server", "plain")


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    phones: int
    runs: int
    logins: int
    """In each window."""


def run(*, phones: int, runs: int, logins: int, sqlite_only: bool = False) -> list[Result]:
    """Measures on SQLite, and on PostgreSQL where its programs are installed."""
    size = Size(phones, runs, logins)
    found = _measured("sqlite", dict, size)
    if sqlite_only:
        return found
    try:
        with cluster(durable=True) as postgres:
            found += _measured("postgres", lambda: {"COSIGN_DATABASE__URL": postgres.create()}, size)
    except FileNotFoundError as fault:
        found += missing("PostgreSQL", fault)
    return found


def _measured(database: str, fresh: Callable[[], dict[str, str]], size: Size) -> list[Result]:
    """`fresh` makes an empty database and returns the settings that name it."""
    say(f"{NAME} on {database}: {size.phones} phones, {size.runs} windows of {size.logins} logins")
    password = f"{NAME}.password.{database}"
    with tempfile.TemporaryDirectory(prefix="cosign-bench-") as folder:
        file = Path(folder) / "stages.json"
        with running({**fresh(), FILE: str(file)}, prepare=cheap_passwords, program=PlainServer) as server:
            sms, plain = measure(server, file, size)
        with running({**fresh(), FILE: str(file)}, prepare=cheap_passwords, program=HashingServer) as server:
            _, beside = measure(server, file, size)
    return [
        Result.of(f"{NAME}.sms.{database}.server_cpu", sms),
        Result.of(f"{password}.server_cpu", plain),
        Result.of(f"{password}.beside_hashing", beside),
    ]


def cheap_passwords(server: Server) -> None:
    """Puts COST into the brand's policy."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(_POLICY)
        file.flush()
        server.control("init")
        server.control("brand", "apply", file.name)


def measure(server: MeasuredServer, file: Path, size: Size) -> tuple[list[float], list[float]]:
    """Server processor time per login by SMS and by password, one window per run; without hashing as told by `file`."""
    with open_channel(server.address, read_ca(server.ca)) as channel, ThreadPoolExecutor(AT_ONCE) as pool:
        known = [LoginPhone(channel, place) for place in range(size.phones)]

        def both(phone: LoginPhone, ticket: str) -> None:
            phone.set_password(phone.by_sms(ticket))

        list(pool.map(both, known, tickets(server, known)))
        turns = [known[turn % size.phones] for turn in range(size.logins)]
        by_sms, by_password = [], []
        for _ in range(size.runs):
            issued = tickets(server, turns)
            by_sms.append(_cost(server, lambda issued=issued: pool.map(LoginPhone.by_sms, turns, issued), size))  # type: ignore[misc]
            before = hashed(file)
            whole = _cost(server, lambda: pool.map(LoginPhone.by_password, turns), size)
            by_password.append(whole - (hashed(file) - before) * 1e6 / size.logins)
    return by_sms, by_password


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


def hashed(file: Path) -> float:
    """Seconds of processor time that hashing has taken so far."""
    time.sleep(2 * REPORT_SECONDS)
    return read_totals(file).get(HASHING, 0.0)


def _cost(server: MeasuredServer, work: Callable[[], Iterable[object]], size: Size) -> float:
    before = server.usage().cpu_seconds
    list(work())
    return (server.usage().cpu_seconds - before) * 1e6 / size.logins
