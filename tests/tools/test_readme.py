"""The quick start of the README is run as it stands, away from the default port and without building again."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tools.tree import ROOT


def quick_start() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^## By hand\n\n```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_quick_start_ends_with_a_verified_signature(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    script = quick_start()
    assert script.startswith("make setup && export PATH")
    script = script.partition("\n")[2].replace("7443", port)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COSIGN_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}:{environment['PATH']}",
        "COSIGN_SERVER__LISTEN": f"127.0.0.1:{port}",
        "COSIGN_METRICS__LISTEN": "",
    }
    command = ["bash", "-c", f"set -e\n{script}"]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180)
    assert result.returncode == 0, result.stdout + result.stderr + _log(tmp_path)
    assert "Signature Verified Successfully" in result.stdout


def _log(folder: Path) -> str:
    path = folder / "build" / "cosignd.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""
