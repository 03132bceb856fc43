"""UploadService on a real server: streams, links, other accounts, limits, nothing readable on disk or in logs."""

import datetime as dt
import secrets
import sqlite3
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from cosign.api.v1 import upload_pb2 as pb
from cosign.client.phone.decoding import decode_error
from cosign.client.phone.errors import Rejected
from cosign.client.uploads import Uploads
from cosign.devices.model import token_hash
from tests.cosign.server.process import ServerProcess, running
from tests.cosign.uploads.conftest import PLACE, document, picture
from tests.support.clear_text import assert_absent, files

DOCUMENT = pb.UPLOAD_PURPOSE_DOCUMENT
UNKNOWN = "upl_01J8Z3K4M5N6P7Q8R9STVWXYZ0"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    settings = {"COSIGN_UPLOADS__QUOTA_COUNT": "20"}
    with running(tmp_path_factory.mktemp("uploads"), settings) as made:
        yield made


def logged_in(server: ServerProcess, account: str) -> str:
    """A bearer token, put where the server looks for it."""
    token = secrets.token_urlsafe(32)
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    row = {
        "token_hash": token_hash(token),
        "device_id": f"dev_{account[4:]}",
        "user_id": account,
        "expires_at": ends.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "session_id": f"ses_{account[4:]}",
        "brand": "net",
        "acting": "",
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    with closing(sqlite3.connect(server.state / "cosign.db", timeout=30)) as database, database:
        database.execute(f"INSERT INTO device_session ({columns}) VALUES ({marks})", tuple(row.values()))
    return token


class Account:
    """Somebody with a session."""

    def __init__(self, server: ServerProcess, channel: grpc.Channel, account: str) -> None:
        self.ca = (server.state / "tls-cert.pem").read_bytes()
        self.token = logged_in(server, account)
        self.uploads = Uploads(channel, lambda: self.token, ca=self.ca)
        self.stub: Any = self.uploads._stub

    def send(self, *messages: pb.CreateUploadRequest) -> str:
        """Raw messages; returns the reason of the refusal, or the id."""
        metadata = (("authorization", f"Bearer {self.token}"),)
        try:
            answer = self.stub.CreateUpload(iter(messages), metadata=metadata, timeout=30)
        except grpc.RpcError as error:
            fault = decode_error(error)
            assert isinstance(fault, Rejected)
            return fault.server_reason
        return str(answer.upload.upload_id)

    def fetch(self, url: str) -> "tuple[int, Any, bytes]":
        context = ssl.create_default_context(cadata=self.ca.decode())
        try:
            with urllib.request.urlopen(url, timeout=30, context=context) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()


@pytest.fixture(scope="module")
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with server.channel() as made:
        yield made


@pytest.fixture
def account(server: ServerProcess, channel: grpc.Channel) -> Account:
    return Account(server, channel, "acc_" + secrets.token_hex(13).upper()[:26])


def announce(size: int, purpose: Any = DOCUMENT, request_id: str = "") -> pb.CreateUploadRequest:
    request_id = request_id or "11111111-1111-4111-8111-111111111111"
    return pb.CreateUploadRequest(announcement=pb.UploadAnnouncement(request_id=request_id, purpose=purpose, size=size))


def data(content: bytes) -> pb.CreateUploadRequest:
    return pb.CreateUploadRequest(data=content)


def test_a_document_goes_up_and_comes_back(account: Account) -> None:
    content = document(300_000)
    made = account.uploads.send(content, DOCUMENT)
    assert (made.media_type, made.size) == ("application/pdf", len(content))
    assert account.uploads.read(made.upload_id) == content
    assert account.uploads.get(made.upload_id) == made
    assert [one.upload_id for one in account.uploads.all()] == [made.upload_id]
    account.uploads.delete(made.upload_id)
    assert list(account.uploads.all()) == []


def test_a_repeat_is_the_same_upload(account: Account) -> None:
    request_id = "22222222-2222-4222-8222-222222222222"
    first = account.uploads.send(document(), DOCUMENT, request_id=request_id)
    assert account.uploads.send(document(), DOCUMENT, request_id=request_id) == first
    with pytest.raises(Rejected) as refused:
        account.uploads.send(document(1_000), DOCUMENT, request_id=request_id)
    assert refused.value.server_reason == "REQUEST_ID_REUSED"


def test_uploads_of_others_do_not_exist(account: Account, server: ServerProcess, channel: grpc.Channel) -> None:
    other = Account(server, channel, "acc_" + secrets.token_hex(13).upper()[:26])
    made = account.uploads.send(document(), DOCUMENT)
    for call in (other.uploads.get, other.uploads.link, other.uploads.delete):
        answers = set()
        for upload_id in (made.upload_id, UNKNOWN):
            with pytest.raises(Rejected) as refused:
                call(upload_id)
            answers.add((refused.value.server_reason, str(refused.value)))
        assert len(answers) == 1
        assert answers.pop()[0] == "RESOURCE_NOT_FOUND"


def test_a_link_is_good_for_one_upload(account: Account) -> None:
    first = account.uploads.send(document(1000), DOCUMENT)
    second = account.uploads.send(document(2000), DOCUMENT)
    url = account.uploads.link(first.upload_id)
    status, headers, content = account.fetch(url)
    assert (status, content) == (200, document(1000))
    assert headers["Content-Type"] == "application/pdf"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == "attachment"
    assert headers["Cache-Control"] == "private, no-store"
    for wrong in (
        url.replace(first.upload_id, second.upload_id),
        url[:-3],
        url.partition("?")[0],
        url.partition("/uploads/")[0] + "/",
        url.partition("/uploads/")[0] + "/uploads/../../etc/passwd",
    ):
        assert account.fetch(wrong)[0] == 404
    account.uploads.delete(first.upload_id)
    assert account.fetch(url)[0] == 404


def test_without_a_session(channel: grpc.Channel) -> None:
    with pytest.raises(Rejected) as refused:
        Uploads(channel, lambda: "nothing").send(document(), DOCUMENT)
    assert refused.value.server_reason == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ((data(b"x"),), "FIELD_INVALID"),
        ((announce(5), announce(5)), "FIELD_INVALID"),
        ((announce(5), pb.CreateUploadRequest()), "FIELD_INVALID"),
        ((announce(0),), "FIELD_INVALID"),
        ((announce(5, pb.UPLOAD_PURPOSE_UNSPECIFIED),), "FIELD_INVALID"),
        ((announce(5, request_id="x"),), "FIELD_INVALID"),
        ((announce(70_000), data(bytes(61_441))), "FIELD_INVALID"),
        ((announce(1 << 40),), "UPLOAD_TOO_LARGE"),
        ((announce(20), data(document(1_000))), "UPLOAD_TOO_LARGE"),
        ((announce(1_001), data(document(1_000))), "UPLOAD_INCOMPLETE"),
        ((announce(20), data(b"<html></html>" + bytes(7))), "UPLOAD_TYPE_REFUSED"),
        ((announce(20),), "UPLOAD_INCOMPLETE"),
    ],
)
def test_what_is_refused(account: Account, messages: tuple[pb.CreateUploadRequest, ...], reason: str) -> None:
    assert account.send(*messages) == reason


