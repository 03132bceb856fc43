"""`cosignd` with a clock around password hashing; started by `benchmarks.logins`."""

from typing import Final

from benchmarks.staged_server import Meter, serve

HASHING: Final = "password hashing"


def instrument(meter: Meter) -> None:
    """Puts the clock around what the pool of slow hashes does."""
    from cosign.accounts import passwords

    meter.around(passwords, "_verify", HASHING)
    meter.around(passwords, "_hash", HASHING)


if __name__ == "__main__":
    serve(instrument)
