"""E-mail by SMTP, encrypted by STARTTLS or from the first byte."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

from cosign.messages.ports import Email
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused

SECURITY: Final = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where and how to hand over mail."""

    host: str
    port: int
    security: str
    """One of SECURITY; `none` only on this machine."""
    user: str = ""
    """Empty: no login."""
    timeout: float = 10.0
    """Seconds for each step."""
    trust: Callable[[], ssl.SSLContext] = field(default=ssl.create_default_context)


class SmtpEmail:
    """Implements `EmailProvider`."""

    name: Final = "smtp"

    def __init__(self, server: SmtpServer, *, sender: str, password: Callable[[], str]) -> None:
        """`password` reads the password from its file."""
        self._server = server
        self._sender = sender
        self._password = password

    def send(self, email: Email) -> str:
        """See the port. The `Message-ID` is made of the idempotency key, so that mailboxes can drop a repeat."""
        reference = f"<{email.key.replace('/', '.')}@{self._sender.rpartition('@')[2]}>"
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, email.address, email.subject
        message["Date"], message["Message-ID"] = formatdate(usegmt=True), reference
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(email.text)
        try:
            connection = self._connect()
            try:
                connection.send_message(message, self._sender, [email.address])
            finally:
                with suppress(smtplib.SMTPException, OSError):  # the mail was taken or refused by then
                    connection.quit()
        except smtplib.SMTPRecipientsRefused as refusal:
            code = refusal.recipients.get(email.address, (0, b""))[0]
            raise _fault(code) from None
        except smtplib.SMTPAuthenticationError:
            raise DeliveryDelayed("credentials") from None
        except smtplib.SMTPResponseException as refusal:
            raise _fault(refusal.smtp_code) from None
        except (smtplib.SMTPException, OSError):
            raise DeliveryDelayed("unreachable") from None
        return reference[:96]

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=server.trust()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.security == "starttls":
                connection.starttls(context=server.trust())
            if server.user:
                connection.login(server.user, self._password())
        except BaseException:
            connection.close()
            raise
        return connection


def _fault(code: int) -> DeliveryDelayed | DeliveryRefused:
    return DeliveryRefused(f"smtp_{code}") if 500 <= code < 600 else DeliveryDelayed(f"smtp_{code}")
