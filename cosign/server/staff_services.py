"""Which servicer handles which method of the staff listener. None of them is on the listener for phones."""

import asyncio
from collections.abc import Callable
from typing import Final

import grpc

from cosign.api.v1 import (
    content_admin_pb2,
    content_admin_pb2_grpc,
    lookup_pb2,
    lookup_pb2_grpc,
    proposal_pb2,
    proposal_pb2_grpc,
    review_pb2,
    review_pb2_grpc,
    review_reason_pb2,
    review_reason_pb2_grpc,
    staff_login_pb2,
    staff_login_pb2_grpc,
    staff_pb2,
    staff_pb2_grpc,
)
from cosign.server.application import Application
from cosign.server.front import Recorder
from cosign.server.staff_front import staff_handler

STAFF_SERVICES: Final = tuple(
    descriptor.services_by_name[name].full_name
    for descriptor, name in (
        (staff_login_pb2.DESCRIPTOR, "StaffLoginService"),
        (staff_pb2.DESCRIPTOR, "StaffService"),
        (proposal_pb2.DESCRIPTOR, "ProposalService"),
        (lookup_pb2.DESCRIPTOR, "LookupService"),
        (content_admin_pb2.DESCRIPTOR, "ContentAdminService"),
        (review_pb2.DESCRIPTOR, "ReviewService"),
        (review_reason_pb2.DESCRIPTOR, "ReviewReasonService"),
    )
)


def add_staff_services(server: grpc.Server, application: Application, loop: asyncio.AbstractEventLoop) -> None:
    """Registers every method for staff; coroutines of servicers run on `loop`."""
    recorder, staff, reviews = Recorder(), application.staff, application.reviews
    for add, servicer in (
        (staff_login_pb2_grpc.add_StaffLoginServiceServicer_to_server, staff.logins),
        (staff_pb2_grpc.add_StaffServiceServicer_to_server, staff.members),
        (proposal_pb2_grpc.add_ProposalServiceServicer_to_server, staff.proposals),
        (lookup_pb2_grpc.add_LookupServiceServicer_to_server, staff.lookups),
        (content_admin_pb2_grpc.add_ContentAdminServiceServicer_to_server, staff.contents),
        (review_pb2_grpc.add_ReviewServiceServicer_to_server, reviews.reviews),
        (review_reason_pb2_grpc.add_ReviewReasonServiceServicer_to_server, reviews.reasons),
    ):
        register: Callable[[object, Recorder], None] = add
        register(servicer, recorder)
    for service in STAFF_SERVICES:
        prefix = f"/{service}/"
        own = {
            path.removeprefix(prefix): staff_handler(path, handler, application.guard, loop)
            for path, handler in recorder.handlers.items()
            if path.startswith(prefix)
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, own),))
