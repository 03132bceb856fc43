"""A TCP proxy that can be cut: for faults between a program and its database."""

import socket
import struct
import threading
from types import TracebackType
from typing import Final

_CHUNK: Final = 65_536


class Proxy:
    """Forwards 127.0.0.1:`port` to a target until told otherwise. New connections follow the present mode."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._open = threading.Event()
        self._open.set()
        self._silent_answers = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """Cuts every connection with a TCP reset; new ones work."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for one in pair:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.close()

    def swallow(self) -> None:
        """Black hole: takes bytes, delivers none, says nothing; new connections are accepted and hang."""
        self._open.clear()

    def swallow_answers(self) -> None:
        """Requests reach the server, answers do not come back."""
        self._silent_answers.set()

    def heal(self) -> None:
        """Forwards again; what was swallowed stays lost."""
        self._silent_answers.clear()
        self._open.set()

    def close(self) -> None:
        self._listener.close()
        self.reset()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target_port))
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(_CHUNK):
                if self._open.is_set() and not (answers and self._silent_answers.is_set()):
                    sink.sendall(data)
        except OSError:
            pass
        finally:
            for one in (source, sink):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
