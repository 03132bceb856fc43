"""Which brands a member of staff works for: a set of them, or None for all."""

from collections.abc import Collection
from typing import Final

from cosign.errors import BrandUnknown, FieldInvalid
from cosign.staff.faults import RolesRefused
from cosign.staff.roles import WHOLE_SERVICE, Role

MAX_BRANDS: Final = 16
"""Brands that one member may be bound to; who works for more works for all."""
BrandScope = frozenset[str] | None
"""Brands by their words; None: all, also those that will be served one day."""


def decoded_scope(words: Collection[str], served: Collection[str]) -> BrandScope:
    """The scope that a caller names: no word means all brands; `served` are those of this deployment.

    Raises:
        FieldInvalid: More than 16.
        BrandUnknown: One is not served here.
    """
    if len(words) > MAX_BRANDS:
        raise FieldInvalid("brands", f"at most {MAX_BRANDS}")
    for word in words:
        if word not in served:
            raise BrandUnknown(f"{word} is not served here")
    return frozenset(words) or None


def check_scope(roles: Collection[Role], brands: BrandScope) -> None:
    """Raises RolesRefused if one of the roles works for all brands only."""
    if brands is None:
        return
    for role in sorted(WHOLE_SERVICE.intersection(roles), key=lambda one: one.value):
        raise RolesRefused(f"{role.value} works for all brands")


def scope_words(brands: BrandScope) -> list[str]:
    """The words in alphabetic order; none for all brands."""
    return sorted(brands or ())
