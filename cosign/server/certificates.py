"""Certificates of the listeners, read again when their files change, without a signal or a lost connection."""

import datetime as dt
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import grpc
from cryptography import x509

from cosign.errors import ConfigInvalid
from cosign.server.tls import read_pair

LOOK_SECONDS: Final = 5.0
"""How often the files are looked at; a handshake in between gets what is known."""
WARN_DAYS: Final = 21

_Stamp = tuple[int, ...]


class CertificateSource:
    """Credentials of one listener. Called by gRPC at every handshake, on its threads."""

    def __init__(
        self,
        certificate: Path,
        private_key: Path,
        *,
        client_ca: Path | None = None,
        failed: Callable[[Exception], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the files.

        Args:
            certificate: PEM chain, leaf first.
            private_key: PEM key of the leaf.
            client_ca: PEM certificates; set, every client must show a certificate made by one of them.
            failed: Told when changed files cannot be used; the old certificate stays.
            monotonic: Clock in seconds.

        Raises:
            ConfigInvalid: A file cannot be read, or the key does not belong to the certificate.
        """
        self._files = (certificate, private_key, *((client_ca,) if client_ca else ()))
        self._client_ca = client_ca
        self._failed = failed
        self._monotonic = monotonic
        self._next_look = monotonic() + LOOK_SECONDS
        self._stamp = self._stamp_now()
        self._ends = dt.datetime.max.replace(tzinfo=dt.UTC)
        self._first = self._read()

    def credentials(self) -> grpc.ServerCredentials:
        """For `add_secure_port`."""
        fetch: Callable[..., Any] = self.changed  # the stubs do not know that None means no change
        return grpc.dynamic_ssl_server_credentials(
            self._first, fetch, require_client_authentication=self._client_ca is not None
        )

    def changed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new certificate when the files have changed and can be used."""
        now = self._monotonic()
        if now < self._next_look:
            return None
        self._next_look = now + LOOK_SECONDS
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return None
            self._stamp = stamp  # a pair that is no good is looked at again when it changes again
            return self._read()
        except (ConfigInvalid, OSError) as fault:
            self._failed(fault)
            return None

    def days_left(self, now: dt.datetime) -> float:
        """Until the certificate ends; negative after that."""
        return (self._ends - now) / dt.timedelta(days=1)

    def _stamp_now(self) -> _Stamp:
        try:
            stats = [path.stat() for path in self._files]
        except OSError as error:
            raise ConfigInvalid("tls", f"{error.filename}: {error.strerror}") from None
        return tuple(number for stat in stats for number in (stat.st_mtime_ns, stat.st_ino, stat.st_size))

    def _read(self) -> grpc.ServerCertificateConfiguration:
        chain, key = read_pair(self._files[0], self._files[1])
        roots = self._client_ca.read_bytes() if self._client_ca else None
        if roots is not None:
            try:
                x509.load_pem_x509_certificates(roots)
            except ValueError:
                raise ConfigInvalid("tls.client_ca", "holds no PEM certificate") from None
        self._ends = x509.load_pem_x509_certificate(chain).not_valid_after_utc
        return grpc.ssl_server_certificate_configuration([(key, chain)], root_certificates=roots)