def test_a_refusal_does_not_wait_for_the_rest(account: Account) -> None:
    """The answer comes while the caller has megabytes left to send."""
    rest = [data(bytes(60_000))] * 300
    assert account.send(announce(18_000_000), *rest) == "UPLOAD_TYPE_REFUSED"


def test_quota(account: Account) -> None:
    for number in range(20):
        account.uploads.send(document(1_000 + number), DOCUMENT)
    with pytest.raises(Rejected) as refused:
        account.uploads.send(document(1_000), DOCUMENT)
    assert refused.value.server_reason == "UPLOAD_QUOTA"


def test_nothing_of_it_is_readable_on_the_server(account: Account, server: ServerProcess) -> None:
    """R-IDV-16: neither files, nor the database, nor the log hold what was uploaded, nor links."""
    made = account.uploads.send(picture(), pb.UPLOAD_PURPOSE_IDENTITY)
    account.uploads.send(document(), DOCUMENT)
    url = account.uploads.link(made.upload_id)
    assert account.fetch(url)[0] == 200
    signature = url.rpartition("signature=")[2]
    assert_absent(files(server.state, server.log), PLACE, "%PDF-1.7", signature, account.token)


def test_uploads_survive_a_kill(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        with server.channel() as channel:
            account = Account(server, channel, "acc_" + "7" * 26)
            made = account.uploads.send(document(), DOCUMENT)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.start()
        with server.channel() as channel:
            again = Account(server, channel, "acc_" + "7" * 26)
            assert again.uploads.read(made.upload_id) == document()


def test_one_address_has_four_places_and_gets_them_back(account: Account) -> None:
    opened = threading.Event()

    def waiting() -> Iterator[pb.CreateUploadRequest]:
        yield announce(100)
        opened.wait()

    metadata = (("authorization", f"Bearer {account.token}"),)
    calls = [account.stub.CreateUpload.future(waiting(), metadata=metadata, timeout=60) for _ in range(4)]
    end = time.monotonic() + 60
    while account.send(announce(1_000), data(document(1_000))) != "RATE_LIMITED":  # until all four have come
        assert time.monotonic() < end
    for call in calls:
        call.cancel()
    opened.set()
    while account.send(announce(1_000), data(document(1_000))) == "RATE_LIMITED":
        assert time.monotonic() < end
