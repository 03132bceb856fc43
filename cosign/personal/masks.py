"""What lists and messages show of personal data (R-IDV-16).

Every mask hides at least half of what it is given: a text too short for its rule loses all but its first character.
"""

from typing import Final

_HIDDEN: Final = "*"


def mask_phone_number(text: str) -> str:
    """First 3 and last 4 digits: `138****0000`; a leading `+86` stays outside of the count."""
    prefix = "+86" if text.startswith("+86") else ""
    return prefix + _keep(text.removeprefix("+86"), 3, 4)


def mask_document_number(text: str) -> str:
    """First 6 and last 4 characters of an 18-digit number; of shorter ones a quarter at either end."""
    if len(text) >= 18:
        return _keep(text, 6, 4)
    quarter = len(text) // 4
    return _keep(text, quarter, quarter)


def mask_name(text: str) -> str:
    """Surname only: the first character, or the first word of a name that has several, each other one hidden.

    Two-character surnames that are common in Chinese stay whole.
    """
    words = text.split(" ")
    if len(words) > 1:
        return " ".join([words[0], *(_HIDDEN * len(word) for word in words[1:])])
    surname = 2 if len(text) > 2 and text[:2] in _DOUBLE_SURNAMES else 1
    return text[:surname] + _HIDDEN * (len(text) - surname)


def mask_email(text: str) -> str:
    """First character of the mailbox and the whole domain: `a***@example.com`."""
    mailbox, at, domain = text.rpartition("@")
    if not at:
        return text[:1] + _HIDDEN * 3
    return f"{mailbox[:1]}{_HIDDEN * 3}@{domain}"


def _keep(text: str, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    if hidden < 1 or (head, tail) == (0, 0):
        return text[:1] + _HIDDEN * max(len(text) - 1, 0)
    return text[:head] + _HIDDEN * hidden + text[-tail:]


_DOUBLE_SURNAMES: Final = frozenset(
    {
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "夏侯",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "长孙",
        "宇文",
        "司徒",
        "司空",
        "令狐",
        "独孤",
        "南宫",
        "轩辕",
        "端木",
        "百里",
    }
)
