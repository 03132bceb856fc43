"""Clusters of PostgreSQL for tests: made, started, killed and removed by the tests themselves.

`initdb` and `postgres` refuse to run as root, so root starts them as `postgres` or `nobody`. A cluster listens on a
socket in its own folder under /tmp (paths of sockets are short) and, when asked, on a free port of 127.0.0.1.
"""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

USER: Final = "cosign"
START_SECONDS: Final = 30.0
_FAST: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "on"}
_SETTINGS: Final = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "logging_collector": "off",
    "autovacuum_naptime": "10s",
}


def _binary(name: str) -> str:
    """Full path of a server program of PostgreSQL 15 or newer."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: float(one.parent.name), reverse=True)
    for folder in (*folders, *(Path(one) for one in os.get_exec_path())):
        if (folder / name).exists():
            return str(folder / name)
    raise FileNotFoundError(f"{name} of PostgreSQL is missing; install the package postgresql")


def _as_server_user() -> tuple[list[str], pwd.struct_passwd | None]:
    """Words before a server program, and who it then runs as."""
    if os.geteuid() != 0:
        return [], None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
    return ["setpriv", *ids, "--clear-groups", "--pdeathsig=QUIT"], user


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One PostgreSQL server. `durable=False` spares tests that are not about durability the flushes."""

    def __init__(self, folder: Path, *, durable: bool = False, listen: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port() if listen else 5432
        self._listen = "127.0.0.1" if listen else ""
        self._durable = durable
        self._words, self._user = _as_server_user()
        self._process: subprocess.Popen[bytes] | None = None
        self._names = itertools.count(1)
        self._own(folder)

    def initialise(self, **settings: str) -> None:
        """Makes an empty cluster."""
        self._run("initdb", "-D", str(self.data), "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.configure(**settings)

    def configure(self, **settings: str) -> None:
        """Appends to the configuration; takes effect at the next start, or by `reload`."""
        values = _SETTINGS | ({} if self._durable else _FAST) | {"listen_addresses": self._listen}
        values |= {"unix_socket_directories": str(self.folder), "port": str(self.port)} | settings
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in values.items())

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        command = [*self._words, _binary("postgres"), "-D", str(self.data)]
        self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        log.close()
        end = time.monotonic() + START_SECONDS
        while True:
            if self.answers():
                return
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        assert self._process is not None
        return self._process.pid

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT is a fast shutdown; SIGQUIT an immediate one, as after a power cut."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=START_SECONDS)

    def restart(self, number: int = signal.SIGINT) -> None:
        self.stop(number)
        self.start()

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def promote(self) -> None:
        """Turns a standby into a primary."""
        self._run("pg_ctl", "promote", "-D", str(self.data), "-w")

    def copy_from(self, primary: "Cluster", source: str) -> None:
        """Makes this the streaming standby of `primary`, which it follows through the connection string `source`."""
        words = ["-D", str(self.data), "-d", primary.url("postgres"), "-X", "stream", "-c", "fast", "--no-sync"]
        self._run("pg_basebackup", *words)
        self.configure(primary_conninfo=source, hot_standby="on")
        (self.data / "standby.signal").touch()
        self._own(self.data / "standby.signal")

    def create(self, name: str = "", *, template: str = "template0") -> str:
        """A new database; returns its SQLAlchemy URL.

        Its files are copied as they are: half the cost of copying them through the log.
        """
        name = name or f"test_{next(self._names)}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.sqlalchemy_url(name)

    def drop(self, url: str) -> None:
        """Removes a database and whoever is connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{url.partition("?")[0].rpartition("/")[2]}" WITH (FORCE)')

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str) -> str:
        """libpq's form, through the socket."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def sqlalchemy_url(self, database: str, *, port: int = 0) -> str:
        """SQLAlchemy's form; through TCP when a port is given."""
        if port:
            return f"postgresql://{USER}@127.0.0.1:{port}/{database}"
        return self.url(database)

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _run(self, program: str, *words: str) -> None:
        command = [*self._words[:-1], _binary(program), *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    def _own(self, path: Path) -> None:
        if self._user is not None:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)


@contextmanager
def cluster_folder() -> Iterator[Path]:
    """A folder that the server's user can reach, whatever the modes of pytest's are."""
    folder = Path(tempfile.mkdtemp(prefix="cosign-pg-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster(*, durable: bool = False, listen: bool = False, **settings: str) -> Iterator[Cluster]:
    """A running cluster."""
    with cluster_folder() as folder:
        made = Cluster(folder, durable=durable, listen=listen)
        made.initialise(**settings)
        made.start()
        try:
            yield made
        finally:
            made.stop(signal.SIGQUIT)
