"""Objects in a bucket of a service that speaks the S3 protocol: AWS, MinIO, Ceph, OSS and COS in their S3 mode.

An object is spooled to a temporary file, sealed as it is, and sent with one PUT whose signature covers its hash: no
partial object ever stands in the bucket. Every call has a time limit; those that failed before an answer and those
answered 5xx are repeated.
"""

import hashlib
import http.client
import ssl
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final
from urllib.parse import quote, urlsplit

from cosign.clock import Clock
from cosign.uploads.adapters.signature_v4 import EMPTY_HASH, Credentials, signed_headers
from cosign.uploads.faults import UploadDamaged, UploadStoreUnavailable

_PIECE: Final = 256 * 1024
_SECONDS: Final = 20.0
_TRIES: Final = 3
_PAUSE_SECONDS: Final = 0.2
_IN_MEMORY: Final = 1024 * 1024
_REPEATED: Final = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Options:
    """Which bucket, and how to reach it."""

    endpoint: str
    """`https://host[:port]`; the bucket stands in the path."""
    bucket: str
    region: str
    credentials: Credentials
    prefix: str = ""
    """Put before every name, for example `cosign/`."""


class S3Store:
    """Implements `ObjectStore`."""

    def __init__(self, options: S3Options, clock: Clock, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._options = options
        self._clock = clock
        self._sleep = sleep
        parts = urlsplit(options.endpoint)
        self._host = parts.netloc
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None

    def writer(self, name: str) -> "S3Writer":
        """See the port."""
        return S3Writer(self, name)

    def read(self, name: str) -> Iterator[bytes]:
        """See the port."""
        connection, response = self._call("GET", name, None, EMPTY_HASH, 0)
        try:
            if response.status == 404:
                raise UploadDamaged(f"object {name} is missing")
            _require(response, 200)
            while piece := response.read(_PIECE):
                yield piece
            if response.length:  # `read` with a length does not report what is missing
                raise UploadStoreUnavailable("the store broke off")
        except (OSError, http.client.HTTPException) as fault:
            raise UploadStoreUnavailable(f"the store broke off: {type(fault).__name__}") from fault
        finally:
            response.close()
            connection.close()

    def delete(self, name: str) -> None:
        """See the port."""
        connection, response = self._call("DELETE", name, None, EMPTY_HASH, 0)
        response.close()
        connection.close()
        if response.status != 404:
            _require(response, 200, 204)

    def sweep(self) -> int:
        """Nothing is left behind: an object comes into being with one call."""
        return 0

    def put(self, name: str, body: IO[bytes], payload_hash: str, length: int) -> None:
        """Sends one object whole. Raises UploadStoreUnavailable."""
        connection, response = self._call("PUT", name, body, payload_hash, length)
        response.close()
        connection.close()
        _require(response, 200)

    def _call(
        self, method: str, name: str, body: IO[bytes] | None, payload_hash: str, length: int
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        path = f"/{self._options.bucket}/{self._options.prefix}{name}"
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(_PAUSE_SECONDS * 2**attempt)
            headers = {"host": self._host} | ({"content-length": str(length)} if body is not None else {})
            signed = signed_headers(
                self._options.credentials,
                region=self._options.region,
                method=method,
                path=path,
                headers=headers,
                payload_hash=payload_hash,
                now=self._clock.now(),
            )
            connection = self._connection()
            try:
                if body is not None:
                    body.seek(0)
                connection.request(method, quote(path, safe="/~-._"), body=body, headers=signed)
                response = connection.getresponse()
            except (OSError, http.client.HTTPException) as fault:
                connection.close()
                problem = type(fault).__name__
                continue
            if response.status not in _REPEATED:
                return connection, response
            connection.close()
            problem = f"status {response.status}"
        raise UploadStoreUnavailable(f"the store does not answer: {problem}", retry_after_ms=1_000)

    def _connection(self) -> http.client.HTTPConnection:
        if self._tls is not None:
            return http.client.HTTPSConnection(self._host, timeout=_SECONDS, context=self._tls)
        return http.client.HTTPConnection(self._host, timeout=_SECONDS)


class S3Writer:
    """Implements `ObjectWriter`."""

    def __init__(self, store: S3Store, name: str) -> None:
        self._store = store
        self._name = name
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by commit or abort
        self._hash = hashlib.sha256()
        self._length = 0

    def write(self, data: bytes) -> None:
        """See the port."""
        try:
            self._spool.write(data)
        except OSError as fault:
            raise UploadStoreUnavailable(f"an object cannot be spooled: {fault.strerror}") from fault
        self._hash.update(data)
        self._length += len(data)

    def commit(self) -> None:
        """See the port."""
        with self._spool:
            self._store.put(self._name, self._spool, self._hash.hexdigest(), self._length)

    def abort(self) -> None:
        """See the port."""
        self._spool.close()


def _require(response: http.client.HTTPResponse, *wanted: int) -> None:
    if response.status not in wanted:
        raise UploadStoreUnavailable(f"the store answers {response.status}")
