"""The software token: files, permissions, versions, crashes; over the real KEK of the core."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hsm import software, token_state
from hsm.ports import (
    RecordRefused,
    SecurityLevel,
    TokenFault,
    TokenInsecure,
    TokenKeyDamaged,
    TokenKeyMissing,
    TokenRefused,
    TokenUnavailable,
)
from hsm.software import WARNING, SoftwareToken
from protocol.phone import DeviceKey
from protocol.seal import Kek, SecretRecord


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "token"


def create(folder: Path, warn: Callable[[str], None] = lambda _: None) -> SoftwareToken[SecretRecord]:
    return SoftwareToken.create(folder, kek=Kek, environment="development", warn=warn)


def reopen(folder: Path, warn: Callable[[str], None] = lambda _: None) -> SoftwareToken[SecretRecord]:
    return SoftwareToken.open(folder, kek=Kek, environment="development", warn=warn)


@pytest.fixture
def record() -> SecretRecord:
    return DeviceKey.generate().export()


def test_records_survive_a_restart(folder: Path, record: SecretRecord) -> None:
    sealed = create(folder).seal(record, b"aad", version=1)

    opened = DeviceKey.restore(reopen(folder).unseal(sealed, b"aad", version=1))
    assert opened.public_key == DeviceKey.restore(record).public_key


def test_another_context_or_damage_is_refused(folder: Path, record: SecretRecord) -> None:
    token = create(folder)
    sealed = token.seal(record, b"aad", version=1)

    for wrong, aad in ((sealed, b"bad"), (sealed[:-1], b"aad"), (sealed + b"\0", b"aad"), (b"", b"aad")):
        with pytest.raises(RecordRefused):
            token.unseal(wrong, aad, version=1)


def test_it_warns_loudly_each_time(folder: Path) -> None:
    warnings: list[str] = []
    create(folder, warnings.append)
    reopen(folder, warnings.append)

    assert warnings == [WARNING, WARNING]


@pytest.mark.parametrize("start", [SoftwareToken.create, SoftwareToken.open])
def test_production_refuses_it(folder: Path, start: Callable[..., object]) -> None:
    create(folder)

    with pytest.raises(TokenRefused):
        start(folder, kek=Kek, environment="production", warn=print)


def test_files_are_ours_alone(folder: Path) -> None:
    create(folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "kek-1.key": 0o600,
        "token.json": 0o600,
    }


@pytest.mark.parametrize("name", ["", "kek-1.key", "token.json"])
@pytest.mark.parametrize("extra", [0o040, 0o004, 0o020, 0o001])
def test_it_refuses_to_start_when_others_may_use_a_file(folder: Path, name: str, extra: int) -> None:
    create(folder)
    path = folder / name
    path.chmod(path.stat().st_mode | extra)

    with pytest.raises(TokenInsecure):
        reopen(folder)


@pytest.mark.parametrize("name", ["kek-1.key", "token.json"])
def test_links_are_refused(folder: Path, name: str) -> None:
    create(folder)
    (folder / name).rename(folder.parent / name)
    (folder / name).symlink_to(folder.parent / name)

    with pytest.raises(TokenInsecure):
        reopen(folder)


@pytest.mark.parametrize("name", ["kek-1.key", "token.json"])
def test_a_lost_file_is_named(folder: Path, name: str) -> None:
    create(folder)
    (folder / name).unlink()

    with pytest.raises(TokenKeyMissing, match=name):
        reopen(folder)


def test_a_lost_folder_is_named(folder: Path) -> None:
    with pytest.raises(TokenKeyMissing, match="token"):
        reopen(folder)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 4096])
def test_a_damaged_key_file(folder: Path, content: bytes) -> None:
    create(folder)
    (folder / "kek-1.key").write_bytes(content)

    with pytest.raises(TokenKeyDamaged):
        reopen(folder)


def test_a_key_of_another_token(folder: Path, tmp_path: Path) -> None:
    create(folder)
    create(tmp_path / "other")
    (folder / "kek-1.key").write_bytes((tmp_path / "other" / "kek-1.key").read_bytes())

    with pytest.raises(TokenKeyDamaged, match="check value"):
        reopen(folder)


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"format": 9}', '{"format": 1, "current": 1}'])
def test_a_damaged_state_file(folder: Path, content: str) -> None:
    create(folder)
    (folder / "token.json").write_text(content)

    with pytest.raises(TokenKeyDamaged):
        reopen(folder)


def test_a_lost_state_file_is_never_made_anew(folder: Path) -> None:
    create(folder)
    (folder / "token.json").unlink()

    with pytest.raises(TokenRefused, match="backup"):
        create(folder)


def test_rotation_keeps_old_versions_readable(folder: Path, record: SecretRecord) -> None:
    token = create(folder)
    old = token.seal(record, b"aad", version=1)

    assert token.new_version() == 2
    assert token.current_version == 2
    token.unseal(old, b"aad", version=1)
    again = reopen(folder)
    assert again.current_version == 2
    assert sorted(again.info().check_values) == [1, 2]
    again.unseal(again.seal(record, b"aad", version=2), b"aad", version=2)


def test_66_a_destroyed_version_is_gone_for_good(folder: Path, record: SecretRecord) -> None:
    token = create(folder)
    sealed = token.seal(record, b"aad", version=1)
    token.new_version()
    token.destroy_version(1)

    for one in (token, reopen(folder)):
        with pytest.raises(TokenKeyMissing):
            one.unseal(sealed, b"aad", version=1)
    assert not (folder / "kek-1.key").exists()
    assert token.new_version() == 3


def test_the_current_version_cannot_be_destroyed(folder: Path) -> None:
    with pytest.raises(ValueError, match="current"):
        create(folder).destroy_version(1)


def test_a_crash_while_destroying_is_finished_at_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = create(folder)
    token.new_version()
    with monkeypatch.context() as patch:
        patch.setattr(software, "_shred", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            token.destroy_version(1)
    assert (folder / "kek-1.key").exists()

    reopen(folder)

    assert not (folder / "kek-1.key").exists()
    assert token_state.read_state(folder).destroying == ()


def test_a_crash_while_rotating_leaves_the_old_version_current(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = create(folder)
    with monkeypatch.context() as patch:
        patch.setattr(software, "write_state", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            token.new_version()

    again = reopen(folder)

    assert again.current_version == 1
    assert again.new_version() == 2


def test_a_full_disk_leaves_the_old_version_current(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = create(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _disk_full)
        with pytest.raises(TokenUnavailable):
            token.new_version()

    assert token.current_version == 1
    assert reopen(folder).current_version == 1


def test_rs2_the_restore_epoch_lives_with_the_token(folder: Path) -> None:
    token = create(folder)

    assert token.restore_epoch() == 0
    assert token.raise_restore_epoch() == 1
    assert reopen(folder).restore_epoch() == 1


def test_self_test_reads_the_files_again(folder: Path) -> None:
    token = create(folder)
    token.self_test()
    (folder / "kek-1.key").unlink()

    with pytest.raises(TokenFault):
        token.self_test()


def test_unknown_version(folder: Path, record: SecretRecord) -> None:
    with pytest.raises(TokenKeyMissing):
        create(folder).seal(record, b"aad", version=9)


def test_it_says_what_it_is(folder: Path) -> None:
    info = create(folder).info()

    assert (info.level, info.algorithm, info.current_version) == (SecurityLevel.SOFTWARE, 1, 1)
    assert len(info.check_values[1]) == 3


def test_random_bytes(folder: Path) -> None:
    token = create(folder)

    assert len(token.random(32)) == 32
    assert token.random(32) != token.random(32)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _disk_full(_: int) -> None:
    raise OSError(28, "No space left on device")
