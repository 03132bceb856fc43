"""The providers that the configuration names, and how they report."""

import re
from collections.abc import Callable
from typing import Final

from cosign.errors import ConfigInvalid
from cosign.messages.adapters import aliyun, jpush, sandbox, tencent
from cosign.messages.adapters.http import Endpoint
from cosign.messages.adapters.reports import FORMATS
from cosign.messages.adapters.smtp import SmtpEmail, SmtpServer
from cosign.messages.adapters.templates import load_templates
from cosign.messages.payloads import CODE
from cosign.messages.ports import Email, EmailProvider, Push, PushProvider, Sms, SmsProvider
from cosign.server.config import Config
from cosign.server.config_messages import secret_in
from cosign.signing.area import SigningUnits
from cosign.store.delivery import DeliveryRefused, NothingToDeliver

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")


class Nothing:
    """The provider `none`: another channel is taken. A code has no other: it is a dead letter that operators see."""

    name: Final = "none"

    def send(self, message: Sms | Email | Push) -> str:
        """See the ports."""
        if isinstance(message, Sms) and message.template == CODE:
            raise DeliveryRefused("no_provider")
        raise NothingToDeliver("no_provider")


def open_providers(
    config: Config, units: SigningUnits, report: Callable[[str, bytes], object]
) -> tuple[SmsProvider, EmailProvider, PushProvider]:
    """What delivers SMS, e-mail and push notices; `report` takes what the sandbox reports of SMS.

    Raises:
        ConfigInvalid: A file of a provider is missing or wrong.
    """
    default = "none" if config.production else "sandbox"
    file = sandbox.Sandbox(config.server.state_dir / sandbox.FILE, units.clock)
    sms: SmsProvider
    email: EmailProvider
    push: PushProvider
    match config.sms.provider or default:
        case "aliyun":
            sms = _aliyun(config, units)
        case "tencent":
            sms = _tencent(config, units)
        case "sandbox":
            sms = sandbox.SandboxSms(file, sandbox.SandboxReports(report, secret=sandbox_secret(units)))
        case _:
            sms = Nothing()
    match config.email.provider or default:
        case "smtp":
            email = _smtp(config)
        case "sandbox":
            email = sandbox.SandboxEmail(file)
        case _:
            email = Nothing()
    match config.push.provider or default:
        case "jpush":
            push = jpush.JPush(
                app_key=config.push.app_key,
                secret=secret_in(config.push.secret_file, "push.secret_file"),
                apns_production=config.push.apns_production,
                endpoint=Endpoint(url=config.push.endpoint or jpush.URL),
            )
        case "sandbox":
            push = sandbox.SandboxPush(file)
        case _:
            push = Nothing()
    return sms, email, push


def _aliyun(config: Config, units: SigningUnits) -> SmsProvider:
    section = config.sms
    assert section.templates is not None  # noqa: S101 - the configuration was checked
    return aliyun.AliyunSms(
        access_key_id=section.access_key_id,
        secret=secret_in(section.secret_file, "sms.secret_file"),
        templates=load_templates(section.templates),
        clock=units.clock,
        endpoint=Endpoint(url=section.endpoint or aliyun.URL),
    )


def _tencent(config: Config, units: SigningUnits) -> SmsProvider:
    section = config.sms
    assert section.templates is not None  # noqa: S101 - the configuration was checked
    return tencent.TencentSms(
        secret_id=section.access_key_id,
        secret=secret_in(section.secret_file, "sms.secret_file"),
        app_id=section.app_id,
        region=section.region,
        templates=load_templates(section.templates),
        clock=units.clock,
        endpoint=Endpoint(url=section.endpoint or tencent.URL),
    )


def _smtp(config: Config) -> EmailProvider:
    section = config.email
    server = SmtpServer(host=section.host, port=section.port, security=section.security, user=section.user)
    return SmtpEmail(server, sender=section.sender, password=secret_in(section.password_file, "email.password_file"))


def sandbox_secret(units: SigningUnits) -> Callable[[], str]:
    """The last part of the address that the sandbox reports to, the same in all workers."""
    return units.core.row_mac([b"sandbox reports"])[0].hex


def report_secret(config: Config, units: SigningUnits) -> tuple[str, Callable[[], str]] | None:
    """The SMS provider that reports, and the last part of the address it was given; None for no reports.

    Raises:
        ConfigInvalid: The file is missing, or the secret is too short.
    """
    provider = config.sms.provider or ("none" if config.production else "sandbox")
    if provider == "sandbox":
        return provider, sandbox_secret(units)
    if provider not in FORMATS or config.sms.report_secret_file is None:
        return None
    read = secret_in(config.sms.report_secret_file, "sms.report_secret_file")
    if not _SECRET.fullmatch(read()):
        raise ConfigInvalid("sms.report_secret_file", "must hold 32 to 128 letters, digits, - or _")
    return provider, read
