"""The gRPC services of this area, for the staff listener: decode, call, encode."""

from cosign.reviews.servicer.calls import ReviewCalls
from cosign.reviews.servicer.reasons import ReviewReasonServicer
from cosign.reviews.servicer.reviews import ReviewServicer

__all__ = ["ReviewCalls", "ReviewReasonServicer", "ReviewServicer"]
