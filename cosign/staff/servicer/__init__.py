"""The gRPC services of the staff listener: decode, call, encode."""

from cosign.staff.servicer.calls import StaffCalls
from cosign.staff.servicer.login import StaffLoginServicer
from cosign.staff.servicer.members import StaffServicer
from cosign.staff.servicer.proposals import ProposalServicer

__all__ = ["ProposalServicer", "StaffCalls", "StaffLoginServicer", "StaffServicer"]
