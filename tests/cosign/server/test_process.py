"""`cosignd` as a process: start, health, faults, drain, kill."""

import json
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from cosign.client.phone import Phone, PhoneFault
from cosign.client.phone.errors import Rejected
from cosign.client.phone.refusals import OutcomeUnknown, PinIncorrect, Refused
from cosign.server.supervisor import REFUSED
from cosign.store.waits import Wait
from tests.cosign.server.process import PIN, ServerProcess, metric, running, sign_key

SERVICES = ["", *(f"cosign.api.v1.{name}Service" for name in ("ServerInfo", "Device", "Key", "Signing", "Share"))]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path) as server:
        yield server


def health(server: ServerProcess, service: str = "") -> str:
    with server.channel() as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service=service), timeout=20, wait_for_ready=True
        )
    return str(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def wait_for_health(server: ServerProcess, status: str) -> None:
    end = time.monotonic() + 30
    while health(server) != status:
        assert time.monotonic() < end, f"never {status}"
        time.sleep(0.1)


def test_it_starts_without_configuration_and_says_what_it_is(server: ServerProcess) -> None:
    first, second = server.output.splitlines()[:2]
    assert first.startswith(f"cosignd: listening on {server.address} (TLS 1.3, development certificate ")
    assert "WARNING: SOFTWARE TOKEN" in second
    assert (server.state / "cosign.db").exists()
    assert {path.stat().st_mode & 0o077 for path in server.state.glob("*key*")} == {0}
    assert server.state.stat().st_mode & 0o077 == 0


def test_health_metrics_and_reflection(server: ServerProcess) -> None:
    assert [health(server, service) for service in SERVICES] == ["SERVING"] * len(SERVICES)
    with urllib.request.urlopen(server.metrics) as answer:
        scrape = answer.read().decode()
    assert "cosign_build_info{" in scrape
    with server.channel() as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (reply,) = stub.ServerReflectionInfo(iter([request]))
    names = {service.name for service in reply.list_services_response.service}
    assert names >= set(SERVICES[1:]) | {"grpc.health.v1.Health"}


def test_one_server_per_state_folder(server: ServerProcess, tmp_path: Path) -> None:
    other = ServerProcess(tmp_path / "other")
    other.folder.mkdir()
    other.state.symlink_to(server.state)
    assert other.launch().wait(timeout=60) == 1
    assert "another cosignd runs on it [SERVER_RUNNING]" in other.output


def test_a_killed_server_comes_back_with_everything(server: ServerProcess) -> None:
    with server.phone() as phone:
        key_id = sign_key(phone)
        phone.sign(key_id, [b"before"], PIN)
        server.stop(signal.SIGKILL)
        server.start()
    with server.phone() as phone:
        phone.sign(key_id, [b"after"], PIN)
    assert server.control("audit", "verify").returncode == 0


def test_a_full_disk_stops_acts_and_nothing_else(server: ServerProcess) -> None:
    with server.phone() as phone:
        key_id = sign_key(phone)
        server.starve(full=True)
        with pytest.raises(OutcomeUnknown):
            phone.sign(key_id, [b"message"], PIN)
        wait_for_health(server, "NOT_SERVING")
        server.starve(full=False)
        wait_for_health(server, "SERVING")
        assert len(phone.sign(key_id, [b"message"], PIN)) == 1
    assert server.control("audit", "verify").returncode == 0
    assert "dependency_back" in server.output


def test_a_full_disk_refuses_enrolment(server: ServerProcess) -> None:
    code = server.code()
    server.starve(full=True)
    with Phone.open(server.folder / "late", server.address, server.state / "tls-cert.pem") as phone:
        with pytest.raises(Rejected) as caught:
            phone.enrol(code=code, display_name="late")
        assert caught.value.server_reason == "DB_UNAVAILABLE"
        server.starve(full=False)
        phone.enrol(code=code, display_name="late")


def test_a_lost_token_is_noticed(server: ServerProcess) -> None:
    token = server.state / "token"
    moved = token.rename(server.state / "elsewhere")
    wait_for_health(server, "NOT_SERVING")
    moved.rename(token)
    wait_for_health(server, "SERVING")


def test_a_token_that_is_lost_at_the_start_is_not_replaced(server: ServerProcess) -> None:
    assert server.stop() == 0
    (server.state / "token").rename(server.state / "elsewhere")
    assert server.launch().wait(timeout=60) == 1
    assert "[HSM_UNAVAILABLE]" in server.output.splitlines()[-1]
    assert not (server.state / "token").exists()


def test_a_database_put_back_to_an_older_state_is_refused(server: ServerProcess) -> None:
    assert server.stop() == 0
    database = server.state / "cosign.db"
    old = database.read_bytes()
    server.start()
    server.code()
    with server.phone() as phone:
        sign_key(phone)
    assert server.stop() == 0
    database.write_bytes(old)
    for leftover in server.state.glob("cosign.db-*"):
        leftover.unlink()
    assert server.launch().wait(timeout=60) == 1
    assert "[AUDIT_BROKEN]" in server.output.splitlines()[-1]
    assert server.control("db", "restored").returncode == 0
    server.start()
    assert server.control("audit", "verify").returncode == 0


def test_sigterm_loses_no_request(tmp_path: Path) -> None:
    """Every evaluated request got its answer: as many right rows in the audit as signatures in the phones."""
    with running(
        tmp_path, {"COSIGN_LIMITS__DEVICE_PER_SECOND": "1000", "COSIGN_LIMITS__DEVICE_BURST": "1000"}
    ) as server:
        made = [0, 0, 0]
        other: list[PhoneFault] = []
        ready = threading.Barrier(4)

        def work(number: int) -> None:
            with server.phone(f"phone-{number}") as phone:
                key_id = sign_key(phone)
                with phone.unlock(key_id, PIN) as unlocked:
                    ready.wait(60)
                    while True:
                        try:
                            made[number] += len(phone.sign(key_id, [b"message"], unlocked))
                        except PhoneFault as fault:
                            other.append(fault)
                            return

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        ready.wait(60)
        time.sleep(1.0)
        assert server.stop(signal.SIGTERM) == 0
        for thread in threads:
            thread.join(60)
        assert min(made) > 0
        assert not [fault for fault in other if isinstance(fault, Refused)]
        exported = server.control("audit", "export", "--segment", "node-1").stdout.splitlines()
        rows = [json.loads(line) for line in exported]
        right = [row for row in rows if row["kind"] == "row" and row.get("op") == 2 and row["outcome"] == "right"]
        activations = 3
        assert len(right) == sum(made) + activations


def test_wrong_pins_are_counted(server: ServerProcess) -> None:
    with server.phone() as phone:
        key_id = sign_key(phone)
        with pytest.raises(PinIncorrect) as caught:
            phone.sign(key_id, [b"message"], "903614")
        assert caught.value.attempts_left == 8
    with urllib.request.urlopen(server.metrics) as answer:
        scrape = answer.read().decode()
    assert metric(scrape, "cosign_pin_failures_total") == 1
    assert metric(scrape, "cosign_answers_total", op="sign", status="pin_wrong") == 1
    assert metric(scrape, "cosign_batch_size_count") >= 2
    for kind in Wait:
        assert metric(scrape, "cosign_database_wait_seconds_count", path="hot", kind=kind.value) >= 2
        assert metric(scrape, "cosign_database_wait_seconds_count", path="cold", kind=kind.value) >= 2
    assert metric(scrape, "cosign_token_calls_total", call="unseal", result="ok") >= 1


def test_wrong_usage_and_wrong_configuration(tmp_path: Path) -> None:
    wrong = ServerProcess(tmp_path, {"COSIGN_SERVER__LISTENN": "127.0.0.1:0"})
    assert wrong.launch().wait(timeout=60) == REFUSED
    assert wrong.output.startswith("cosignd: server.listenn: unknown key")
    taken = ServerProcess(tmp_path, {"COSIGN_SERVER__LISTEN": "nonsense"})
    assert taken.launch().wait(timeout=60) == REFUSED


def test_plain_text_only_when_asked(tmp_path: Path) -> None:
    with running(tmp_path, {"COSIGN_SERVER__PLAINTEXT": "true"}) as server:
        assert "PLAIN TEXT" in server.output
        with grpc.insecure_channel(server.address) as channel:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
