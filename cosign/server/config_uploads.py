"""Section `uploads`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from cosign.errors import ConfigInvalid

STORES: Final = ("file", "s3")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsSection:
    """Uploads: where they are kept, and how they are read."""

    store: str = "file"
    """`file` or `s3`."""
    folder: Path | None = None
    """Of the file store, shared by all nodes; empty: `uploads` in the state folder."""
    listen: str = "127.0.0.1:0"
    """`host:port` of the endpoint for signed links; empty turns it off."""
    public_url: str = ""
    """How phones reach that endpoint, without a path; empty: the address it listens on."""
    quota_bytes: int = 209_715_200
    """Bytes of one account."""
    quota_count: int = 200
    """Uploads of one account."""
    s3_endpoint: str = ""
    """`https://host[:port]` of a service that speaks the S3 protocol."""
    s3_bucket: str = ""
    """Name of the bucket; it must exist."""
    s3_region: str = "us-east-1"
    """Region that requests are signed for."""
    s3_prefix: str = ""
    """Put before every object name, for example `cosign/`."""
    s3_access_key: str = ""
    """Id of the key; no secret."""
    s3_secret_file: Path | None = None
    """First line is the secret key."""


class _Config(Protocol):
    @property
    def uploads(self) -> UploadsSection: ...
    @property
    def production(self) -> bool: ...


def check_uploads(config: _Config) -> None:
    """Raises ConfigInvalid."""
    section = config.uploads
    if section.store not in STORES:
        raise ConfigInvalid("uploads.store", f"must be one of {', '.join(STORES)}")
    if section.quota_bytes < 1 or section.quota_count < 1:
        raise ConfigInvalid("uploads.quota_bytes", "and quota_count must be greater than 0")
    if section.public_url and not section.public_url.startswith(("https://", "http://")):
        raise ConfigInvalid("uploads.public_url", "must be an http or https URL")
    if config.production and section.public_url.startswith("http://"):
        raise ConfigInvalid("uploads.public_url", "must be https in production")
    if section.store != "s3":
        return
    for key in ("s3_endpoint", "s3_bucket", "s3_region", "s3_access_key", "s3_secret_file"):
        if not getattr(section, key):
            raise ConfigInvalid(f"uploads.{key}", "is needed by the store s3")
    if not section.s3_endpoint.startswith(("https://", "http://")):
        raise ConfigInvalid("uploads.s3_endpoint", "must be an http or https URL")
    if config.production and section.s3_endpoint.startswith("http://"):
        raise ConfigInvalid("uploads.s3_endpoint", "must be https in production")
