"""`cosignd` for measurements of logins; started by `benchmarks.logins`.

`… hashing` has a clock around password hashing. `… plain` takes a SHA-256 in its place and any password for right: what
is left is the login without Argon2id, and without what Argon2id costs the code after it by emptying the caches.
"""

import hashlib
import sys
from typing import Final

from benchmarks.staged_server import Meter, serve
from cosign.brands.model import Argon2Cost

HASHING: Final = "password hashing"


def with_clock(meter: Meter) -> None:
    """Puts a clock around what the pool of slow hashes does."""
    from cosign.accounts import passwords

    meter.around(passwords, "_verify", HASHING)


def without_hashing(_meter: Meter) -> None:
    """Compares by a digest, in the same pool."""
    from cosign.accounts import passwords

    def verify(stored: str, password: str, cost: Argon2Cost) -> bool:
        return bool(stored) and bool(hashlib.sha256(password.encode()).digest())

    passwords._verify = verify


if __name__ == "__main__":
    serve({"hashing": with_clock, "plain": without_hashing}[sys.argv[1]])
