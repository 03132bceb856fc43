"""Providers for development: what would leave is appended to a file, which `cosignctl sandbox messages` shows.

They fail as real ones do. The end of the address decides:

    …0001    refused for good
    …0002    refused for now at the first attempt
    …0003    refused for now at every attempt

SMS are reported on as well, a moment after they were taken:

    …0004    that it failed
    …0005    that it arrived, twice
    …0006    by a forger that it failed, then that it arrived
    …0007    that it arrived, then that it failed
    others   that it arrived
"""

import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cosign.clock import Clock
from cosign.messages.ports import Email, Push, Sms
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused

FILE: Final = "sandbox-messages.jsonl"
"""In the state folder, readable by its owner only: it holds codes and addresses in the clear."""


_REPORT_SECONDS: Final = 0.2


def _later(work: Callable[[], None]) -> None:
    timer = threading.Timer(_REPORT_SECONDS, work)
    timer.daemon = True
    timer.start()


@dataclass(frozen=True, slots=True)
class SandboxMessage:
    """One line of the file."""

    time_ms: int
    channel: str
    key: str
    brand: str
    address: str
    template: str
    text: str


class Sandbox:
    """The file."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: set[str] = set()

    def deliver(self, *, channel: str, key: str, brand: str, address: str, template: str, text: str) -> str:
        """Appends a message unless one with its key is there; returns its name.

        Raises:
            DeliveryRefused, DeliveryDelayed: As the address asks for.
        """
        digits = address.partition("@")[0][-4:]
        with self._lock:
            if digits == "0001":
                raise DeliveryRefused("wrong_number")
            if digits == "0003" or (digits == "0002" and key not in self._failed):
                self._failed.add(key)
                raise DeliveryDelayed("busy")
            if all(message.key != key for message in read(self._path)):
                line = {
                    "time_ms": self._clock.now_ms(),
                    "channel": channel,
                    "key": key,
                    "brand": brand,
                    "address": address,
                    "template": template,
                    "text": text,
                }
                self._append(line)
        return f"sandbox-{key}"[:96]

    def _append(self, line: dict[str, Any]) -> None:
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, json.dumps(line, ensure_ascii=False).encode() + b"\n")
        finally:
            os.close(handle)


class SandboxReports:
    """Calls back as SMS providers do, in the form of `reports.FORMATS["sandbox"]`."""

    def __init__(
        self,
        post: Callable[[str, bytes], object],
        *,
        secret: Callable[[], str],
        later: Callable[[Callable[[], None]], None] = _later,
    ) -> None:
        """`post` takes the last part of an address and a body; `later` runs something after a moment."""
        self._post = post
        self._secret = secret
        self._later = later

    def follow(self, sms: Sms, reference: str) -> None:
        """Reports on an SMS that was taken."""
        genuine, forged = self._secret(), secrets.token_hex(16)
        told: Sequence[tuple[str, bool]] = {
            "0004": ((genuine, False),),
            "0005": ((genuine, True), (genuine, True)),
            "0006": ((forged, False), (genuine, True)),
            "0007": ((genuine, True), (genuine, False)),
        }.get(sms.phone_number[-4:], ((genuine, True),))

        def report() -> None:
            for secret, arrived in told:
                self._post(secret, _report(sms, reference, arrived=arrived))

        self._later(report)


def _report(sms: Sms, reference: str, *, arrived: bool) -> bytes:
    content = {
        "phone_number": sms.phone_number,
        "success": arrived,
        "err_code": "DELIVERED" if arrived else "UNREACHABLE",
        "biz_id": reference,
        "out_id": sms.key,
    }
    return json.dumps([content]).encode()


class SandboxSms:
    """Implements `SmsProvider`."""

    name: Final = "sandbox"

    def __init__(self, sandbox: Sandbox, reports: SandboxReports | None = None) -> None:
        self._sandbox = sandbox
        self._reports = reports

    def send(self, sms: Sms) -> str:
        """See the port. A second SMS under one key is not sent."""
        reference = self._sandbox.deliver(
            channel="sms", key=sms.key, brand=sms.brand, address=sms.phone_number, template=sms.template, text=sms.text
        )
        if self._reports is not None:
            self._reports.follow(sms, reference)
        return reference


class SandboxEmail:
    """Implements `EmailProvider`."""

    name: Final = "sandbox"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def send(self, email: Email) -> str:
        """See the port."""
        return self._sandbox.deliver(
            channel="email",
            key=email.key,
            brand=email.brand,
            address=email.address,
            template=email.subject,
            text=email.text,
        )


class SandboxPush:
    """Implements `PushProvider`."""

    name: Final = "sandbox"

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def send(self, push: Push) -> str:
        """See the port."""
        return self._sandbox.deliver(
            channel="push",
            key=push.key,
            brand=push.brand,
            address=push.tokens[0],
            template=push.link,
            text=push.title,
        )


def read(path: Path) -> Iterator[SandboxMessage]:
    """Messages of the file, oldest first; none when there is no file."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield SandboxMessage(**json.loads(line))
