"""Choice and self-test of the native arithmetic.

The core carries several implementations of the same arithmetic and picks the fastest one the processor can run when
it is loaded: ``ifma`` (AVX-512 IFMA, eight lanes), ``x86`` (add-carry instructions), ``portable``.
"""

from protocol import _core

__all__ = ["active", "available", "select", "self_test"]


def available() -> list[str]:
    """Back ends this processor can run, best first: a subset of ``ifma``, ``x86``, ``portable``."""
    return _core.backends()


def active() -> str:
    """Name of the back end in use."""
    return _core.active_backend()


def select(name: str) -> None:
    """Selects a back end for the whole process; for tests and benchmarks.

    Raises:
        MalformedMessage: Unknown name, or a back end this processor cannot run.
    """
    _core.set_backend(name)


def self_test() -> None:
    """Runs the known answers of every primitive on every usable back end; some milliseconds.

    Raises:
        InternalFault: An answer differs. The process must not serve.
    """
    _core.self_test()
