"""The connection to a server: TLS, no transparent retries, a time limit on every call.

`Connection` is the port the rest of the phone works on; `GrpcConnection` is its only real implementation. A repeat of
a key operation would arrive as STALE, so gRPC's own retries are off (CLONE-8): what to do after a lost answer is the
phone's decision. Calls that may be sent again by themselves are named in `cosign.client.phone.sending`.
"""

import ipaddress
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import grpc

from cosign.api.v1 import (
    device_pb2,
    device_pb2_grpc,
    key_pb2,
    key_pb2_grpc,
    server_info_pb2,
    server_info_pb2_grpc,
    share_pb2,
    share_pb2_grpc,
    signing_pb2,
    signing_pb2_grpc,
)
from cosign.client.phone.errors import HomeBroken, InputRefused, Rejected, Unreachable
from cosign.client.phone.sending import DEADLINE_SECONDS, Repeats, call
from cosign.client.phone.stream import FIELDS as STREAMED
from cosign.client.phone.stream import SignStreamClient

_OPTIONS: Final = [
    ("grpc.enable_retries", 0),
    ("grpc.service_config", json.dumps({"methodConfig": [{"name": [{}], "waitForReady": False}]})),
    ("grpc.max_receive_message_length", 1 << 20),
    ("grpc.keepalive_time_ms", 60_000),
    # A phone is one of few callers of its channel: when the server is back it should know within a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]


class Connection(Protocol):
    """Everything a phone asks a server. Raises `Unreachable` and `Rejected`, nothing else."""

    def server_info(self) -> server_info_pb2.GetServerInfoResponse: ...
    def enrol(self, request: device_pb2.EnrolDeviceRequest) -> device_pb2.EnrolDeviceResponse: ...
    def create_session(self, request: device_pb2.CreateSessionRequest) -> device_pb2.CreateSessionResponse: ...
    def begin_activation(
        self, request: key_pb2.BeginActivationRequest, bearer: str
    ) -> key_pb2.BeginActivationResponse: ...
    def activate_key(self, request: key_pb2.ActivateKeyRequest, bearer: str) -> key_pb2.ActivateKeyResponse: ...
    def get_key(self, request: key_pb2.GetKeyRequest, bearer: str) -> key_pb2.GetKeyResponse: ...
    def streaming(self) -> AbstractContextManager[None]:
        """While it is open, requests of Sign and SignEcdsa may share one stream."""
        ...

    def exchange(self, method: str, envelope: bytes) -> bytes:
        """Carries one envelope to the key operation `method`, for example `Sign`; returns the answer frame."""
        ...


def open_channel(server: str, ca: bytes | None = None, *, own_connection: bool = False) -> grpc.Channel:
    """Opens a channel that phones may share.

    Args:
        server: `host:port` for TLS; `plain://host:port` for plain text, on a loopback address only.
        ca: PEM certificates to trust instead of the system's.
        own_connection: Do not share a TCP connection with other channels of this process to the same server.

    Raises:
        InputRefused: Plain text was asked for away from loopback, or the address has no port.
    """
    address = server.removeprefix("plain://")
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InputRefused(f"server address {server!r} is not host:port")
    options = [*_OPTIONS, ("grpc.use_local_subchannel_pool", int(own_connection))]
    if server == address:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca), options=options)
    if not _is_loopback(host):
        raise InputRefused("plain text is for loopback addresses only")
    return grpc.insecure_channel(address, options=options)


