"""The gRPC services of this area: decode, call, encode. The call guard turns faults into statuses."""

from cosign.identity.servicer.identity import IdentityCalls, IdentityServicer

__all__ = ["IdentityCalls", "IdentityServicer"]
