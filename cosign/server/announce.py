"""What a server tells people on stderr when it serves."""

import sys
from typing import Final

from cosign.server.config import Config, parse_address

CERTIFICATE_FILE: Final = "tls-cert.pem"
"""Development certificate in the state folder."""

SOFTWARE_WARNING: Final = (
    "WARNING: SOFTWARE TOKEN: the server shares are protected by key files on this machine only. "
    "For development and tests, never for real keys."
)


def announce(
    config: Config,
    address: str,
    metrics_port: int,
    *,
    workers: int = 0,
    staff_address: str = "",
    software_token: bool,
) -> None:
    """One line about the listeners, and a loud one when the shares are not really protected."""
    if config.server.plaintext:
        transport = "PLAIN TEXT"
    elif config.tls.certificate is None:
        transport = f"TLS 1.3, development certificate {config.server.state_dir / CERTIFICATE_FILE}"
    else:
        transport = "TLS 1.3"
    host = parse_address("metrics.listen", config.metrics.listen)[0] if metrics_port else ""
    metrics = f", metrics on http://{host}:{metrics_port}/metrics" if metrics_port else ""
    count = f", {workers} workers" if workers else ""
    print(f"cosignd: listening on {address} ({transport}{count}){metrics}", file=sys.stderr)
    if staff_address:
        print(f"cosignd: staff on {staff_address}", file=sys.stderr)
    if software_token:
        print(f"cosignd: {SOFTWARE_WARNING}", file=sys.stderr)
    sys.stderr.flush()