def read_ca(path: Path) -> bytes:
    """Reads a PEM file of trusted certificates. Raises HomeBroken when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise HomeBroken(f"CA file {path}: {error.strerror}") from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class GrpcConnection:
    """`Connection` over a gRPC channel. Does not close a channel it was given."""

    def __init__(self, channel: grpc.Channel, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline_seconds
        # The generated stubs carry no types.
        self._info: Any = server_info_pb2_grpc.ServerInfoServiceStub(channel)  # type: ignore[no-untyped-call]
        self._devices: Any = device_pb2_grpc.DeviceServiceStub(channel)  # type: ignore[no-untyped-call]
        self._keys: Any = key_pb2_grpc.KeyServiceStub(channel)  # type: ignore[no-untyped-call]
        signing: Any = signing_pb2_grpc.SigningServiceStub(channel)  # type: ignore[no-untyped-call]
        self._sign_stream: Any = signing.SignStream
        self._stream: SignStreamClient | None = None
        self._stream_lock = threading.Lock()
        shares: Any = share_pb2_grpc.ShareServiceStub(channel)  # type: ignore[no-untyped-call]
        self._exchanges: Mapping[str, tuple[Any, type]] = {
            "BeginKeygen": (self._keys.BeginKeygen, key_pb2.BeginKeygenRequest),
            "FinishKeygen": (self._keys.FinishKeygen, key_pb2.FinishKeygenRequest),
            "Sign": (signing.Sign, signing_pb2.SignRequest),
            "Decrypt": (signing.Decrypt, signing_pb2.DecryptRequest),
            "SignEcdsa": (signing.SignEcdsa, signing_pb2.SignEcdsaRequest),
            "Agree": (signing.Agree, signing_pb2.AgreeRequest),
            "SetUpOt": (shares.SetUpOt, share_pb2.SetUpOtRequest),
            "Refresh": (shares.Refresh, share_pb2.RefreshRequest),
            "Confirm": (shares.Confirm, share_pb2.ConfirmRequest),
            "Sync": (shares.Sync, share_pb2.SyncRequest),
            "Adopt": (shares.Adopt, share_pb2.AdoptRequest),
        }

    def server_info(self) -> server_info_pb2.GetServerInfoResponse:
        request = server_info_pb2.GetServerInfoRequest()
        answer: server_info_pb2.GetServerInfoResponse = self._call(self._info.GetServerInfo, request)
        return answer

    def enrol(self, request: device_pb2.EnrolDeviceRequest) -> device_pb2.EnrolDeviceResponse:
        answer: device_pb2.EnrolDeviceResponse = self._call(self._devices.EnrolDevice, request)
        return answer

    def create_session(self, request: device_pb2.CreateSessionRequest) -> device_pb2.CreateSessionResponse:
        answer: device_pb2.CreateSessionResponse = self._call(self._devices.CreateSession, request)
        return answer

    def begin_activation(self, request: key_pb2.BeginActivationRequest, bearer: str) -> key_pb2.BeginActivationResponse:
        answer: key_pb2.BeginActivationResponse = self._call(self._keys.BeginActivation, request, bearer)
        return answer

    def activate_key(self, request: key_pb2.ActivateKeyRequest, bearer: str) -> key_pb2.ActivateKeyResponse:
        answer: key_pb2.ActivateKeyResponse = self._call(self._keys.ActivateKey, request, bearer)
        return answer

    def get_key(self, request: key_pb2.GetKeyRequest, bearer: str) -> key_pb2.GetKeyResponse:
        answer: key_pb2.GetKeyResponse = self._call(self._keys.GetKey, request, bearer)
        return answer

    def exchange(self, method: str, envelope: bytes) -> bytes:
        stream = self._stream
        if method in STREAMED and stream is not None:
            return self._over_stream(stream, method, envelope)
        rpc, message = self._exchanges[method]
        answer: bytes = self._call(rpc, message(envelope=envelope)).answer
        return answer

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """While it is open, Sign and SignEcdsa go over one stream (SignStream) instead of a call each."""
        with self._stream_lock, SignStreamClient(self._sign_stream, self._deadline) as stream:
            self._stream = stream
            try:
                yield
            finally:
                self._stream = None

    def _call(self, rpc: Any, request: object, bearer: str = "") -> Any:
        metadata = (("authorization", f"Bearer {bearer}"),) if bearer else ()
        return call(rpc, request, metadata, seconds=self._deadline)

    def _over_stream(self, stream: SignStreamClient, method: str, envelope: bytes) -> bytes:
        repeats = Repeats(repeatable=False, seconds=self._deadline)
        while True:
            try:
                return stream.exchange(method, envelope)
            except (Rejected, Unreachable) as fault:
                repeats.after(fault)
