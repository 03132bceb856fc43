"""`cosignd serve --workers N` with real processes: killed, replaced, reloaded, drained, orphaned."""

import re
import signal
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import grpc
import psutil
import pytest

from cosign.api.v1 import server_info_pb2
from cosign.client.phone import Phone
from cosign.errors import ConfigInvalid
from cosign.server.config import Config, ServerSection, checked
from cosign.server.config_database import DatabaseSection
from cosign.server.supervisor import REFUSED, SIGNALS
from tests.cosign.server.calls import stub
from tests.cosign.server.process import PIN, ServerProcess, metric, running, sign_key


def wait_for(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def one(tmp_path: Path) -> Iterator[ServerProcess]:
    """One supervised worker on SQLite."""
    with running(tmp_path, {"COSIGN_SERVER__WORKERS": "1"}) as server:
        yield server


@pytest.fixture
def two(tmp_path: Path, postgres_url: str) -> Iterator[ServerProcess]:
    """Two workers on PostgreSQL."""
    settings = {
        "COSIGN_SERVER__WORKERS": "2",
        "COSIGN_DATABASE__URL": postgres_url,
        "COSIGN_LIMITS__DEVICE_PER_SECOND": "100000",
        "COSIGN_LIMITS__ADDRESS_PER_SECOND": "100000",
    }
    with running(tmp_path, settings) as server:
        yield server


def workers(server: ServerProcess) -> list[psutil.Process]:
    return [child for child in psutil.Process(server.pid).children() if child.status() != psutil.STATUS_ZOMBIE]


def scrape(server: ServerProcess) -> str:
    with urllib.request.urlopen(server.metrics, timeout=10) as answer:
        return str(answer.read().decode())


class Load:
    """A phone that signs until it is told to stop; any fault ends it."""

    def __init__(self, server: ServerProcess, name: str) -> None:
        self._ready = threading.Event()
        self._stop = threading.Event()
        self.signed = 0
        self.fault: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(server, name))
        self._thread.start()
        assert self._ready.wait(60)

    def _run(self, server: ServerProcess, name: str) -> None:
        try:
            with server.phone(name, f"user-{name}") as phone:
                key_id = sign_key(phone)
                with phone.unlock(key_id, PIN) as share:
                    self._ready.set()
                    while not self._stop.is_set():
                        phone.sign_digests(key_id, [(self.signed + 1).to_bytes(32)], share)
                        self.signed += 1
        except Exception as fault:
            self.fault = fault
        finally:
            self._ready.set()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)


def replaced(server: ServerProcess, before: set[int]) -> bool:
    present = {child.pid for child in workers(server)}
    return len(present) == 2 and not present & before


def signs(phone: Phone) -> None:
    phone.sign(sign_key(phone), [b"message"], PIN)


def test_sqlite_has_one_writer() -> None:
    server = ServerSection(workers=2)
    with pytest.raises(ConfigInvalid, match="one writer"):
        checked(Config(server=server))
    checked(Config(server=server, database=DatabaseSection(url="postgresql://db/cosign")))


def test_it_says_what_it_is_and_serves(one: ServerProcess) -> None:
    assert "(TLS 1.3, development certificate " in one.output
    assert ", 1 workers)" in one.output
    assert len(workers(one)) == 1
    with one.phone() as phone:
        signs(phone)
    assert one.stop() == 0
    assert '"event":"stopped"' in one.output


def test_no_thread_of_the_supervisor_takes_a_signal_by_itself(one: ServerProcess) -> None:
    scrape(one)
    # Of the main thread itself the system shows the mask as it is within sigtimedwait.
    others = [task for task in Path(f"/proc/{one.pid}/task").iterdir() if task.name != str(one.pid)]
    assert others
    for thread in others:
        (blocked,) = re.findall(r"^SigBlk:\s+(\w+)$", (thread / "status").read_text(), re.MULTILINE)
        assert all(int(blocked, 16) >> (number - 1) & 1 for number in SIGNALS)


def test_a_killed_worker_is_replaced(one: ServerProcess) -> None:
    with one.phone() as phone:
        signs(phone)
    (before,) = workers(one)
    before.kill()
    wait_for(lambda: [child.pid for child in workers(one)] not in ([], [before.pid]))
    wait_for(lambda: metric(scrape(one), "cosign_workers") == 1)
    with one.phone() as phone:
        signs(phone)
    assert metric(scrape(one), "cosign_worker_restarts_total") == 1


