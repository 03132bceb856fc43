"""The files of the tree, as every guard sees them."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

SKIPPED_FOLDERS: Final = frozenset(
    {"target", "build", "corpus", "artifacts", "node_modules", "__pycache__", "cosign-data"}
)
"""Folders that hold built or downloaded things; so does every folder whose name starts with a dot, `.ci` excepted."""


def files(*suffixes: str, root: Path = ROOT) -> Iterator[Path]:
    """Yields the source files under `root` whose names end with one of `suffixes` (all files without any), sorted."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED_FOLDERS
            and not name.endswith(".egg-info")
            and (not name.startswith(".") or name == ".ci")
        )
        for name in sorted(names):
            if not suffixes or name.endswith(suffixes):
                yield Path(folder) / name


def is_generated(path: Path) -> bool:
    """Tells whether a program writes this file: protobuf code."""
    return path.name.endswith(("_pb2.py", "_pb2.pyi", "_pb2_grpc.py"))


def report(guard: str, findings: list[str]) -> int:
    """Prints the findings of `guard` on stderr; returns the exit status, 1 if there are any."""
    for finding in findings:
        print(f"{guard}: {finding}", file=sys.stderr)
    return 1 if findings else 0
