from pathlib import Path

import pytest

from tools import generate

GENERATED = {Path("cosign/api/v1/key_pb2.py"): b"code", Path("cosign/api/v1/key_pb2_grpc.py"): b"stubs"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for path, content in GENERATED.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_current_files_pass(tree: Path) -> None:
    assert not generate.stale(GENERATED, tree)


def test_an_edited_file_is_found(tree: Path) -> None:
    (tree / "cosign/api/v1/key_pb2.py").write_bytes(b"edited")
    assert generate.stale(GENERATED, tree) == ["cosign/api/v1/key_pb2.py: out of date; run make gen"]


def test_a_missing_file_is_found(tree: Path) -> None:
    (tree / "cosign/api/v1/key_pb2_grpc.py").unlink()
    assert generate.stale(GENERATED, tree) == ["cosign/api/v1/key_pb2_grpc.py: out of date; run make gen"]


def test_code_of_a_deleted_proto_is_found(tree: Path) -> None:
    (tree / "cosign/api/v1/old_pb2.py").write_bytes(b"code")
    assert generate.stale(GENERATED, tree) == ["cosign/api/v1/old_pb2.py: no proto generates it; delete it"]
