"""The gRPC services of the staff listener: decode, call, encode."""

from cosign.staff.servicer.calls import StaffCalls
from cosign.staff.servicer.content import ContentAdminServicer
from cosign.staff.servicer.login import StaffLoginServicer
from cosign.staff.servicer.lookup import LookupNeighbours, LookupServicer
from cosign.staff.servicer.members import StaffServicer
from cosign.staff.servicer.proposals import ProposalServicer

__all__ = [
    "ContentAdminServicer",
    "LookupNeighbours",
    "LookupServicer",
    "ProposalServicer",
    "StaffCalls",
    "StaffLoginServicer",
    "StaffServicer",
]
