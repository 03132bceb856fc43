"""What other areas ask of this one."""

from typing import Protocol

from cosign.brands.model import BrandPolicy


class Brands(Protocol):
    """Policies of the brands this deployment serves."""

    def policy(self, brand: str) -> BrandPolicy:
        """The policy in force. From memory as a rule; another node's change is known within a moment.

        Raises:
            BrandUnknown: No such brand here, or a malformed name.
            DatabaseUnavailable: It is not in memory and cannot be read.
        """
        ...

    def names(self) -> tuple[str, ...]:
        """The brands served here, sorted."""
        ...