def test_a_killed_supervisor_leaves_no_orphans_and_frees_the_folder(one: ServerProcess) -> None:
    (worker,) = workers(one)
    one.stop(signal.SIGKILL)
    psutil.wait_procs([worker], timeout=40)
    assert not worker.is_running()
    one.start()
    with one.phone() as phone:
        signs(phone)


def test_a_reload_loses_no_request(two: ServerProcess) -> None:
    loads = [Load(two, f"phone-{number}") for number in range(4)]
    before = {child.pid for child in workers(two)}
    for _ in range(2):
        present = {child.pid for child in workers(two)}
        two.process.send_signal(signal.SIGHUP)  # type: ignore[union-attr]
        wait_for(partial(replaced, two, present))
    signed = [load.signed for load in loads]
    wait_for(lambda: all(load.fault or load.signed > count for load, count in zip(loads, signed, strict=True)))
    for load in loads:
        load.stop()
    assert [load.fault for load in loads] == [None] * 4
    assert not before & {child.pid for child in workers(two)}


def test_a_killed_worker_of_two_costs_nobody_more_than_an_answer(two: ServerProcess) -> None:
    with two.phone() as phone:
        signs(phone)
    before = workers(two)
    before[0].kill()
    with two.phone("other", "user-2") as phone:
        signs(phone)
    wait_for(lambda: len(workers(two)) == 2)
    wait_for(lambda: metric(scrape(two), "cosign_workers") == 2)
    assert two.control("audit", "verify").returncode == 0


def test_workers_share_their_rate_limits(tmp_path: Path, postgres_url: str) -> None:
    """Calls over many connections, which reach both workers: as many get through as one bucket holds."""
    burst = 40
    settings = {
        "COSIGN_SERVER__WORKERS": "2",
        "COSIGN_DATABASE__URL": postgres_url,
        "COSIGN_LIMITS__ADDRESS_PER_SECOND": "0.001",
        "COSIGN_LIMITS__ADDRESS_BURST": str(burst),
    }
    asked = server_info_pb2.GetServerInfoRequest()
    with running(tmp_path, settings) as server:
        ended: Counter[grpc.StatusCode] = Counter()
        while ended.total() < 3 * burst:
            with server.channel() as channel:
                service = stub(channel, "ServerInfoService")
                for _ in range(3):
                    call = service.GetServerInfo.future(asked, timeout=60)
                    ended[call.code()] += 1
        assert ended == {grpc.StatusCode.OK: burst, grpc.StatusCode.RESOURCE_EXHAUSTED: 2 * burst}


def test_metrics_of_all_workers_are_one(two: ServerProcess) -> None:
    with two.phone() as phone:
        for _ in range(3):
            signs(phone)
    text = scrape(two)
    assert metric(text, "cosign_answers_total", op="sign", status="ok") == 4  # one of them activated the key
    assert {f'worker="{slot}"' for slot in range(2)} <= {
        line.partition("{")[2].partition("}")[0] for line in text.splitlines() if line.startswith("process_resident")
    }
    assert text.count("# TYPE cosign_rpc_duration_seconds histogram") == 1


def test_a_reload_with_a_bad_configuration_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "cosign.toml"
    file.write_text("[server]\nworkers = 1\n")
    with running(tmp_path, {"COSIGN_CONFIG": str(file)}) as server:
        before = [child.pid for child in workers(server)]
        file.write_text("[server]\nworkers = -1\n")
        server.process.send_signal(signal.SIGHUP)  # type: ignore[union-attr]
        wait_for(lambda: '"event":"reload_refused"' in server.output)
        assert [child.pid for child in workers(server)] == before


def test_a_worker_that_cannot_start_ends_the_program(tmp_path: Path) -> None:
    server = ServerProcess(
        tmp_path,
        {"COSIGN_SERVER__WORKERS": "1", "COSIGN_TLS__CERTIFICATE": "/none", "COSIGN_TLS__PRIVATE_KEY": "/none"},
    )
    process = server.launch()
    assert process.wait(60) == REFUSED
    assert "CONFIG_INVALID" in server.output
