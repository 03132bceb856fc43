"""Which thread reads the sockets of gRPC's listener.

By default gRPC reads in threads of its own and wakes the serving thread for every event. Without them the serving
thread reads by itself while it waits, which saves two changes of thread per call (ADR 8). gRPC reads the setting while
it is loaded, so this module must not import grpc.
"""

import os
from typing import Final

_VARIABLE: Final = "GRPC_EXPERIMENTS"
_OFF: Final = "-event_engine_listener"


def read_on_the_serving_thread() -> None:
    """To be called before grpc is imported; a setting in the environment stays."""
    os.environ.setdefault(_VARIABLE, _OFF)
