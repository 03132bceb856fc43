"""Memory of the server per idle connection: TLS connections that have made one call and then stay open.

python -m benchmarks.idle --connections 10000
"""

import argparse
import resource
import socket
import ssl
import sys
import time
from typing import Final

from benchmarks.load import say
from benchmarks.results import Result
from benchmarks.service import MeasuredServer, running

NAME: Final = "rpc.idle.connection"
CONNECTIONS: Final = 10_000
SPARE_FILES: Final = 1_000
"""Files that either side needs besides the connections."""
MOST_KB: Final = 60
_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""HTTP/2 connection preface and an empty SETTINGS frame."""


def connect(server: MeasuredServer, count: int) -> list[ssl.SSLSocket]:
    """Opens connections as far as HTTP/2 settings, which is where an idle phone is."""
    host, _, port = server.address.rpartition(":")
    context = ssl.create_default_context(cafile=str(server.ca))
    context.set_alpn_protocols(["h2"])
    held = []
    for number in range(count):
        raw = socket.create_connection((host, int(port)), timeout=30)
        secure = context.wrap_socket(raw, server_hostname="localhost")
        secure.sendall(_PREFACE)
        secure.recv(64)
        held.append(secure)
        if (number + 1) % 1000 == 0:
            say(f"{number + 1} connections")
    return held


def measure(server: MeasuredServer, count: int) -> float:
    """Kilobytes (10^3 bytes) of resident memory that one more idle connection costs."""
    warm = connect(server, 200)
    before = server.usage().memory_bytes
    held = connect(server, count)
    time.sleep(2.0)
    after = server.usage().memory_bytes
    for one in (*warm, *held):
        one.close()
    return (after - before) / count / 1e3


def run(connections: int) -> list[Result]:
    """`rpc.idle.connection`; nothing where so many files may not be open."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    if connections + SPARE_FILES > allowed[1]:
        print(f"idle: only {allowed[1]} open files are allowed here", file=sys.stderr)
        return []
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed[1], allowed[1]))
    try:
        with running() as server:
            return [Result.of(NAME, [measure(server, connections)], "kb")]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)


def main(arguments: list[str] | None = None) -> int:
    """Prints the verdict; returns the exit status: 1 if the bound was missed, 2 if it could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description="Memory per idle connection.")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    options = parser.parse_args(arguments)
    found = run(options.connections)
    if not found:
        return 2
    kilobytes = found[0].median
    word = "reached" if kilobytes <= MOST_KB else "MISSED "
    print(f"{word}  {options.connections} idle connections: {kilobytes:.1f} KB each, at most {MOST_KB} KB")
    return 0 if kilobytes <= MOST_KB else 1


if __name__ == "__main__":
    raise SystemExit(main())
