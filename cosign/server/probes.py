"""Health and reflection: charged to the peer address as all calls are, and on a few threads of their own, which no
caller can hold by sending nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, cast

import grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from cosign.server.awaited import Awaited
from cosign.server.direct import Admit, MessageFirst, refused_call

HEALTH_THREADS: Final = 8
REFLECTION_STREAMS: Final = 8
"""Reflection streams at once; more wait their turn. None lasts longer than a call may wait for its message."""


def health_pool(awaited: Awaited, admit: Admit) -> ThreadPoolExecutor:
    """The pool of the server: only health has no pool of its own."""
    return MessageFirst(HEALTH_THREADS, "cosign-health", awaited, admit)


class _ShortStreams(ThreadPoolExecutor):
    """A pool whose calls are cancelled when they last too long, counted from their arrival."""

    def __init__(self, awaited: Awaited, admit: Admit) -> None:
        super().__init__(REFLECTION_STREAMS, thread_name_prefix="cosign-reflection")
        self._awaited = awaited
        self._admit = admit

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Runs a call; the event and its state are the second and third argument of what the server submits."""
        _run, event, state, *_ = args
        refused = refused_call(self._admit, event, state)
        if refused is not None:
            return refused
        call = event.call
        self._awaited.add(call)
        ended = super().submit(fn, *args, **kwargs)
        ended.add_done_callback(lambda _ended: self._awaited.remove(call))
        return ended


class _Reflection:
    """The behaviour of the only method, with the pool that the server looks for."""

    def __init__(self, names: Sequence[str], awaited: Awaited, admit: Admit) -> None:
        self._servicer: Any = reflection.ReflectionServicer(names)
        self.experimental_thread_pool = _ShortStreams(awaited, admit)

    def __call__(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        return cast("Iterator[Any]", self._servicer.ServerReflectionInfo(requests, context))


class _ReflectionServicer:
    def __init__(self, behaviour: _Reflection) -> None:
        self.ServerReflectionInfo = behaviour


def add_reflection(server: grpc.Server, names: Sequence[str], awaited: Awaited, admit: Admit) -> None:
    """Registers server reflection for the services `names`."""
    add: Any = reflection_pb2_grpc.add_ServerReflectionServicer_to_server
    add(_ReflectionServicer(_Reflection(names, awaited, admit)), server)
