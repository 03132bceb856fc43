"""The same world as the inbox has: a database of each kind with real data keys."""

from tests.cosign.messages.conftest import engine, world

__all__ = ["engine", "world"]
