"""The gRPC service of linked logins: decode, call, encode."""

from cosign.linked_logins.servicer.calls import LinkedCalls
from cosign.linked_logins.servicer.service import LinkedLoginServicer

__all__ = ["LinkedCalls", "LinkedLoginServicer"]
