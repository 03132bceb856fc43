"""The gRPC services of this area: decode, call, encode. The call guard turns faults into statuses."""

from cosign.identity.servicer.change import IdentityChangeServicer
from cosign.identity.servicer.identity import IdentityCalls, IdentityServicer
from cosign.identity.servicer.link import IdentityLinkServicer
from cosign.identity.servicer.manual import ManualIdentityServicer

__all__ = [
    "IdentityCalls",
    "IdentityChangeServicer",
    "IdentityLinkServicer",
    "IdentityServicer",
    "ManualIdentityServicer",
]
