"""What an app says it is, and what the brand's policy says of it (R-ACC-30). Pure."""

from dataclasses import dataclass
from typing import Final

from cosign.brands.faults import PlatformUnserved, UpgradeRequired
from cosign.brands.model import BrandPolicy, ClientPlatform, Region, version_parts
from cosign.brands.words import Platform
from cosign.errors import FieldInvalid

HEADER: Final = "x-client-version"
MAX_HEADER: Final = 64


@dataclass(frozen=True, slots=True)
class Client:
    """An app of one brand on one platform."""

    brand: str
    platform: Platform
    version: str


@dataclass(frozen=True, slots=True)
class VersionVerdict:
    """Whether an app may go on."""

    required: ClientPlatform
    upgrade_available: bool
    upgrade_required: bool
    os_too_old: bool


def read_client(header: str) -> Client:
    """Reads `brand/platform/version`, for example `net/android/2.3.1`. Raises FieldInvalid."""
    brand, *rest = header.split("/") if len(header) <= MAX_HEADER else [""]
    if len(rest) != 2:
        raise FieldInvalid(HEADER, "must be brand/platform/version")
    return Client(brand, read_platform(HEADER, rest[0]), read_version(HEADER, rest[1]))


def read_platform(field: str, text: str) -> Platform:
    """A word of the set. Raises FieldInvalid."""
    try:
        return Platform(text)
    except ValueError:
        raise FieldInvalid(field, f"must be one of {', '.join(Platform)}") from None


def read_version(field: str, text: str) -> str:
    """A version such as `2.3.1`. Raises FieldInvalid."""
    try:
        version_parts(text)
    except ValueError:
        raise FieldInvalid(field, "must be one to four numbers with dots between them") from None
    return text


def platform_of(policy: BrandPolicy, platform: Platform) -> ClientPlatform:
    """What the policy says of a platform. Raises PlatformUnserved."""
    for entry in policy.client.platforms:
        if entry.platform is platform:
            return entry
    raise PlatformUnserved("this brand has no app for this platform")


def judge_version(policy: BrandPolicy, *, platform: Platform, app_version: str, os_version: str) -> VersionVerdict:
    """Compares versions that `read_version` has accepted. Raises PlatformUnserved."""
    required = platform_of(policy, platform)
    return VersionVerdict(
        required=required,
        upgrade_available=_older(app_version, required.newest_app),
        upgrade_required=_older(app_version, required.minimum_app),
        os_too_old=_older(os_version, required.minimum_os),
    )


def check_client(policy: BrandPolicy, client: Client) -> None:
    """Refuses an app that is too old.

    Raises:
        UpgradeRequired: With `minimum_app` and `download_url` in its metadata.
        PlatformUnserved: The brand has no app for this platform.
    """
    required = platform_of(policy, client.platform)
    if _older(client.version, required.minimum_app):
        metadata = {"minimum_app": required.minimum_app, "download_url": required.download_url}
        raise UpgradeRequired("this version of the app is too old", metadata=metadata)


def region_of(policy: BrandPolicy, code: str) -> Region | None:
    """The entry of a region, else that of its province (R-ACC-31); None when there is neither.

    Args:
        policy: Of the brand.
        code: GB/T 2260, six digits; a district counts to its city, a city to its province.
    """
    known = {region.code: region for region in policy.regions}
    wanted = (code, f"{code[:4]}00", f"{code[:2]}0000")
    return next((known[one] for one in wanted if one in known), None)


def _older(present: str, wanted: str) -> bool:
    return bool(wanted) and version_parts(present) < version_parts(wanted)
