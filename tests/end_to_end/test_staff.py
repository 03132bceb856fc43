"""The staff listener of a real server: two ports, two worlds, and a first login through the programs."""

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from cosign.api.v1 import login_pb2, server_info_pb2, staff_login_pb2
from cosign.client.staff import StaffClient
from cosign.clock import SystemClock
from cosign.server.services import SERVICES
from cosign.server.staff_services import STAFF_SERVICES
from cosign.server.tls import development_files, ensure_development_certificate
from cosign.staff import totp
from tests.cosign.server.process import ServerProcess, running
from tests.support.postgres import free_port

PASSWORD = "Quiet-Harbour-71"


def staff_program(server: ServerProcess, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COSIGN_")}
    environment = {**clean, "COSIGN_STAFF_HOME": str(server.folder / "staff"), "COSIGN_LANG": "en", **variables}
    command = [sys.executable, "-m", "cosign.cli.cosign_staff", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


def call(channel: grpc.Channel, path: str, request: bytes) -> grpc.StatusCode:
    """The status of one call by its path."""
    try:
        method: Any = channel.unary_unary(path)
        method(request, timeout=30)
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, str]]:
    folder: Path = tmp_path_factory.mktemp("staff")
    port = free_port()
    (folder / "client").mkdir()
    certificate, _ = ensure_development_certificate(folder / "client", "localhost", SystemClock())
    settings = {"COSIGN_STAFF__LISTEN": f"127.0.0.1:{port}", "COSIGN_STAFF__CLIENT_CA": str(certificate)}
    with running(folder, settings) as server:
        yield server, f"127.0.0.1:{port}"


def test_neither_listener_serves_the_other_one(server: tuple[ServerProcess, str]) -> None:
    """R-ADM-21: no method for staff is on the port for phones, and none for phones on the port for staff."""
    process, address = server
    assert not set(SERVICES) & set(STAFF_SERVICES)
    ca, (certificate, key) = (process.state / "tls-cert.pem").read_bytes(), development_files(process.folder / "client")
    trusted = grpc.ssl_channel_credentials(ca, key.read_bytes(), certificate.read_bytes())
    phones_call = "/cosign.api.v1.ServerInfoService/GetServerInfo"
    staff_call = "/cosign.api.v1.StaffLoginService/GetOwnStaff"
    with process.channel() as phones, grpc.secure_channel(address, trusted) as staff:
        info = server_info_pb2.GetServerInfoRequest().SerializeToString()
        own = staff_login_pb2.GetOwnStaffRequest().SerializeToString()
        assert call(phones, phones_call, info) is grpc.StatusCode.OK
        assert call(staff, phones_call, info) is grpc.StatusCode.UNIMPLEMENTED
        assert call(phones, staff_call, own) is grpc.StatusCode.UNIMPLEMENTED
        assert call(staff, staff_call, own) is grpc.StatusCode.UNAUTHENTICATED
        login = login_pb2.LoginPasswordRequest().SerializeToString()
        assert call(staff, "/cosign.api.v1.LoginService/LoginPassword", login) is grpc.StatusCode.UNIMPLEMENTED
        with grpc.secure_channel(address, grpc.ssl_channel_credentials(ca)) as stranger:
            assert call(stranger, staff_call, own) is grpc.StatusCode.UNAVAILABLE  # shows no certificate
        for service in STAFF_SERVICES:
            assert call(phones, f"/{service}/Whatever", b"") is grpc.StatusCode.UNIMPLEMENTED


def test_the_first_security_officer_logs_in(server: tuple[ServerProcess, str]) -> None:
    """R-ADM-21: `cosignctl staff create`, then enrolment and login by `cosign-staff`, and a second account."""
    process, address = server
    made = process.control("staff", "create", "chief", "--name", "Chief", "--role", "security_officer")
    assert made.returncode == 0, made.stderr
    invitation = re.search(r"^invitation (\S+)$", made.stdout, re.MULTILINE)
    assert invitation is not None
    trust = str(process.state / "tls-cert.pem")
    recovery_code = enrol(process, address, trust, "chief", invitation[1])
    entered = staff_program(process, "login", "chief", COSIGN_PASSWORD=PASSWORD, COSIGN_STAFF_CODE=recovery_code)
    assert entered.returncode == 0, entered.stderr
    assert "staff_manage" in staff_program(process, "whoami").stdout
    helper = ("helper", "--name", "Helper", "--role", "support", "--brand", "bxq", "--brand", "zb")
    invited = staff_program(process, "members", "invite", *helper, "--reason", "joins", "--json")
    assert '"proposal_id": "prp_' in invited.stdout, invited.stderr
    assert re.search(r"helper .* bxq,\s?zb", process.control("staff", "list").stdout)
    assert process.control("staff", "create", "desk", "--name", "Desk", "--role", "support").returncode == 0
    bound = process.control("staff", "brands", "desk", "--brand", "zb")
    assert bound.stdout.endswith("support zb\n"), bound.stderr
    refused = staff_program(process, "lookup", "find", "--brand", "bxq", "--phone-number", f"138{1:08d}", "--json")
    assert refused.returncode == 1
    assert '"server_reason": "PERMISSION_MISSING"' in refused.stdout
    assert staff_program(process, "logout").returncode == 0
    assert staff_program(process, "whoami").returncode == 1


def enrol(process: ServerProcess, address: str, trust: str, login_name: str, invitation: str) -> str:
    """Accepts an invitation by the client, as its program does; returns a recovery code, which no clock can spoil."""
    certificate, key = development_files(process.folder / "client")
    opened = StaffClient.open(process.folder / "staff", address, Path(trust), certificate=certificate, private_key=key)
    with opened as client:
        begun = client.begin_enrolment(login_name, invitation)
        code = totp.code_at(begun.totp_secret, totp.step_of(dt.datetime.now(dt.UTC)))
        codes = client.finish_enrolment(login_name, invitation, PASSWORD, code)
        assert len(codes) == totp.RECOVERY_CODES
        return codes[0]
