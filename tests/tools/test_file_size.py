from pathlib import Path

from tools import file_size


def test_a_file_of_401_lines_is_found(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x = 1\n" * 401)
    (tmp_path / "long.rs").write_text("\n" * 401)
    assert len(list(file_size.too_long(tmp_path))) == 2


def test_400_lines_and_generated_code_pass(tmp_path: Path) -> None:
    (tmp_path / "right.py").write_text("x = 1\n" * 400)
    (tmp_path / "key_pb2.py").write_text("x = 1\n" * 900)
    assert not list(file_size.too_long(tmp_path))
