"""Ports of all listeners: TLS or plain text, which certificate, and how long it is good for."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import pytest

from cosign.clock import SystemClock
from cosign.errors import ConfigInvalid
from cosign.server.config import Config, ServerSection, TlsSection
from cosign.server.grpc_ports import Ports
from cosign.server.metrics import Metrics
from cosign.server.tls import ensure_development_certificate


class Log:
    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []

    def warning(self, event: str, **fields: object) -> None:
        self.events.append((event, fields.get("where")))


class LaterClock:
    """A clock some days ahead."""

    def __init__(self, days: int = 0) -> None:
        self.days = days

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(days=self.days)


class World:
    """A server that is never started, and what its process has."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cosign.server.grpc_ports.is_required", lambda: True)
        self.folder = folder
        ensure_development_certificate(folder, "localhost", SystemClock())
        self.server = grpc.server(ThreadPoolExecutor(1))
        self.log, self.clock, self.metrics = Log(), LaterClock(), Metrics()
        self.config = Config(server=ServerSection(state_dir=folder), tls=TlsSection())

    def ports(self) -> Ports:
        process: Any = SimpleNamespace(config=self.config, log=self.log, clock=self.clock, metrics=self.metrics)
        return Ports(self.server, process)

    def pair(self, name: str) -> tuple[Path, Path]:
        (self.folder / name).mkdir()
        return ensure_development_certificate(self.folder / name, "localhost", SystemClock())

    def days(self, listener: str) -> float:
        lines = self.metrics.exposition().splitlines()
        (line,) = [one for one in lines if one.startswith(f'cosign_certificate_days_left{{listener="{listener}"}}')]
        return float(line.rpartition(" ")[2])


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)


def test_every_listener_is_measured_and_warned_of_by_itself(world: World) -> None:
    ports = world.ports()
    ports.open("phones", "server.listen", "127.0.0.1:0")
    ports.open("staff", "staff.listen", "127.0.0.1:0", pair=world.pair("staff"))
    ports.look_at_certificates()
    assert 364 < world.days("phones") <= 365
    assert 364 < world.days("staff") <= 365
    assert world.log.events == []
    world.clock.days = 350
    ports.look_at_certificates()
    assert 14 < world.days("staff") <= 15
    assert world.log.events == [("certificate_ends", "phones"), ("certificate_ends", "staff")]


def test_plain_text_is_for_loopback_and_has_no_certificate(world: World) -> None:
    world.config = replace(world.config, server=replace(world.config.server, plaintext=True))
    ports = world.ports()
    assert ports.open("phones", "server.listen", "127.0.0.1:0").startswith("127.0.0.1:")
    ports.look_at_certificates()
    assert "cosign_certificate_days_left{" not in world.metrics.exposition()
    ports.open("internal", "server.internal_listen", "127.0.0.1:0", always_secure=True)
    ports.look_at_certificates()
    assert world.days("internal") > 364


def test_a_certificate_of_its_own_goes_before_that_of_the_server(world: World) -> None:
    world.config = replace(
        world.config, tls=replace(world.config.tls, certificate=Path("/none"), private_key=Path("/none"))
    )
    ports = world.ports()
    with pytest.raises(ConfigInvalid):
        ports.open("phones", "server.listen", "127.0.0.1:0")
    ports.open("staff", "staff.listen", "127.0.0.1:0", pair=world.pair("staff"))


def test_no_port_is_secured_before_old_tls_is_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cosign.server.grpc_ports.is_required", lambda: False)
    with pytest.raises(RuntimeError):
        world.ports().open("phones", "server.listen", "127.0.0.1:0")
