"""Writes the worked example of the specification from a test vector, so that it cannot drift from what is tested."""

import json
from pathlib import Path
from typing import Final

from tools.tree import ROOT

VECTOR: Final = ROOT / "tests" / "vectors" / "sm2_sign_n1.json"
POINT_DIGITS: Final = 66

STEPS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Shares and joint key (§3)", ("u1", "v2", "P1", "P")),
    ("HDR-1: the header and its request id", ("header", "req_id")),
    ("SIGN-1: the digest of the message, default signer ID", ("messages", "e")),
    ("SIGN-2: nonces of the phone and their points", ("wa", "wb", "Qa", "Qb")),
    ("SIGN-3, SIGN-4: context and proof (`a` is the proof's own nonce)", ("ctx", "a", "c", "z")),
    ("SIGN-5, HDR-2: what the device key signs", ("enc", "body_without_sig_dev", "body_hash", "dev_message")),
    ("SIGN-9: the server's nonce, binding factor and answer", ("w2", "W2", "rho", "Q", "r", "s1")),
    ("SIGN-13 to SIGN-17: the phone finishes", ("w1", "k", "s")),
)
"""What is shown, in the order of the protocol."""


def load(path: Path = VECTOR) -> dict[str, str]:
    """Returns every named value of the vector; of a list, its only entry."""
    vector = json.loads(path.read_text(encoding="utf-8"))
    values = {**vector["inputs"], **vector["intermediate"], **vector["outputs"]}
    return {name: value[0] if isinstance(value, list) else value for name, value in values.items()}


def render(values: dict[str, str]) -> str:
    """Returns the example as Markdown: one block per step."""
    blocks = []
    for title, names in STEPS:
        width = max(map(len, names))
        lines = [f"{name:<{width}} = {_value(name, values[name], width)}" for name in names]
        blocks.append(f"**{title}**\n\n```text\n" + "\n".join(lines) + "\n```\n")
    return "\n".join(blocks)


def _value(name: str, value: str, indent: int) -> str:
    """Folds what is longer than a point at 32 bytes per line; texts stay as they are, in quotes."""
    if name == "messages":
        return f'"{value}"'
    if len(value) <= POINT_DIGITS:
        return value
    folded = [value[start : start + 64] for start in range(0, len(value), 64)]
    return ("\n" + " " * (indent + 3)).join(folded)
