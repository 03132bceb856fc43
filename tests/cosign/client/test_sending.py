"""What a client sends again by itself, and what it never does."""

import importlib
import itertools
import pkgutil
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import cosign.api.v1 as api
from cosign.api.v1 import device_pb2, device_pb2_grpc, key_pb2, message_pb2, number_change_pb2
from cosign.client.phone.channel import open_channel
from cosign.client.phone.errors import PhoneFault, Rejected, Unreachable
from cosign.client.phone.sending import (
    LOST_TIMES,
    READING,
    SHUTTING_DOWN,
    STOPPING_TIMES,
    Repeats,
    Waiting,
    call,
    is_repeatable,
)

BROKEN = Unreachable("gone", broken=True)
STOPPING = Rejected(code="UNAVAILABLE", server_reason=SHUTTING_DOWN, retry_after_ms=200)


class ManualTime:
    """Sleeping moves the clock; chance takes the upper bound."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.waiting = Waiting(sleep=self.sleep, monotonic=lambda: self.now, uniform=lambda _low, high: high)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


class Cancelling(device_pb2_grpc.DeviceServiceServicer):
    """Ends calls as a server does that has stopped before anybody has read them."""

    def __init__(self) -> None:
        self.codes: Iterator[grpc.StatusCode] = iter(())
        self.taken: list[Message] = []

    def ListDevices(self, request: device_pb2.ListDevicesRequest, context: Any) -> device_pb2.ListDevicesResponse:
        self._take(request, context)
        return device_pb2.ListDevicesResponse()

    def UnbindDevice(self, request: device_pb2.UnbindDeviceRequest, context: Any) -> device_pb2.UnbindDeviceResponse:
        self._take(request, context)
        return device_pb2.UnbindDeviceResponse()

    def CreateSession(self, request: device_pb2.CreateSessionRequest, context: Any) -> device_pb2.CreateSessionResponse:
        self._take(request, context)
        return device_pb2.CreateSessionResponse()

    def _take(self, request: Message, context: Any) -> None:
        self.taken.append(request)
        if (code := next(self.codes, None)) is not None:
            context.abort(code, code.name)


@pytest.fixture
def server() -> Cancelling:
    return Cancelling()


@pytest.fixture
def stub(server: Cancelling) -> Iterator[Any]:
    grpc_server = grpc.server(futures.ThreadPoolExecutor(2))
    device_pb2_grpc.add_DeviceServiceServicer_to_server(server, grpc_server)  # type: ignore[no-untyped-call]
    port = grpc_server.add_insecure_port("127.0.0.1:0")
    grpc_server.start()
    with open_channel(f"plain://127.0.0.1:{port}") as channel:
        yield device_pb2_grpc.DeviceServiceStub(channel)  # type: ignore[no-untyped-call]
    grpc_server.stop(None).wait()


@pytest.mark.parametrize("code", [grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE])
def test_what_a_server_cancelled_is_sent_again_when_a_repeat_changes_nothing(
    server: Cancelling, stub: Any, code: grpc.StatusCode
) -> None:
    time = ManualTime()
    server.codes = iter([code, code])
    call(stub.ListDevices, device_pb2.ListDevicesRequest(), waiting=time.waiting)
    server.codes = iter([code])
    request = device_pb2.UnbindDeviceRequest(request_id=str(uuid.uuid4()), device_id="d")
    call(stub.UnbindDevice, request, waiting=time.waiting)
    assert server.taken[3:] == [request, request]
    assert time.pauses == [0.25, 0.5, 0.25]


def test_it_is_not_sent_again_for_ever(server: Cancelling, stub: Any) -> None:
    server.codes = itertools.repeat(grpc.StatusCode.CANCELLED)
    with pytest.raises(Unreachable):
        call(stub.ListDevices, device_pb2.ListDevicesRequest(), waiting=ManualTime().waiting)
    assert len(server.taken) == LOST_TIMES + 1


@pytest.mark.parametrize(
    ("method", "request_", "code"),
    [
        ("CreateSession", device_pb2.CreateSessionRequest(device_id="d"), grpc.StatusCode.CANCELLED),
        ("UnbindDevice", device_pb2.UnbindDeviceRequest(device_id="d"), grpc.StatusCode.CANCELLED),
        ("ListDevices", device_pb2.ListDevicesRequest(), grpc.StatusCode.DEADLINE_EXCEEDED),
    ],
    ids=["a proof", "no request id", "the deadline"],
)
def test_what_is_not_safe_is_sent_once(
    server: Cancelling, stub: Any, method: str, request_: Message, code: grpc.StatusCode
) -> None:
    server.codes = iter([code])
    with pytest.raises(Unreachable):
        call(getattr(stub, method), request_, waiting=ManualTime().waiting)
    assert len(server.taken) == 1


def test_messages_that_come_from_an_iterator_are_sent_once() -> None:
    attempts: list[object] = []

    def rpc(request: object, **_options: object) -> object:
        attempts.append(request)
        raise grpc.RpcError

    with pytest.raises(Unreachable):
        call(rpc, iter([]))
    assert len(attempts) == 1


def test_what_this_program_cancels_is_not_broken() -> None:
    channel = open_channel("plain://127.0.0.1:9")
    stub = device_pb2_grpc.DeviceServiceStub(channel)  # type: ignore[no-untyped-call]

    def closes(request: device_pb2.ListDevicesRequest, *, timeout: float, metadata: Any) -> Any:
        waits = stub.ListDevices.future(request, timeout=timeout, metadata=metadata, wait_for_ready=True)
        channel.close()
        return waits.result()

    with pytest.raises(Unreachable) as fault:
        call(closes, device_pb2.ListDevicesRequest())
    assert not fault.value.broken


@pytest.mark.parametrize(("fault", "times"), [(STOPPING, STOPPING_TIMES), (BROKEN, LOST_TIMES)])
def test_attempts_are_bounded_and_pauses_grow(fault: PhoneFault, times: int) -> None:
    time = ManualTime()
    repeats = Repeats(repeatable=True, waiting=time.waiting)
    for _ in range(times):
        repeats.after(fault)
    with pytest.raises(type(fault)):
        repeats.after(fault)
    assert time.pauses == [0.25, 0.5, 1.0, 1.25, 1.25][:times]


def test_a_stopping_process_took_nothing_whatever_the_request_is() -> None:
    Repeats(repeatable=False, waiting=ManualTime().waiting).after(STOPPING)


@pytest.mark.parametrize("fault", [BROKEN, STOPPING])
def test_no_attempt_begins_after_the_deadline(fault: PhoneFault) -> None:
    time = ManualTime()
    repeats = Repeats(repeatable=True, seconds=0.6, waiting=time.waiting)
    repeats.after(fault)
    with pytest.raises(type(fault)):
        repeats.after(fault)
    assert time.pauses == [0.25]


def _methods() -> Iterator[tuple[str, Callable[[], Message]]]:
    for module in pkgutil.iter_modules(api.__path__):
        if module.name.endswith("_pb2"):
            for service in importlib.import_module(
                f"{api.__name__}.{module.name}"
            ).DESCRIPTOR.services_by_name.values():
                for method in service.methods:
                    yield method.name, GetMessageClass(method.input_type)


def test_only_what_reads_is_repeatable_without_an_id() -> None:
    """The rule goes by names of requests, which are those of their methods."""
    found = {method for method, message in _methods() if is_repeatable(message())}
    assert found == {method for method, _ in _methods() if method.startswith(READING)}
    assert not found & {"Sign", "Decrypt", "Agree", "Refresh", "RefreshSession", "SendCode", "OpenStaffSession"}


def test_a_request_with_a_proof_is_made_again_not_sent_again() -> None:
    assert not is_repeatable(device_pb2.EnrolDeviceRequest(request_id="r"))
    assert is_repeatable(number_change_pb2.RequestNumberChangeRequest(request_id="r"))
    assert is_repeatable(message_pb2.MarkMessageReadRequest(request_id="r"))
    assert not is_repeatable(key_pb2.BeginKeygenRequest())
