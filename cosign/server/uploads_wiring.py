"""Uploads of one process: the configured store, intake, upkeep, links and the endpoint that serves them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from cosign.blocking import BlockingPool
from cosign.call_context import CallContext
from cosign.clock import Clock
from cosign.errors import ConfigInvalid
from cosign.paging import Pager
from cosign.server.config import Config
from cosign.server.download_endpoint import DownloadEndpoint
from cosign.server.http_tls import endpoint_context
from cosign.server.logging import Logger
from cosign.server.personal_wiring import PersonalSide
from cosign.signing.area import SigningUnits
from cosign.uploads.adapters.file_store import FileStore
from cosign.uploads.adapters.s3_store import S3Options, S3Store
from cosign.uploads.adapters.signature_v4 import Credentials
from cosign.uploads.intake import Intake
from cosign.uploads.links import Links
from cosign.uploads.model import Quota, Upload
from cosign.uploads.ports import ObjectStore
from cosign.uploads.reading import UploadReader
from cosign.uploads.servicer import Owner, UploadServicer
from cosign.uploads.upkeep import Upkeep


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsSide:
    """What a server runs of uploads."""

    servicer: UploadServicer
    links: Links
    """For areas that show files to staff."""
    reader: UploadReader
    upkeep: Upkeep
    blocking: BlockingPool
    endpoint: DownloadEndpoint | None

    def start(self) -> None:
        """Serves signed links from now on."""
        if self.endpoint is not None:
            self.endpoint.start()

    def stop(self) -> None:
        """Serves no more links, and ends the threads of uploads."""
        if self.endpoint is not None:
            self.endpoint.stop()
        self.blocking.close()


def open_store(config: Config, clock: Clock) -> ObjectStore:
    """The configured store. Raises ConfigInvalid if the file of the secret key cannot be read."""
    section = config.uploads
    if section.store == "file":
        return FileStore(section.folder or config.server.state_dir / "uploads")
    if section.s3_secret_file is None:
        raise ConfigInvalid("uploads.s3_secret_file", "is needed by the store s3")
    try:
        secret = section.s3_secret_file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except OSError as fault:
        raise ConfigInvalid("uploads.s3_secret_file", fault.strerror or "cannot be read") from None
    options = S3Options(
        endpoint=section.s3_endpoint,
        bucket=section.s3_bucket,
        region=section.s3_region,
        credentials=Credentials(section.s3_access_key, secret),
        prefix=section.s3_prefix,
    )
    return S3Store(options, clock)


def build_uploads(
    config: Config,
    units: SigningUnits,
    personal: PersonalSide,
    *,
    log: Logger,
    owner: Callable[[CallContext], Awaitable[Owner]],
    pager: Pager,
    shared_port: bool,
) -> UploadsSide:
    """Puts the area together and binds its endpoint; the caller starts and stops it.

    Raises:
        ConfigInvalid: The store or the certificate cannot be used.
        OSError: The port is taken.
    """
    engine, clock, store = units.engine, units.clock, open_store(config, units.clock)
    reader = UploadReader(engine=engine, store=store, keys=personal.keys)

    def mac(data: bytes) -> bytes:
        return units.core.row_mac([data])[0]

    checking = Links(mac, clock, base_url="")

    def read(target: str) -> tuple[Upload, Iterator[bytes]]:
        return reader.open(checking.check(target))

    endpoint = None
    base_url = config.uploads.public_url
    if config.uploads.listen:
        context = endpoint_context(config)
        endpoint = DownloadEndpoint(config.uploads.listen, read, log, tls=context, shared_port=shared_port)
        host = config.uploads.listen.rpartition(":")[0]
        base_url = base_url or f"{'http' if context is None else 'https'}://{host}:{endpoint.port}"
    section = config.uploads
    intake = Intake(
        engine=engine,
        store=store,
        keys=personal.keys,
        personal=personal.data,
        clock=clock,
        quota=Quota(section.quota_bytes, section.quota_count),
    )
    blocking = BlockingPool()  # of its own: pictures take their time, logins shall not wait for them
    links = Links(mac, clock, base_url=base_url)
    servicer = UploadServicer(
        engine=engine,
        intake=intake,
        links=links,
        clock=clock,
        blocking=blocking,
        owner=owner,
        pager=pager,
    )
    upkeep = Upkeep(engine=engine, store=store, keys=personal.keys, clock=clock)
    return UploadsSide(
        servicer=servicer, links=links, reader=reader, upkeep=upkeep, blocking=blocking, endpoint=endpoint
    )
