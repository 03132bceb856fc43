import os
import subprocess
from pathlib import Path

import pytest

from tools.tree import ROOT

SCRIPT = ROOT / "tools" / "prerequisites.sh"
BASIC = ("sh", "sed", "sort", "head", "dirname")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the basic programs of any system and fakes of everything the script looks for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in BASIC:
        (folder / name).symlink_to(
            next(path for path in (Path("/bin") / name, Path("/usr/bin") / name) if path.exists())
        )
    for name, text in {"python3": "exit 0", "cc": "", "cargo": "echo cargo 1.99.0", "openssl": ""}.items():
        fake(folder / name, text)
    return folder


def fake(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!{path.parent}/sh\n{text}\n")
    path.chmod(0o755)


def run(programs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(programs), "HOME": str(programs)}
    return subprocess.run([SCRIPT, *(words or ("openssl",))], env=environment, capture_output=True, text=True)


def test_a_complete_machine_gives_the_python_to_use(programs: Path) -> None:
    result = run(programs)
    assert (result.returncode, result.stdout, result.stderr) == (0, "python3\n", "")


@pytest.mark.parametrize(
    ("name", "says"),
    [("python3", "Python 3.11"), ("cc", "C compiler"), ("cargo", "Rust toolchain"), ("openssl", "openssl")],
)
def test_one_line_says_what_is_missing(programs: Path, name: str, says: str) -> None:
    (programs / name).unlink()
    result = run(programs)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("missing: ")
    assert says in line
    assert "install it with" in line


def test_old_programs_are_refused(programs: Path) -> None:
    fake(programs / "python3", "exit 1")
    fake(programs / "cargo", "echo cargo 1.63.0")
    result = run(programs)
    assert result.returncode == 1
    assert "found 1.63.0" in result.stderr
    assert "Python 3.11" in result.stderr


def test_this_machine_is_complete() -> None:
    subprocess.run([SCRIPT, "openssl", "valgrind"], env=os.environ, check=True, capture_output=True)


def test_missing_packages_are_installed_on_demand_only(programs: Path) -> None:
    (programs / "openssl").unlink()
    fake(programs / "id", "echo 0")
    fake(programs / "apt-get", f'echo "$@" >> {programs}/asked')
    assert run(programs).returncode == 1
    assert not (programs / "asked").exists()

    result = run(programs, "--install", "openssl", "softhsm2-util")

    asked = (programs / "asked").read_text().splitlines()
    assert asked[0] == "update -qq"
    assert asked[1].endswith("openssl softhsm2")
    assert result.returncode == 1  # the fake installed nothing


def test_the_server_programs_of_postgresql_are_found_beside_the_path() -> None:
    result = subprocess.run([SCRIPT, "postgresql"], env=os.environ, check=False, capture_output=True, text=True)
    assert "postgresql" not in result.stderr
