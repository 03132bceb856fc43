"""Lints the public API and refuses changes that break phones in the field.

    python -m tools.protos            lint `proto/`, compare it with `proto/baseline.binpb`
    python -m tools.protos baseline   take the API as it stands as the new baseline (at a release)

The work is done by `buf` at a pinned version, taken from the npm package registry into `build/buf`. Without npm the
check says so and passes; continuous integration installs npm.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tools.tree import ROOT

VERSION: Final = "1.75.0"
BASELINE: Final = Path("proto/baseline.binpb")
NPM_SECONDS: Final = 180
"""An install that takes longer has met a registry that does not answer; the check fails then."""


def buf() -> Path | None:
    """Returns the buf program at the pinned version, installing it when npm exists; None without npm."""
    folder = ROOT / "build" / "buf" / VERSION
    program = folder / "node_modules" / ".bin" / "buf"
    if not program.exists():
        npm = shutil.which("npm")
        if npm is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
        install = [npm, "install", "--prefix", str(folder), *options, f"@bufbuild/buf@{VERSION}"]
        subprocess.run(install, check=True, timeout=NPM_SECONDS)
    return program


def check(program: Path, root: Path = ROOT) -> bool:
    """Runs lint and the breaking check in the tree at `root`; findings go to stdout."""
    lint = subprocess.run([program, "lint"], cwd=root, check=False)
    breaking = subprocess.run([program, "breaking", "--against", str(BASELINE)], cwd=root, check=False)
    return lint.returncode == 0 and breaking.returncode == 0


def main(arguments: list[str]) -> int:
    """Checks the API, or takes a new baseline when the argument says so. Returns the exit status."""
    program = buf()
    if program is None:
        print("protos: npm is not installed, so buf lint and buf breaking did not run", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    if arguments == ["baseline"]:
        return subprocess.run([program, "build", "--output", str(BASELINE)], cwd=ROOT, check=False).returncode
    return 0 if check(program) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
