"""Section `brands` of the configuration."""

from dataclasses import dataclass

from cosign.brands.model import is_brand
from cosign.brands.presets import PRESETS
from cosign.errors import ConfigInvalid


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandsSection:
    """Which brands this deployment serves."""

    enabled: tuple[str, ...] = tuple(PRESETS)
    """Names; by default the neutral brand and every preset. Each gets its preset when it is named for the first time;
    one without a preset needs `cosignctl brand apply` first. In the environment: names with commas between them."""


def check_brands(brands: BrandsSection) -> None:
    """Raises ConfigInvalid unless there is a brand and every name has the form of one."""
    if not brands.enabled:
        raise ConfigInvalid("brands.enabled", "must name a brand")
    if len(set(brands.enabled)) != len(brands.enabled):
        raise ConfigInvalid("brands.enabled", "names a brand twice")
    for brand in brands.enabled:
        if not is_brand(brand):
            raise ConfigInvalid("brands.enabled", f"{brand!r} is not 2 to 16 lower-case letters and digits")
