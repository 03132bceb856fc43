"""A brand's policy as messages of the API."""

import hashlib
from collections.abc import Mapping

from google.protobuf import duration_pb2

from cosign.api.v1 import bootstrap_pb2 as pb
from cosign.brands import BrandPolicy, DocumentKind, Operation
from cosign.brands.model import ClientPlatform
from cosign.content.model import Document
from cosign.content.servicer.messages import encode_document, encode_text


def encode_config(
    brand: str, policy: BrandPolicy, platform: ClientPlatform, current: Mapping[DocumentKind, Document]
) -> pb.BrandConfig:
    """Everything an app of `platform` needs; `current` are the documents in force."""
    return pb.BrandConfig(
        brand=brand,
        title=encode_text(policy.title),
        login_methods=[method.value for method in policy.login.methods],
        login_factors=policy.login.factors.value,
        environment_qr=policy.login.environment_qr,
        automatic_registration=policy.registration.automatic,
        explicit_registration=policy.registration.explicit,
        password_step=policy.registration.password.value,
        password=_password(policy),
        codes=pb.CodeRules(
            lifetime=_duration(policy.codes.lifetime_seconds),
            resend=_duration(policy.codes.resend_seconds),
            captcha=policy.codes.captcha_before_sms,
        ),
        identity=_identity(policy),
        agreements=[
            pb.RequiredDocuments(
                operation=operation.value,
                documents=[
                    encode_document(current[kind]) for kind in policy.agreements.required(operation) if kind in current
                ],
            )
            for operation in Operation
        ],
        modes=[mode.value for mode in policy.modes],
        devices=pb.DeviceRules(
            remember_pin=policy.devices.remember_pin,
            biometric_unlock=policy.devices.biometric_unlock,
            biometric_guide=_duration(policy.devices.biometric_guide_days * 86_400),
            biometric_android=policy.devices.biometric_android,
        ),
        cancellation=policy.cancellation.allowed,
        appeal=policy.cancellation.appeal,
        platform=encode_platform(platform),
        links=[
            pb.PortalLink(title=encode_text(link.title), url=link.url, icon=link.icon) for link in policy.client.links
        ],
        support_hours=encode_text(policy.support.hours),
        contacts=[
            pb.SupportContact(kind=one.kind.value, value=one.value, label=encode_text(one.label))
            for one in policy.support.contacts
        ],
    )


def etag_of(config: pb.BrandConfig) -> str:
    """32 hexadecimal digits that change with the configuration."""
    return hashlib.sha256(config.SerializeToString(deterministic=True)).hexdigest()[:32]


def encode_platform(platform: ClientPlatform) -> pb.PlatformRequirement:
    """What an app must be."""
    return pb.PlatformRequirement(
        platform=platform.platform.value,
        minimum_os=platform.minimum_os,
        minimum_app=platform.minimum_app,
        newest_app=platform.newest_app,
        download_url=platform.download_url,
        free_megabytes=platform.free_megabytes,
    )


def _password(policy: BrandPolicy) -> pb.PasswordRules:
    return pb.PasswordRules(
        min_length=policy.password.min_length,
        max_length=policy.password.max_length,
        required_classes=[one.value for one in policy.password.required_classes],
        min_classes=policy.password.min_classes,
        forbidden=[one.value for one in policy.password.forbidden],
        history=policy.password.history,
    )


def _identity(policy: BrandPolicy) -> pb.IdentityRules:
    return pb.IdentityRules(
        methods=[method.value for method in policy.identity.methods],
        documents=[kind.value for kind in policy.identity.documents],
        manual_documents=[kind.value for kind in policy.identity.manual_documents],
        manual_after_failure=policy.identity.manual_after_failure,
        manual_files=[file.value for file in policy.identity.manual_files],
        manual_time=_duration(policy.identity.manual_hours * 3_600),
        attempts_a_day=policy.identity.attempts_a_day,
        email_required=policy.identity.email_required,
    )


def _duration(seconds: int) -> duration_pb2.Duration:
    return duration_pb2.Duration(seconds=seconds)
