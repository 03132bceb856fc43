"""Refuses what looks like personal data: fixtures, documentation and examples are synthetic (R-OPS-15).

Looks for Chinese mobile numbers and for resident identity numbers (居民身份证号) whose check digit is right. A made-up
identity number with a wrong check digit passes, which is the way to write an example.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.tree import ROOT, files, report

MOBILE: Final = re.compile(r"(?<![\w.])1[3-9]\d{9}(?![\w.])")
IDENTITY: Final = re.compile(
    r"(?<![\w.])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"
)
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SUFFIXES: Final = (".py", ".rs", ".md", ".proto", ".toml", ".json", ".txt", ".sh")


def has_right_check_digit(number: str) -> bool:
    """Applies GB 11643: ISO 7064 MOD 11-2 over the first 17 digits."""
    remainder = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False)) % 11
    return "10X98765432"[remainder] == number[-1].upper()


def suspicious(text: str) -> Iterator[str]:
    """Yields every mobile number and every valid identity number in `text`."""
    yield from MOBILE.findall(text)
    yield from (number for number in IDENTITY.findall(text) if has_right_check_digit(number))


def findings(root: Path = ROOT) -> Iterator[str]:
    """Yields one finding per suspicious number, without repeating the number in full."""
    for path in files(*SUFFIXES, root=root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for value in suspicious(line):
                yield f"{path.relative_to(root)}:{number}: looks like personal data ({value[:3]}…)"


if __name__ == "__main__":
    raise SystemExit(report("personal_data", list(findings())))
