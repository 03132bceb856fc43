"""What the catalogue says of one event (R-MSG-04)."""

import enum
import string
from collections.abc import Mapping
from dataclasses import dataclass

from cosign.messages.model import Category, Channel, TargetKind


class Role(enum.StrEnum):
    """Who is told, as the area that knows the accounts understands it."""

    USER = "user"
    """The account itself."""
    APPLICANT = "applicant"
    ADMINISTRATOR = "administrator"
    """Of the enterprise."""
    HOLDER = "holder"
    """Of the certificate or seal."""
    OWNER = "owner"
    """Of what is to be authorised."""
    GRANTEE = "grantee"
    BUYER = "buyer"
    SIGNER = "signer"


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text in one language; `{name}` in the text is an argument."""

    title: str
    text: str

    @property
    def args(self) -> tuple[str, ...]:
        """Names of the arguments, in the order of the text."""
        return tuple(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(self.text) if name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event."""

    category: Category
    target: TargetKind
    role: Role
    channels: tuple[tuple[Channel, ...], ...]
    """Chains: the first channel of each is tried, the next one when it fails for good. The inbox always has it."""
    asks: bool = False
    """Whether it asks the user to do something (R-MSG-03)."""
    en: Words
    zh: Words

    @property
    def args(self) -> frozenset[str]:
        """Names of the arguments, the same in both languages."""
        return frozenset(self.zh.args)

    def words(self, language: str, args: Mapping[str, str]) -> Words:
        """Title and text in `zh` or `en` with the arguments put in.

        Arguments are put in as they are: braces in them mean nothing.
        """
        chosen = self.en if language == "en" else self.zh
        return Words(chosen.title, chosen.text.format_map(args))
