"""The area of computer logins on both databases, with the world of accounts around it."""

from tests.cosign.accounts.conftest import engine, world
from tests.cosign.computer_logins.computers import desk

__all__ = ["desk", "engine", "world"]
