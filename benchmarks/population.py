"""Unary cost with a million keys in the database against a thousand.

`populate` fills a PostgreSQL database with keys that nobody uses, so that indexes and tables have the size of a real
service. The rows are made by the database itself, a million in a few minutes; their seals and MACs are random and
never opened. The phones that sign were enrolled before, the server runs on.
"""

from typing import Final

from sqlalchemy import Engine, text

from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import Rig, missing, result
from benchmarks.service import running
from cosign.store.engine import make_engine
from cosign.store.postgres import PostgresOptions
from tests.support.postgres import cluster

NAME: Final = "rpc.sign.population"
FEW: Final = 1_000
MANY: Final = 1_000_000

SEALED_BYTES: Final = 240
"""Size of a sealed signing share with its frame."""

_NUMBERS: Final = "WITH made (n) AS (SELECT n FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n) "

_STATEMENTS: Final = (
    """
    INSERT INTO dev_state SELECT 'fill_d' || n, 'fill_u' || n, 1, 'active', 9, 50, 0, 0, random_bytes.b, random_bytes.b,
        random_bytes.b, 0, 0, 0, 0, '', '', decode(md5('m' || n) || md5('n' || n), 'hex')
    FROM made, LATERAL (SELECT decode(md5('t' || n), 'hex') AS b) random_bytes
    """,
    """
    INSERT INTO device SELECT 'fill_d' || n, 'fill_u' || n, 'phone',
        decode('02' || md5('d' || n) || md5('e' || n), 'hex'), 'active', now(), NULL FROM made
    """,
    """
    INSERT INTO joint_key (key_id, user_id, device_id, suite, purpose, flags, pk, state, frozen_by, challenge_hash,
        share_epoch, row_ver, created_at, ended_at)
    SELECT 'fill_k' || n, 'fill_u' || n, 'fill_d' || n, 'SM2', 1, 0,
        decode('02' || md5('p' || n) || md5('q' || n), 'hex'), 'active', '', '', 0, 1, now(), NULL FROM made
    """,
    """
    INSERT INTO share (share_id, key_id, device_id, state, sealed, kek_version, row_ver, created_ms, expires_ms,
        changed_ms)
    SELECT decode(md5('s' || n), 'hex'), 'fill_k' || n, 'fill_d' || n, 'current',
        decode(repeat(md5('x' || n), CAST(:sealed_words AS integer)), 'hex'), 1, 1, 0, 0, 0 FROM made
    """,
    """
    INSERT INTO audit_row SELECT 'fill', n, 0, 'key_operation', 'right', 'fill_d' || n, 'fill_k' || n, '', 2, 1, '', '',
        'A', '', '', '', '', '', '', '', decode(md5('r' || n) || md5('a' || n), 'hex') FROM made
    """,
    "INSERT INTO seen_request SELECT 'fill_d' || n, decode(md5('i' || n), 'hex'), 0 FROM made",
    "INSERT INTO public_key_usage SELECT decode('02' || md5('p' || n) || md5('q' || n), 'hex'), 1 FROM made",
)
_CHUNK: Final = 50_000


def populate(engine: Engine, keys: int, *, first: int = 1) -> None:
    """Adds devices numbered `first` to `keys` with one active key each, and brings the statistics up to date."""
    for begin in range(first, keys + 1, _CHUNK):
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            values = {"first": begin, "last": min(keys, begin + _CHUNK - 1), "sealed_words": SEALED_BYTES // 16}
            for statement in _STATEMENTS:
                used = {name: value for name, value in values.items() if f":{name}" in _NUMBERS + statement}
                connection.execute(text(_NUMBERS + statement), used)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


def run(*, phones: int, runs: int, seconds: float, keys: int = MANY) -> list[Result]:
    """Processor time of `cosignd` and PostgreSQL together per unary Sign, with FEW and with `keys` keys."""
    found = []
    try:
        with cluster(durable=True, shared_buffers="512MB", max_wal_size="4GB") as postgres:
            url = postgres.create()
            with running({"COSIGN_DATABASE__URL": url}) as server:
                engine = make_engine(url, PostgresOptions(deadline_seconds=0))
                with Rig(server, postgres, phones=phones, seconds=seconds) as rig:
                    for first, last in ((1, FEW), (FEW + 1, keys)):
                        say(f"{NAME}: {last} keys")
                        populate(engine, last, first=first)
                        rig.sample()  # caches and the checkpoint belong to the filling
                        samples = rig.samples(runs)
                        name = f"{NAME}.keys{last}"
                        found.append(result(name, samples, lambda sample: sample.server_us + sample.database_us))
                engine.dispose()
    except FileNotFoundError as fault:
        return missing("PostgreSQL", fault)
    return found
