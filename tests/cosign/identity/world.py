"""Real-name verification with everything real behind it: adapters talk to the sandbox gateway without a network."""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert

from cosign import ids
from cosign.accounts.model import AccountState, Principal
from cosign.api.v1 import identity_pb2 as pb
from cosign.blocking import BlockingPool
from cosign.brands import DocumentKind, DocumentType, IdentityMethod
from cosign.brands.model import Text
from cosign.content.repository import SqlContentUnit
from cosign.content.usecases.documents import draft_document, publish_document
from cosign.identity.adapters import gateway, sandbox, specimen
from cosign.identity.adapters.signing import sign
from cosign.identity.model import Attempt, PersonData
from cosign.identity.providers import Health, Named, Providers
from cosign.identity.repository import Neighbours, SqlIdentityUnit, SqlUnits
from cosign.identity.servicer import IdentityCalls, IdentityServicer
from cosign.identity.usecases.callback import Disposition
from cosign.identity.usecases.verification import Verification
from cosign.messages.adapters.http import Answer, Endpoint
from cosign.paging import Pager
from cosign.request_once import RequestOnce
from cosign.reviews import ReviewKind, open_review
from cosign.store.unit_of_work import reading, writing
from cosign.uploads.claims import claim
from cosign.uploads.model import MediaType, ObjectState, UploadPurpose
from cosign.uploads.tables import upload, upload_object
from tests.cosign.accounts.world import TestPhone, World
from tests.support.documents import resident_number
from tests.support.keyed import mac

