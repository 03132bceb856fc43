"""What a login costs the server: real processes, gRPC over TLS 1.3, durable commits, phones that log in again.

`….sms` is LoginSms with a ticket, `….password` is LoginPassword without the password hash: the policy makes it as cheap
as it may be, and a clock in the server takes the processor time of the comparisons, which is taken off. Tickets are
issued beforehand; what sending and checking a code costs is not in it.
"""

import datetime as dt
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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


class LoginServer(Server):
    """`cosignd` with a clock around password hashing."""

    PROGRAM = ("-m", "benchmarks.login_server")


def run(*, phones: int, runs: int, logins: int, sqlite_only: bool = False) -> list[Result]:
    """Measures on SQLite, and on PostgreSQL where its programs are installed; `logins` in each window."""
    found = _measured("sqlite", {}, phones=phones, runs=runs, logins=logins)
    if sqlite_only:
        return found
    try:
        with cluster(durable=True) as postgres:
            url = {"COSIGN_DATABASE__URL": postgres.create()}
            found += _measured("postgres", url, phones=phones, runs=runs, logins=logins)
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


def _measured(database: str, settings: dict[str, str], *, phones: int, runs: int, logins: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="cosign-bench-") as folder:
        file = Path(folder) / "stages.json"
        settings = {**settings, FILE: str(file)}
        with running(settings, prepare=cheap_passwords, program=LoginServer) as server:
            return measure(server, file, database, phones=phones, runs=runs, logins=logins)


def measure(server: MeasuredServer, file: Path, database: str, *, phones: int, runs: int, logins: int) -> list[Result]:
    """Server processor time per login, one window per run; `file` has the time of hashing."""
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
            before = hashed(file)
            whole = _cost(server, lambda: list(pool.map(LoginPhone.by_password, turns)), logins)
            by_password.append(whole - (hashed(file) - before) * 1e6 / logins)
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


def hashed(file: Path) -> float:
    """Seconds of processor time that hashing has taken so far."""
    time.sleep(2 * REPORT_SECONDS)
    return read_totals(file).get(HASHING, 0.0)


def _cost(server: MeasuredServer, work: Callable[[], object], count: int) -> float:
    before = server.usage().cpu_seconds
    work()
    return (server.usage().cpu_seconds - before) * 1e6 / count
