"""The folder of a phone: private, locked, crash-safe."""

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cosign.client.phone import FolderHome, Phone
from cosign.client.phone.errors import HomeBroken, HomeInUse, NotEnrolled
from protocol.codes import Purpose
from tests.cosign.client.conftest import PIN, OpenPhone


def test_everything_in_the_folder_is_private(tmp_path: Path, open_phone: OpenPhone) -> None:
    with open_phone(tmp_path / "home") as phone:
        phone.enrol(code="C", display_name="n")
        phone.keygen(Purpose.SIGN, PIN)
    for path in [tmp_path / "home", *(tmp_path / "home").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_no_secret_is_readable_without_the_storage_key(tmp_path: Path, open_phone: OpenPhone) -> None:
    with open_phone(tmp_path / "home") as phone:
        phone.enrol(code="C", display_name="n")
        phone.keygen(Purpose.SIGN, PIN)
    (tmp_path / "home" / "storage.key").unlink()
    with pytest.raises(HomeBroken, match=r"storage\.key is missing"):
        FolderHome(tmp_path / "home")


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    with pytest.raises(HomeBroken, match="chmod 700"):
        FolderHome(tmp_path / "home")


def test_a_storage_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    FolderHome(tmp_path / "home").close()
    (tmp_path / "home" / "storage.key").chmod(0o640)
    with pytest.raises(HomeBroken, match="readable by others"):
        FolderHome(tmp_path / "home")


def test_a_second_process_is_told_who_holds_the_home(tmp_path: Path) -> None:
    home = FolderHome(tmp_path / "home")
    code = "import sys, pathlib; from cosign.client.phone import FolderHome; FolderHome(pathlib.Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "home")], capture_output=True, text=True)
    assert done.returncode == 1
    assert "HomeInUse" in done.stderr
    assert "is locked by process" in done.stderr
    home.close()
    FolderHome(tmp_path / "home").close()


def test_two_objects_of_one_process_exclude_each_other_too(tmp_path: Path) -> None:
    home = FolderHome(tmp_path / "home")
    with pytest.raises(HomeInUse):
        FolderHome(tmp_path / "home")
    home.close()


def test_a_failed_write_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = FolderHome(tmp_path / "home", "a:1")
    home.commit()

    def full_disk(_fd: int, _data: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full_disk)
    home.state.address = "b:2"
    with pytest.raises(HomeBroken, match="No space left"):
        home.commit()
    monkeypatch.undo()
    assert json.loads((tmp_path / "home" / "device.json").read_text())["address"] == "a:1"
    home.close()


def test_a_blob_that_no_key_names_is_removed_at_the_next_start(tmp_path: Path) -> None:
    FolderHome(tmp_path / "home").close()
    leftover = tmp_path / "home" / "blobs" / ("00" * 16 + ".sealed")
    leftover.write_bytes(b"x")
    FolderHome(tmp_path / "home").close()
    assert not leftover.exists()


def test_blobs_of_two_phones_cannot_be_swapped(tmp_path: Path, open_phone: OpenPhone) -> None:
    for name in ("one", "two"):
        with open_phone(tmp_path / name) as phone:
            phone.enrol(code=name, display_name="n")
            phone.keygen(Purpose.SIGN, PIN)
    (first,), (second,) = ([*(tmp_path / name / "blobs").iterdir()] for name in ("one", "two"))
    shutil.copy(second, first)
    with open_phone(tmp_path / "one") as phone, pytest.raises(HomeBroken, match="does not open"):
        phone.sign(phone.only_key().key_id, [b"m"], PIN)


def test_a_new_home_needs_a_server(tmp_path: Path) -> None:
    with pytest.raises(NotEnrolled):
        Phone.open(tmp_path / "home")