SECRET = "s" * 32
NAME = "甲乙丙"
"""The first three heavenly stems: nobody's name."""
DELAY = dt.timedelta(seconds=20)
QUERY_AFTER = dt.timedelta(seconds=60)
_FACES = (IdentityMethod.CPCN_FACE, IdentityMethod.ALIPAY_FACE, IdentityMethod.OCR_FACE, IdentityMethod.MOTION_FACE)
_ELEMENTS = (IdentityMethod.BANK_FOUR, IdentityMethod.CARRIER_THREE, IdentityMethod.SMS_DOCUMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct(Endpoint):
    """Reaches the sandbox without a network."""

    asked: Callable[[str, Mapping[str, str], bytes], tuple[int, dict[str, Any]]]

    def exchange(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        status, document = self.asked(target, headers, body)
        return Answer(status, json.dumps(document).encode())


class Album:
    """Pictures by the id of their upload."""

    def __init__(self) -> None:
        self.pictures: dict[str, bytes] = {}

    def open(self, upload_id: str) -> bytes:
        return self.pictures[upload_id]


class IdentityWorld(World):
    """Accounts, and this area upon them."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        super().__init__(engine, folder)
        self.later: list[Callable[[], None]] = []
        self.posted: list[tuple[bytes, Mapping[str, str]]] = []
        self.reviewed: list[Attempt] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.meanwhile: Callable[[str], object] = lambda path: None
        """What happens while the provider is asked, by path; may raise what an endpoint raises."""
        self.album = Album()
        self.sandbox = sandbox.SandboxGateway(
            folder / "sandbox",
            SECRET,
            self.clock,
            delay=DELAY,
            post=lambda _, body, headers: self.posted.append((body, headers)),
            later=lambda _, action: self.later.append(action),
        )
        through = gateway.Gateway(
            endpoint=Direct(url="http://127.0.0.1", asked=self._ask),
            key=sandbox.KEY,
            secret=lambda: SECRET,
            clock=self.clock,
            callback_url="http://127.0.0.1" + gateway.CALLBACK_PATH,
        )
        self.providers = Providers(
            faces={method: Named(gateway.NAME, through) for method in _FACES},
            elements={method: Named(gateway.NAME, through) for method in _ELEMENTS},
            health=Health(self.clock, self.metrics.identity_call),
            reader=Named(gateway.NAME, through),
            credentials=Named(gateway.NAME, through),
        )
        self.own_neighbours = Neighbours(
            personal=self.personal,
            accounts=self.unit,
            claim_uploads=self._claim,
            claim_video=self._claim_video,
            review=self._review,
        )
        self.verification = Verification(
            units=SqlUnits(engine, self.identity),
            providers=self.providers,
            pictures=self.album,
            clock=self.clock,
            decided=self.metrics.identity,
            called_back=self.metrics.identity_callback,
            query_after=QUERY_AFTER,
        )
        self.slow = BlockingPool(2)
        self.servicer = IdentityServicer(
            IdentityCalls(
                verification=self.verification,
                unit=self.identity,
                brands=self.brands,
                clock=self.clock,
                blocking=self.slow,
                once=RequestOnce(engine, clock=self.clock, blocking=self.slow, mac=mac),
                pager=Pager(mac),
                principal=self.callers.principal,
                limit_guest=self.callers.limit_guest,
            )
        )

    def close(self) -> None:
        self.sandbox.stop()
        self.slow.close()
        super().close()

    def identity(self, connection: Connection) -> SqlIdentityUnit:
        return SqlIdentityUnit(connection, self.own_neighbours)

    def act(self, work: Callable[[SqlIdentityUnit], Any]) -> Any:
        """Runs a use case in a transaction of its own."""
        with writing(self.engine) as connection:
            return work(self.identity(connection))

    def look(self, work: Callable[[SqlIdentityUnit], Any]) -> Any:
        with reading(self.engine) as connection:
            return work(self.identity(connection))

    def person(self, name: str = NAME, number: str = "", **values: Any) -> PersonData:
        return PersonData(
            name=name,
            document_type=DocumentType.RESIDENT_ID,
            document_number=number or resident_number(),
            **values,
        )

    async def start(self, phone: TestPhone, method: str = "cpcn_face", **fields: Any) -> pb.StartVerificationResponse:
        """Starts with good data unless told otherwise."""
        self.clock.forward(milliseconds=1)  # ids of one millisecond are in no order
        values = {"name": NAME, "document_number": resident_number(), "request_id": new_uuid()} | fields
        if method == "ocr_digits_face":
            values = {name: value for name, value in values.items() if name not in ("name", "document_number")}
        return await self.servicer.StartVerification(
            pb.StartVerificationRequest(method=method, **values), phone.context
        )

    async def query(self, phone: TestPhone, attempt_id: str) -> pb.Attempt:
        request = pb.QueryAttemptRequest(attempt_id=attempt_id)
        return (await self.servicer.QueryAttempt(request, phone.context)).attempt

    async def standing(self, phone: TestPhone) -> pb.GetVerificationResponse:
        return await self.servicer.GetVerification(pb.GetVerificationRequest(), phone.context)

    async def verify(self, phone: TestPhone, number: str = "") -> pb.Attempt:
        """A user who was verified by face."""
        started = await self.start(phone, document_number=number or resident_number())
        self.clock.forward(seconds=DELAY.total_seconds())
        return await self.query(phone, started.attempt.attempt_id)

    def finish(self) -> list[Disposition]:
        """Lets the sandbox send its callbacks, and receives them."""
        self.clock.forward(seconds=DELAY.total_seconds())
        waiting, self.later = self.later, []
        for action in waiting:
            action()
        posted, self.posted = self.posted, []
        return [self.verification.receive(gateway.NAME, headers, body) for body, headers in posted]

    def callback(self, event: Mapping[str, str], *, secret: str = SECRET) -> Disposition:
        """Receives an event that is signed now."""
        body = json.dumps(dict(event)).encode()
        headers = sign(secret, sandbox.KEY, "POST", gateway.CALLBACK_PATH, body, clock=self.clock)
        return self.verification.receive(gateway.NAME, headers, body)

    def card(self, account_id: str, person: PersonData, *, expiry: str = "2031-01-01") -> tuple[str, str]:
        """Both sides of a specimen as uploads of an account."""
        front = {
            "name": person.name,
            "document_number": person.document_number,
            "sex": "F",
            "birth": "1980-02-29",
            "ethnic_group": "汉",
            "address": "某省某市某路1号",
        }
        back = {"authority": "某市公安局", "document_expiry": expiry}
        return (
            self.upload(account_id, specimen.draw(front)),
            self.upload(account_id, specimen.draw(back)),
        )

    def upload(self, account_id: str, picture: bytes = b"", purpose: UploadPurpose = UploadPurpose.IDENTITY) -> str:
        """An upload as its area would leave it."""
        now_ms, now = self.clock.now_ms(), self.clock.now()
        upload_id, object_id = ids.new_id(ids.UPLOAD, now_ms), ids.new_id(ids.OBJECT, now_ms)
        with writing(self.engine) as connection:
            connection.execute(
                insert(upload_object).values(
                    object_id=object_id,
                    owner_id=account_id,
                    state=ObjectState.STORED.value,
                    content_index=object_id.encode(),
                    size=len(picture),
                    key_version=1,
                    changed_at=now,
                )
            )
            connection.execute(
                insert(upload).values(
                    upload_id=upload_id,
                    owner_id=account_id,
                    object_id=object_id,
                    purpose=purpose.value,
                    media_type=MediaType.PNG.value,
                    size=len(picture),
                    created_at=now,
                    keep_until=now + dt.timedelta(hours=24),
                )
            )
        self.album.pictures[upload_id] = picture
        return upload_id

    def publish(self, kind: DocumentKind, brand: str = "bzt") -> str:
        """A document in force."""
        with writing(self.engine) as connection:
            unit = SqlContentUnit(connection, trail=self.trail)
            text = Text(zh="甲", en="a")
            draft = draft_document(unit, brand=brand, kind=kind, title=text, body=text, clock=self.clock)
            publish_document(unit, document_id=draft.document_id, clock=self.clock)
        self.clock.forward(seconds=1)
        return draft.document_id

    def cancel(self, account_id: str) -> None:
        """The account ends."""
        with writing(self.engine) as connection:
            unit = self.unit(connection)
            account = unit.accounts.get(account_id)
            assert account is not None
            ended = unit.accounts.become(account, AccountState.CANCELLED)
            unit.closing.bury(ended, reason="", now=self.clock.now())

    async def me(self, phone: TestPhone) -> Principal:
        return await self.callers.principal(phone.context)

    def _ask(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        self.asked.append((path, json.loads(body)))
        self.meanwhile(path)
        return self.sandbox.answer(path, headers, body)

    def _claim(self, connection: Connection, account_id: str, upload_ids: Any, until: dt.datetime) -> None:
        claim(connection, upload_ids, owner_id=account_id, purposes=frozenset({UploadPurpose.IDENTITY}), until=until)

    def _claim_video(self, connection: Connection, account_id: str, upload_id: str, until: dt.datetime) -> None:
        claim(connection, [upload_id], owner_id=account_id, purposes=frozenset({UploadPurpose.VIDEO}), until=until)

    def _review(self, connection: Connection, attempt: Attempt) -> None:
        self.reviewed.append(attempt)
        open_review(
            self.review_unit(connection),
            kind=ReviewKind.IDENTITY,
            subject_id=attempt.attempt_id,
            brand=attempt.brand,
            account_id=attempt.account_id,
            clock=self.clock,
        )


def new_uuid() -> str:
    return str(uuid.uuid4())
