"""Two real `cosignd` on one PostgreSQL: any node serves any device; what one does bites on the other at once."""

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cosign.client.phone import Phone, PhoneFault
from cosign.client.phone.errors import Rejected
from cosign.client.phone.refusals import OutcomeUnknown
from tests.cosign.server.process import PIN, WEAK_KDF, ServerProcess, running, sign_key
from tests.support.postgres import Cluster


@pytest.fixture(scope="module")
def databases(postgres: Cluster) -> Iterator[dict[str, str]]:
    """Settings that every node shares."""
    rows, heads = postgres.create(), postgres.create()
    yield {"COSIGN_DATABASE__URL": rows, "COSIGN_HEADS__URL": heads}
    for url in (rows, heads):
        postgres.drop(url)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The token that every node uses."""
    return {"COSIGN_TOKEN__FOLDER": str(tmp_path_factory.mktemp("shared") / "token")}


@pytest.fixture(scope="module")
def nodes(
    tmp_path_factory: pytest.TempPathFactory, databases: dict[str, str], token: dict[str, str]
) -> Iterator[tuple[ServerProcess, ServerProcess]]:
    """Both running; they share database, heads and token."""
    shared = databases | token
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "two")]
    with (
        running(folders[0], shared | {"COSIGN_SERVER__NODE_ID": "one"}) as one,
        running(folders[1], shared | {"COSIGN_SERVER__NODE_ID": "two"}) as two,
    ):
        yield one, two


def through(node: ServerProcess, home: Path) -> Phone:
    """The phone of `home`, talking to `node`."""
    return Phone.open(home, node.address, node.state / "tls-cert.pem", kdf=WEAK_KDF)


def enrolled(node: ServerProcess, home: Path) -> str:
    """A phone with a signing key; returns the key id."""
    with through(node, home) as phone:
        phone.enrol(code=node.code(), display_name="Test phone")
        return sign_key(phone)


def test_any_node_serves_any_device(nodes: tuple[ServerProcess, ServerProcess], tmp_path: Path) -> None:
    one, two = nodes
    home = tmp_path / "phone"
    key_id = enrolled(one, home)

    for node in (two, one, two, two, one):
        with through(node, home) as phone:
            assert len(phone.sign(key_id, [b"message"], PIN)) == 1

    verified = two.control("audit", "verify", "--json")
    assert verified.returncode == 0, verified.stderr
    segments = {row["segment"] for row in map(json.loads, one.control("audit", "export").stdout.splitlines())}
    assert segments >= {"one", "one/batch", "two/batch", "operator"}
    assert one.control("db", "reconcile").stdout.strip() == "0 left, 0 repaired, 0 swept"


def test_what_is_ended_on_one_node_is_ended_on_the_other(
    nodes: tuple[ServerProcess, ServerProcess], tmp_path: Path
) -> None:
    one, two = nodes
    first, second = tmp_path / "first", tmp_path / "second"
    frozen, unbound = enrolled(one, first), enrolled(two, second)
    with through(two, first) as phone, through(two, second) as other:
        phone.sign(frozen, [b"before"], PIN)
        other.sign(unbound, [b"before"], PIN)
        device_id = other.status().device_id

        assert one.control("key", "freeze", frozen).returncode == 0
        assert one.control("device", "unbind", device_id).returncode == 0

        with pytest.raises(PhoneFault):
            phone.sign(frozen, [b"after"], PIN)
        with pytest.raises(PhoneFault):
            other.sign(unbound, [b"after"], PIN)
        assert one.control("key", "unfreeze", frozen).returncode == 0
        phone.sign(frozen, [b"again"], PIN)


def test_a_killed_node_costs_nobody_a_freeze(nodes: tuple[ServerProcess, ServerProcess], tmp_path: Path) -> None:
    one, two = nodes
    homes = [tmp_path / f"phone-{number}" for number in range(3)]
    keys = [enrolled(one, home) for home in homes]
    acknowledged = [0] * len(homes)
    stop = threading.Event()

    def use(number: int) -> None:
        with through(one, homes[number]) as phone:
            while not stop.is_set():
                try:
                    phone.sign(keys[number], [b"message"], PIN)
                except (OutcomeUnknown, Rejected, PhoneFault):
                    return
                acknowledged[number] += 1

    threads = [threading.Thread(target=use, args=(number,)) for number in range(len(homes))]
    for thread in threads:
        thread.start()
    threads[0].join(2)
    one.stop(signal.SIGKILL)
    stop.set()
    for thread in threads:
        thread.join(60)

    for number, home in enumerate(homes):
        with through(two, home) as phone:
            phone.sync()
            assert len(phone.sign(keys[number], [b"after"], PIN)) == 1
    rows = [json.loads(line) for line in two.control("audit", "export").stdout.splitlines()]
    signed = [row for row in rows if row.get("event") == "key_operation" and row.get("outcome") == "right"]
    assert len(signed) >= sum(acknowledged) + 2 * len(homes)
    assert two.control("audit", "verify").returncode == 0
    one.start()


def test_nodes_that_do_not_fit_are_refused(
    nodes: tuple[ServerProcess, ServerProcess], databases: dict[str, str], token: dict[str, str], tmp_path: Path
) -> None:
    one, _ = nodes
    for name, settings, reason in (
        ("twin", databases | {"COSIGN_SERVER__NODE_ID": "one"}, "[SERVER_RUNNING]"),
        ("alone", {"COSIGN_DATABASE__URL": databases["COSIGN_DATABASE__URL"]}, "heads"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        other = ServerProcess(folder, token | settings)
        assert other.launch().wait(timeout=60) == 1
        assert reason in other.output
    refused = one.control("db", "restored")
    assert refused.returncode == 1
    assert "SERVER_RUNNING" in refused.stderr
