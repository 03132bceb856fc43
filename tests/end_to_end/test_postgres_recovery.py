"""Restore drill and lossy fail-over on real PostgreSQL clusters (RS-1 to RS-5), with real programs."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cosign.client.phone import Phone, PhoneFault
from cosign.client.phone.refusals import Frozen, PinIncorrect, Refused
from tests.cosign.server.process import PIN, WEAK_KDF, ServerProcess, sign_key
from tests.support.postgres import Cluster, cluster, cluster_folder
from tests.support.proxy import Proxy

NEW_PIN = "582914"


@pytest.fixture
def heads(postgres: Cluster) -> Iterator[str]:
    """The second database; it survives what happens to the first."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@contextmanager
def node_on(folder: Path, database: str, heads: str) -> Iterator[ServerProcess]:
    """A node that is not started yet; killed at the end if it still runs."""
    folder.mkdir(exist_ok=True)
    node = ServerProcess(folder, {"COSIGN_DATABASE__URL": database, "COSIGN_HEADS__URL": heads})
    try:
        yield node
    finally:
        if node.process is not None and node.process.poll() is None:
            node.stop(signal.SIGKILL)


def through(node: ServerProcess, home: Path) -> Phone:
    return Phone.open(home, node.address, node.state / "tls-cert.pem", kdf=WEAK_KDF)


def adopts_and_signs(phone: Phone, key_id: str) -> None:
    """RESYNC makes the phone send ADOPT with the PIN that was entered; then it works as before."""
    assert len(phone.sign(key_id, [b"message"], PIN)) == 1
    phone.sync()
    assert len(phone.sign(key_id, [b"message"], PIN)) == 1


def test_36_62_restore_drill(tmp_path: Path, heads: str, postgres: Cluster) -> None:
    """Dump, go on, damage, restore, declare, adopt: docs/operations.md does the same by hand."""
    database, restored = postgres.create(), postgres.create()
    source, target = (name_of(url) for url in (database, restored))
    dump = tmp_path / "cosign.dump"
    homes = [tmp_path / "kept", tmp_path / "promoted"]
    keys: list[str] = []
    with node_on(tmp_path / "node", database, heads) as node:
        node.start()
        for home in homes:
            with through(node, home) as phone:
                phone.enrol(code=node.code(), display_name="Test phone")
                keys.append(sign_key(phone))
        subprocess.run(["pg_dump", "-Fc", "-f", str(dump), postgres.url(source)], check=True, timeout=60)
        with through(node, homes[1]) as phone:
            phone.change_pin(PIN, NEW_PIN)
        assert node.stop() == 0
        postgres.sql("TRUNCATE share, joint_key, dev_state, audit_row CASCADE", source)
        assert node.control("db", "check").returncode == 1

    subprocess.run(["pg_restore", "-d", postgres.url(target), str(dump)], check=True, timeout=60)
    with node_on(tmp_path / "node", restored, heads) as node:
        assert node.control("db", "check").returncode == 1
        declared = node.control("db", "restored")
        assert declared.returncode == 0, declared.stderr
        assert f"frozen {keys[1]}" in declared.stdout
        assert f"frozen {keys[0]}" not in declared.stdout
        assert f"other_share {keys[1]}" in node.control("db", "reconcile").stdout
        node.start()
        with through(node, homes[0]) as phone:
            adopts_and_signs(phone, keys[0])
        with through(node, homes[1]) as phone, pytest.raises(Refused):
            phone.sign(keys[1], [b"message"], NEW_PIN)
        assert node.control("audit", "verify").returncode == 0


def test_36_fail_over_that_lost_the_last_commit(tmp_path: Path, heads: str) -> None:
    """Replication is cut, a signature is acknowledged, the primary dies, the standby takes over."""
    with cluster(durable=True, listen=True) as primary, cluster_folder() as folder, Proxy(primary.port) as link:
        database = primary.create()
        standby = Cluster(folder, durable=True, listen=True)
        standby.copy_from(primary, f"host=127.0.0.1 port={link.port} user=cosign")
        standby.start()
        with node_on(tmp_path / "node", database, heads) as node:
            node.start()
            with through(node, tmp_path / "phone") as phone:
                phone.enrol(code=node.code(), display_name="Test phone")
                key_id = sign_key(phone)
                phone.sign(key_id, [b"replicated"], PIN)
                wait_for_replication(primary)
                link.swallow()
                phone.sign(key_id, [b"lost"], PIN)
        primary.stop(signal.SIGQUIT)
        link.close()
        standby.promote()

        with node_on(tmp_path / "node", standby.sqlalchemy_url(name_of(database)), heads) as node:
            declared = node.control("db", "restored")
            assert declared.returncode == 0, declared.stderr
            assert "frozen" not in declared.stdout
            node.start()
            with through(node, tmp_path / "phone") as phone:
                adopts_and_signs(phone, key_id)
            assert node.control("audit", "verify").returncode == 0
        standby.stop(signal.SIGQUIT)


def test_a_restarted_database_needs_no_restart_of_ours(tmp_path: Path, heads: str) -> None:
    """PostgreSQL is killed as by a power cut and started again, twice, while a phone goes on signing."""
    with cluster(durable=True) as database, node_on(tmp_path / "node", database.create(), heads) as node:
        node.start()
        with through(node, tmp_path / "phone") as phone:
            phone.enrol(code=node.code(), display_name="Test phone")
            key_id = sign_key(phone)
            for _ in range(2):
                database.restart(signal.SIGQUIT)
                wait_for_signature(phone, key_id)
            phone.sync()
        assert node.control("audit", "verify").returncode == 0
        assert node.process is not None
        assert node.process.poll() is None


def wait_for_signature(phone: Phone, key_id: str) -> None:
    """Until a signature succeeds; nothing on the way may freeze the phone or charge its PIN."""
    end = time.monotonic() + 30
    while True:
        try:
            assert len(phone.sign(key_id, [b"message"], PIN)) == 1
        except (Frozen, PinIncorrect):
            raise
        except PhoneFault:
            assert time.monotonic() < end
            time.sleep(0.2)
        else:
            return


def name_of(url: str) -> str:
    """The database in a URL."""
    return url.partition("?")[0].rpartition("/")[2]


def wait_for_replication(primary: Cluster) -> None:
    """Until the standby has replayed everything."""
    end = time.monotonic() + 30
    behind = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()"
    while primary.sql(behind) != [(1,)]:
        assert time.monotonic() < end
        time.sleep(0.05)
