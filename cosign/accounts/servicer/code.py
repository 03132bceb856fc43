"""CodeService: captcha, SMS code, ticket."""

import datetime as dt
import io
from typing import Final

from captcha.image import ImageCaptcha

from cosign import ids
from cosign.accounts.codes import CodePurpose, check_code
from cosign.accounts.faults import CaptchaWrong
from cosign.accounts.model import normal_number
from cosign.accounts.ports import AccountUnit
from cosign.accounts.servicer.calls import Calls, short_text
from cosign.accounts.usecases.codes import CodeWish, make_captcha, send_code, verify_code
from cosign.api.v1 import code_pb2 as pb
from cosign.api.v1 import code_pb2_grpc as rpc
from cosign.call_context import CallContext, language_of
from cosign.errors import CosignFault, FieldInvalid
from cosign.timestamps import timestamp

MAX_INSTALLATION: Final = 64
_SIZE: Final = (160, 60)
PURPOSES: Final = {
    pb.CODE_PURPOSE_REGISTER: CodePurpose.REGISTER,
    pb.CODE_PURPOSE_LOGIN: CodePurpose.LOGIN,
    pb.CODE_PURPOSE_RESET_PASSWORD: CodePurpose.RESET_PASSWORD,
    pb.CODE_PURPOSE_IDENTITY: CodePurpose.IDENTITY,
    pb.CODE_PURPOSE_APPLICANT: CodePurpose.APPLICANT,
    pb.CODE_PURPOSE_LEGAL_REPRESENTATIVE: CodePurpose.LEGAL_REPRESENTATIVE,
    pb.CODE_PURPOSE_LETTER: CodePurpose.LETTER,
    pb.CODE_PURPOSE_BIND: CodePurpose.BIND,
    pb.CODE_PURPOSE_CHANGE_NUMBER: CodePurpose.CHANGE_NUMBER,
    pb.CODE_PURPOSE_STEP_UP: CodePurpose.STEP_UP,
    pb.CODE_PURPOSE_APPEAL: CodePurpose.APPEAL,
}
"""What a caller may ask for; half-sessions are tickets of other purposes, which no code gives."""


class CodeServicer(rpc.CodeServiceServicer):
    """Proves numbers."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._picture = ImageCaptcha(*_SIZE)

    async def GetCaptcha(self, request: pb.GetCaptchaRequest, context: CallContext) -> pb.GetCaptchaResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)

        def work(unit: AccountUnit) -> tuple[str, str, dt.datetime]:
            return make_captcha(unit, brand=request.brand, clock=calls.clock)

        captcha_id, answer, expires_at = await calls.write(work)
        image = await calls.blocking.run(self._draw, answer)
        return pb.GetCaptchaResponse(captcha_id=captcha_id, image=image, expires_at=timestamp(expires_at))

    def _draw(self, answer: str) -> bytes:
        picture: io.BytesIO = self._picture.generate(answer)
        return picture.getvalue()

    async def SendCode(self, request: pb.SendCodeRequest, context: CallContext) -> pb.SendCodeResponse:
        """See the proto."""
        calls = self._calls
        address = calls.limit_guest(context)
        if request.captcha_id and not ids.is_id(request.captcha_id, ids.CAPTCHA):
            raise CaptchaWrong("no captcha")
        wish = CodeWish(
            brand=request.brand,
            phone_number=normal_number("phone_number", request.phone_number),
            purpose=_purpose(request.purpose),
            captcha_id=request.captcha_id,
            captcha_answer=short_text("captcha_answer", request.captcha_answer, 16),
            installation_id=short_text("installation_id", request.installation_id, MAX_INSTALLATION),
            address=address,
            language=language_of(context),
        )

        def work(unit: AccountUnit) -> tuple[dt.datetime, dt.datetime] | Exception:
            return send_code(unit, wish=wish, clock=calls.clock)

        try:
            expires_at, resend_at = await calls.write(work)
        except CosignFault as fault:
            calls.count_code(fault.reason)
            raise
        calls.count_code("sent")
        return pb.SendCodeResponse(expires_at=timestamp(expires_at), resend_at=timestamp(resend_at))

    async def VerifyCode(self, request: pb.VerifyCodeRequest, context: CallContext) -> pb.VerifyCodeResponse:
        """See the proto."""
        calls = self._calls
        calls.limit_guest(context)
        number, purpose = normal_number("phone_number", request.phone_number), _purpose(request.purpose)
        code = check_code(request.code)

        def work(unit: AccountUnit) -> tuple[str, dt.datetime] | Exception:
            return verify_code(
                unit, brand=request.brand, phone_number=number, purpose=purpose, code=code, clock=calls.clock
            )

        try:
            ticket, expires_at = await calls.write(work)
        except CosignFault as fault:
            calls.count_code(fault.reason)
            raise
        calls.count_code("verified")
        return pb.VerifyCodeResponse(ticket=ticket, expires_at=timestamp(expires_at))


def _purpose(value: int) -> CodePurpose:
    for number, purpose in PURPOSES.items():
        if number == value:
            return purpose
    raise FieldInvalid("purpose", "must be stated")
