"""`make demo`: a server, a user with two phones, OpenSSL as judge, and everything that can go wrong on purpose.

Artefacts go to `build/demo/`; `report.json` says `{"ok": true, "steps": […]}`. Exit status 0 only if every step passed.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from demo import openssl, steps
from demo.programs import Server
from demo.report import Report

BUILD: Final = Path("build") / "demo"


def main() -> int:
    """Runs the demo in the present folder and returns the exit status."""
    if not openssl.is_usable():
        print(openssl.INSTALL_HINT, file=sys.stderr)
        return 1
    shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True)
    report = Report()
    print("cosign demo: a phone and a server sign and decrypt together; nobody ever holds a whole private key\n")
    with tempfile.TemporaryDirectory(prefix="cosign-demo-") as folder:
        server = Server(Path(folder) / "server")
        try:
            steps.run_all(report, server, Path(folder), BUILD)
        except Exception:
            # The failing step has printed its line; the summary and the log help to find the reason.
            print(f"\nLast lines of the server's log:\n{server.tail()}", file=sys.stderr)
        finally:
            server.kill()
    report.finish(BUILD / "report.json", openssl.version())
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
