"""E-mail by SMTP: encrypted, authenticated, refused and delayed as it should be (R-MSG-05)."""

import dataclasses
import email
import email.policy
import ssl
from pathlib import Path

import pytest

from cosign.messages.adapters.smtp import SmtpEmail, SmtpServer
from cosign.messages.ports import Email
from cosign.store.delivery import DeliveryDelayed, DeliveryRefused
from tests.cosign.messages.fake_smtp import PASSWORD, USER, MailServer, certificate, mail_server

MAIL = Email(
    key="msg_1/email", brand="bxq", address="user@example.com", subject="发票已开具", text="订单1的发票已开具。"
)


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


def sender(pem: Path, server: MailServer, *, security: str = "starttls", password: str = PASSWORD) -> SmtpEmail:
    return SmtpEmail(
        SmtpServer(
            host="localhost",
            port=server.port,
            security=security,
            user=USER,
            timeout=10.0,
            trust=lambda: ssl.create_default_context(cafile=str(pem)),
        ),
        sender="service@example.org",
        password=lambda: password,
    )


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_mail_goes_encrypted_and_authenticated(pem: Path, security: str) -> None:
    with mail_server(pem, tls=security == "tls") as server:
        reference = sender(pem, server, security=security).send(MAIL)
    (content,) = server.mails
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert server.encrypted == [True]
    assert (message["To"], message["Subject"]) == ("user@example.com", "发票已开具")
    assert message["Message-ID"] == reference == "<msg_1.email@example.org>"
    assert message.get_content().strip() == MAIL.text


def test_a_wrong_password_delays(pem: Path) -> None:
    with mail_server(pem) as server, pytest.raises(DeliveryDelayed, match="credentials"):
        sender(pem, server, password="wrong").send(MAIL)


@pytest.mark.parametrize(("answer", "fault"), [("550 no such user", DeliveryRefused), ("451 later", DeliveryDelayed)])
def test_a_refused_receiver(pem: Path, answer: str, fault: type[Exception]) -> None:
    with mail_server(pem) as server:
        server.refuse = answer
        with pytest.raises(fault, match=f"smtp_{answer[:3]}"):
            sender(pem, server).send(MAIL)


@pytest.mark.parametrize(("answer", "fault"), [("554 spam", DeliveryRefused), ("452 full", DeliveryDelayed)])
def test_a_refused_mail(pem: Path, answer: str, fault: type[Exception]) -> None:
    with mail_server(pem) as server:
        server.refuse_data = answer
        with pytest.raises(fault, match=f"smtp_{answer[:3]}"):
            sender(pem, server).send(MAIL)


def test_an_unknown_certificate_is_not_trusted(pem: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with mail_server(pem) as server, pytest.raises(DeliveryDelayed, match="unreachable"):
        sender(certificate(other), server).send(MAIL)
    assert server.mails == []


def test_a_server_that_is_gone_delays(pem: Path) -> None:
    with pytest.raises(DeliveryDelayed, match="unreachable"):
        sender(pem, MailServer(port=1)).send(MAIL)


def test_a_subject_cannot_smuggle_headers(pem: Path) -> None:
    with mail_server(pem) as server, pytest.raises(ValueError, match=r"linefeed|newline"):
        sender(pem, server).send(dataclasses.replace(MAIL, subject="a\r\nBcc: someone@example.com"))
    assert server.recipients == []
