"""Gives every brand of the configuration its preset, unless it has a policy."""

from collections.abc import Iterable

from cosign.brands.document import PolicyDocument
from cosign.brands.ports import BrandUnit
from cosign.brands.presets import PRESETS
from cosign.brands.usecases.apply_policy import apply_policy
from cosign.clock import Clock
from cosign.errors import ConfigInvalid


def missing_presets(unit: BrandUnit, brands: Iterable[str]) -> list[str]:
    """Brands that have no policy yet; writes nothing."""
    return [brand for brand in brands if unit.policy(brand) is None]


def install_presets(unit: BrandUnit, *, brands: Iterable[str], clock: Clock) -> list[str]:
    """Installs what is missing; returns the brands it installed.

    Args:
        unit: A write transaction.
        brands: Names of the configuration.
        clock: Present time.

    Raises:
        ConfigInvalid: A brand has neither a policy nor a preset.
        EtagMismatch: Another node installed it at the same time.
    """
    installed = missing_presets(unit, brands)
    for brand in installed:
        if brand not in PRESETS:
            raise ConfigInvalid("brands.enabled", f"{brand} has no preset; run `cosignctl brand apply` for it first")
        document = PolicyDocument(brand=brand, preset=brand, etag="", policy=PRESETS[brand])
        apply_policy(unit, document=document, actor="preset", clock=clock)
    return installed
