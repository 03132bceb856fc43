"""Which servicer handles which method of the public API."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import grpc

from cosign.api.v1 import (
    account_device_pb2,
    account_device_pb2_grpc,
    account_pb2,
    account_pb2_grpc,
    appeal_pb2,
    appeal_pb2_grpc,
    bootstrap_pb2,
    bootstrap_pb2_grpc,
    certificate_login_pb2,
    certificate_login_pb2_grpc,
    code_pb2,
    code_pb2_grpc,
    computer_login_pb2,
    computer_login_pb2_grpc,
    content_pb2,
    content_pb2_grpc,
    device_pb2,
    device_pb2_grpc,
    identity_change_pb2,
    identity_change_pb2_grpc,
    identity_link_pb2,
    identity_link_pb2_grpc,
    identity_pb2,
    identity_pb2_grpc,
    key_pb2,
    key_pb2_grpc,
    linked_login_pb2,
    linked_login_pb2_grpc,
    login_pb2,
    login_pb2_grpc,
    manual_identity_pb2,
    manual_identity_pb2_grpc,
    message_pb2,
    message_pb2_grpc,
    number_change_pb2,
    number_change_pb2_grpc,
    operation_log_pb2,
    operation_log_pb2_grpc,
    server_info_pb2,
    server_info_pb2_grpc,
    session_pb2,
    session_pb2_grpc,
    share_pb2,
    signing_pb2,
    signing_pb2_grpc,
    upload_pb2,
    upload_pb2_grpc,
)
from cosign.server.application import Application
from cosign.server.awaited import Awaited
from cosign.server.front import Front, Recorder
from cosign.server.stream import PATH as SIGN_STREAM
from cosign.signing.envelope_methods import ENVELOPE_METHODS
from cosign.signing.key_operations import Outcome

SERVICES: Final = tuple(
    descriptor.services_by_name[name].full_name
    for descriptor, name in (
        (server_info_pb2.DESCRIPTOR, "ServerInfoService"),
        (device_pb2.DESCRIPTOR, "DeviceService"),
        (key_pb2.DESCRIPTOR, "KeyService"),
        (signing_pb2.DESCRIPTOR, "SigningService"),
        (share_pb2.DESCRIPTOR, "ShareService"),
        (bootstrap_pb2.DESCRIPTOR, "BootstrapService"),
        (content_pb2.DESCRIPTOR, "ContentService"),
        (code_pb2.DESCRIPTOR, "CodeService"),
        (login_pb2.DESCRIPTOR, "LoginService"),
        (linked_login_pb2.DESCRIPTOR, "LinkedLoginService"),
        (certificate_login_pb2.DESCRIPTOR, "CertificateLoginService"),
        (number_change_pb2.DESCRIPTOR, "NumberChangeService"),
        (computer_login_pb2.DESCRIPTOR, "ComputerLoginService"),
        (session_pb2.DESCRIPTOR, "SessionService"),
        (account_pb2.DESCRIPTOR, "AccountService"),
        (account_device_pb2.DESCRIPTOR, "AccountDeviceService"),
        (appeal_pb2.DESCRIPTOR, "AppealService"),
        (message_pb2.DESCRIPTOR, "MessageService"),
        (operation_log_pb2.DESCRIPTOR, "OperationLogService"),
        (upload_pb2.DESCRIPTOR, "UploadService"),
        (identity_pb2.DESCRIPTOR, "IdentityService"),
        (manual_identity_pb2.DESCRIPTOR, "ManualIdentityService"),
        (identity_change_pb2.DESCRIPTOR, "IdentityChangeService"),
        (identity_link_pb2.DESCRIPTOR, "IdentityLinkService"),
    )
)


ANY_CLIENT: Final = ("/cosign.api.v1.BootstrapService/", "/cosign.api.v1.ServerInfoService/")
"""Also for apps that are too old for everything else."""


def add_services(
    server: grpc.Server, application: Application, loop: asyncio.AbstractEventLoop, awaited: Awaited
) -> None:
    """Registers every method of the public API; coroutines of servicers run on `loop`."""
    recorder = Recorder()
    for add, servicer in (
        (server_info_pb2_grpc.add_ServerInfoServiceServicer_to_server, application.server_info),
        (device_pb2_grpc.add_DeviceServiceServicer_to_server, application.devices),
        (key_pb2_grpc.add_KeyServiceServicer_to_server, application.keys),
        (signing_pb2_grpc.add_SigningServiceServicer_to_server, signing_pb2_grpc.SigningServiceServicer()),
        (bootstrap_pb2_grpc.add_BootstrapServiceServicer_to_server, application.brands.bootstrap),
        (content_pb2_grpc.add_ContentServiceServicer_to_server, application.brands.content),
        (code_pb2_grpc.add_CodeServiceServicer_to_server, application.accounts.codes),
        (login_pb2_grpc.add_LoginServiceServicer_to_server, application.accounts.logins),
        (linked_login_pb2_grpc.add_LinkedLoginServiceServicer_to_server, application.linked_logins.servicer),
        (
            certificate_login_pb2_grpc.add_CertificateLoginServiceServicer_to_server,
            application.accounts.certificate_logins,
        ),
        (number_change_pb2_grpc.add_NumberChangeServiceServicer_to_server, application.accounts.number_changes),
        (computer_login_pb2_grpc.add_ComputerLoginServiceServicer_to_server, application.computers.servicer),
        (session_pb2_grpc.add_SessionServiceServicer_to_server, application.accounts.sessions),
        (account_pb2_grpc.add_AccountServiceServicer_to_server, application.accounts.accounts),
        (account_device_pb2_grpc.add_AccountDeviceServiceServicer_to_server, application.accounts.account_devices),
        (appeal_pb2_grpc.add_AppealServiceServicer_to_server, application.accounts.appeals),
        (message_pb2_grpc.add_MessageServiceServicer_to_server, application.messages.inbox),
        (operation_log_pb2_grpc.add_OperationLogServiceServicer_to_server, application.messages.operations),
        (upload_pb2_grpc.add_UploadServiceServicer_to_server, application.uploads.servicer),
        (identity_pb2_grpc.add_IdentityServiceServicer_to_server, application.identity.servicer),
        (manual_identity_pb2_grpc.add_ManualIdentityServiceServicer_to_server, application.identity.manual),
        (identity_change_pb2_grpc.add_IdentityChangeServiceServicer_to_server, application.identity.changes),
        (identity_link_pb2_grpc.add_IdentityLinkServiceServicer_to_server, application.identity.links),
    ):
        register: Callable[[object, Recorder], None] = add
        register(servicer, recorder)
    metrics = application.metrics

    def observe(outcome: Outcome) -> None:
        if not isinstance(outcome, Exception):
            metrics.answer(outcome.op, outcome.status)

    front = Front(application.guard, application.operations, observe, awaited)
    handlers: dict[str, Any] = {
        method: front.unary(method, handler, loop, any_client=method.startswith(ANY_CLIENT))
        for method, handler in recorder.handlers.items()
        if handler.unary_unary is not None
    }
    limits = application.config.limits
    handlers[SIGN_STREAM] = front.sign_stream(
        recorder.handlers[SIGN_STREAM], most=limits.streams, most_per_address=limits.streams_per_address
    )
    handlers |= {
        method: front.client_stream(method, handler, loop)
        for method, handler in recorder.handlers.items()
        if handler.stream_unary is not None
    }
    places = front.server_streams(most=limits.streams, most_per_address=limits.streams_per_address)
    handlers |= {
        method: front.server_stream(method, handler, loop, places)
        for method, handler in recorder.handlers.items()
        if handler.unary_stream is not None
    }
    handlers |= {method.path: front.envelope(method) for method in ENVELOPE_METHODS}
    for service in SERVICES:
        prefix = f"/{service}/"
        own = {path.removeprefix(prefix): handler for path, handler in handlers.items() if path.startswith(prefix)}
        front.add(server, service, own)
