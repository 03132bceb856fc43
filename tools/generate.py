"""Writes the files that programs write, or checks that they are up to date.

python -m tools.generate                   write all
python -m tools.generate --check [GROUP]   compare; exit status 1 and one line per stale file. GROUP: code, docs
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from cosign.server import error_catalogue
from tools import (
    config_reference,
    message_catalogue,
    metric_catalogue,
    policy_reference,
    requirement_status,
    sections,
    spec_example,
    staff_reference,
)
from tools.tree import ROOT, files, is_generated, report

PROTO_FOLDER: Final = ROOT / "proto"
API_FOLDER: Final = Path("cosign/api/v1")


def api_code() -> dict[Path, bytes]:
    """Runs the protobuf compiler over every proto; returns file contents by path relative to the root."""
    protos = [str(path.relative_to(PROTO_FOLDER)) for path in files(".proto", root=PROTO_FOLDER)]
    with tempfile.TemporaryDirectory() as folder:
        outputs = [f"--{kind}_out={folder}" for kind in ("python", "pyi", "grpc_python")]
        command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTO_FOLDER}", *outputs, *protos]
        subprocess.run(command, check=True)
        return {path.relative_to(folder): path.read_bytes() for path in files(root=Path(folder))}


def errors_page() -> dict[Path, bytes]:
    """Renders the catalogue of reasons."""
    return {Path("docs/errors.md"): error_catalogue.markdown().encode()}


def metrics_page() -> dict[Path, bytes]:
    """Renders the catalogue of metrics."""
    return {Path("docs/metrics.md"): metric_catalogue.markdown().encode()}


def specification() -> dict[Path, bytes]:
    """Fills the worked example of the specification."""
    return _filled("docs/specification.md", "worked example", spec_example.render(spec_example.load()))


def operations() -> dict[Path, bytes]:
    """Fills the table of configuration keys of the operations guide."""
    return _filled("docs/operations.md", "configuration", config_reference.render(config_reference.source()))


def messages() -> dict[Path, bytes]:
    """Fills the table of events of the guide to messages."""
    return _filled("docs/messages.md", "events", message_catalogue.render())


def brands() -> dict[Path, bytes]:
    """Fills the tables of the brands page."""
    page = Path("docs/brands.md")
    document = (ROOT / page).read_text(encoding="utf-8")
    for name, content in (("entries", policy_reference.entries()), ("presets", policy_reference.presets())):
        document = sections.replace(document, name, content)
    return {page: document.encode()}


def requirements_page() -> dict[Path, bytes]:
    """Renders the status of requirements."""
    page = requirement_status.markdown(requirement_status.requirements(), requirement_status.modules_by_id())
    return {Path("docs/requirements-status.md"): page.encode()}


def staff() -> dict[Path, bytes]:
    """Fills the tables of roles of the staff page."""
    page = Path("docs/staff.md")
    document = (ROOT / page).read_text(encoding="utf-8")
    for name, content in (("roles", staff_reference.roles()), ("conflicts", staff_reference.conflicts())):
        document = sections.replace(document, name, content)
    return {page: document.encode()}


def _filled(page: str, name: str, content: str) -> dict[Path, bytes]:
    return {Path(page): sections.replace((ROOT / page).read_text(encoding="utf-8"), name, content).encode()}


GROUPS: Final[Mapping[str, list[Callable[[], dict[Path, bytes]]]]] = {
    "code": [api_code],
    "docs": [errors_page, metrics_page, specification, operations, messages, brands, requirements_page, staff],
}


def stale(expected: Mapping[Path, bytes], root: Path = ROOT) -> list[str]:
    """Returns one finding per file of the tree that differs from `expected`, or that nothing generates any more."""
    findings = [
        f"{path}: out of date; run make gen"
        for path, content in expected.items()
        if not (root / path).exists() or (root / path).read_bytes() != content
    ]
    if any(is_generated(path) for path in expected):
        present = {path.relative_to(root) for path in files(root=root / API_FOLDER) if is_generated(path)}
        findings += [f"{path}: no proto generates it; delete it" for path in sorted(present - expected.keys())]
    return findings


def main(arguments: list[str]) -> int:
    """Writes or checks. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Write generated files, or check them.")
    parser.add_argument("--check", nargs="?", const="all", choices=["all", *GROUPS])
    wanted = parser.parse_args(arguments).check
    groups = GROUPS if wanted in {None, "all"} else {wanted: GROUPS[wanted]}
    expected = {path: content for makers in groups.values() for make in makers for path, content in make().items()}
    if wanted is not None:
        return report("generate", stale(expected))
    for path, content in expected.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(content)
    print(f"generate: wrote {len(expected)} files")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
