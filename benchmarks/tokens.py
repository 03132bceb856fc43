"""What a hardware token costs per request: SoftHSM2 beside the software token, both servers at once, window by window.

Both servers run from the start to the end, each on a database of its own in one PostgreSQL; phones drive them in
turns, so that whatever else happens on the machine happens to both. The server without phones is all but idle.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.rig import Rig, missing, result
from benchmarks.service import running
from demo.programs import Server
from tests.hsm.softhsm import LABEL, module_path
from tests.support.postgres import cluster

NAME = "rpc.sign.unary"
_VARIABLE = "SOFTHSM2_CONF"


def run(*, phones: int, runs: int, seconds: float) -> list[Result]:
    """Server processor time per unary Sign with each token, on PostgreSQL."""
    try:
        with (
            cluster(durable=True) as postgres,
            token_store() as token,
            running({"COSIGN_DATABASE__URL": postgres.create()}) as plain,
            running({"COSIGN_DATABASE__URL": postgres.create(), **token}, _ceremony) as hard,
            Rig(plain, phones=phones, seconds=seconds) as with_software,
            Rig(hard, phones=phones, seconds=seconds) as with_softhsm,
        ):
            say(f"{NAME}: SoftHSM2 beside the software token, {runs} windows each")
            pairs = [(with_software.sample(), with_softhsm.sample()) for _ in range(runs)]
    except FileNotFoundError as fault:
        return missing("SoftHSM2", fault)
    ours, theirs = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return [
        result(f"{NAME}.software_token.server_cpu", ours, lambda sample: sample.server_us),
        result(f"{NAME}.softhsm2.server_cpu", theirs, lambda sample: sample.server_us),
    ]


@contextmanager
def token_store() -> Iterator[dict[str, str]]:
    """Settings of a server whose token is SoftHSM2; the module of this process uses the same store meanwhile."""
    with TemporaryDirectory(prefix="cosign-bench-token-") as name:
        folder = Path(name)
        (folder / "tokens").mkdir()
        conf = folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
        for part in ("one", "two"):
            (folder / part).write_text(f"operator {part}")
        place = f"module-path={module_path()}&pin-source=file:{folder / 'pin'}"
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = str(conf)
        try:
            yield {
                _VARIABLE: str(conf),
                "COSIGN_TOKEN__KIND": "pkcs11",
                "COSIGN_TOKEN__URI": f"pkcs11:token={LABEL};object=kek?{place}",
            }
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before


def _ceremony(server: Server) -> None:
    """Makes the token ready, with two operator parts."""
    folder = Path(os.environ[_VARIABLE]).parent
    server.folder.mkdir()
    parts = ("--part-1", str(folder / "one"), "--part-2", str(folder / "two"))
    server.control("hsm", "init", "--transcript", str(folder / "papers"), *parts)
