"""What can go wrong on a phone, one class per reason, with a text for the user in English and Chinese.

    PhoneFault
    ├── Refused            the server answered inside the end-to-end layer with a status other than OK (E2E-3);
    │                      its classes are in `refusals`
    ├── Rejected           the server answered with a gRPC error: `code`, `reason`, `metadata`
    ├── Unreachable        no answer, or none in time: whether the request counted is not known
    ├── ServerSuspected    an ECDSA key saw three such failures within a day
    ├── ServerNotTrusted   identity, statement or answer of the server fails a check; a security event
    ├── ChangeUndone, ChangeDone   which PIN an interrupted PIN change has left valid
    └── what this phone's own state forbids: HomeInUse, HomeBroken, NotEnrolled, AlreadyEnrolled,
        LoggedOut, SecondStepNeeded,
        KeyUnknown, KeyUnfinished, KeyPurposeWrong, PinUnsuitable, InputRefused, DecryptionRefused,
        TooManyHeartbeats

`reason` is stable and the same word the server uses where both know the case.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

Language = Literal["en", "zh"]


class PhoneFault(Exception):
    """Base of everything the phone raises on purpose."""

    reason: ClassVar[str] = "INTERNAL"
    english: ClassVar[str] = "Something went wrong on this phone."
    chinese: ClassVar[str] = "手机端发生错误。"

    def __init__(self, detail: str = "") -> None:
        """`detail` is an English phrase for the person who reads the terminal; never a secret."""
        super().__init__(detail)
        self.detail = detail

    def text(self, language: Language = "en") -> str:
        """The sentence for the user."""
        return self.chinese if language == "zh" else self.english

    def __str__(self) -> str:
        return f"{self.english} ({self.detail})" if self.detail else self.english

    def facts(self) -> dict[str, int | str]:
        """Fields beside the reason that a program may want."""
        return {}


class Rejected(PhoneFault):
    """A gRPC error of the service, decoded from `google.rpc.Status`."""

    reason = "REJECTED"
    english = "The server refused the call."
    chinese = "服务器拒绝了该调用。"

    def __init__(
        self,
        *,
        code: str,
        server_reason: str,
        message: str = "",
        chinese: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_ms: int = 0,
    ) -> None:
        """`server_reason` is the stable word of ErrorInfo; `message` and `chinese` are the server's texts."""
        super().__init__(server_reason)
        self.retry_after_ms = retry_after_ms
        self.code = code
        self.server_reason = server_reason
        self.metadata = dict(metadata or {})
        self._texts: dict[Language, str] = {"en": message, "zh": chinese}

    def text(self, language: Language = "en") -> str:
        """The server's own sentence, where it sent one."""
        return self._texts[language] or super().text(language)

    def __str__(self) -> str:
        return f"{self.text()} ({self.server_reason})"

    def facts(self) -> dict[str, int | str]:
        """Code and reason of the server with its metadata."""
        waiting = {"retry_after_ms": self.retry_after_ms} if self.retry_after_ms else {}
        return {**self.metadata, "code": self.code, "server_reason": self.server_reason, **waiting}


class Unreachable(PhoneFault):
    """No answer from the server. The request may or may not have counted; the next one settles it."""

    reason = "UNREACHABLE"
    english = "The server cannot be reached."
    chinese = "无法连接服务器。"

    def __init__(self, detail: str = "", *, broken: bool = False) -> None:
        """`broken`: server or connection ended the call, not its deadline and not the caller."""
        super().__init__(detail)
        self.broken = broken


class ServerNotTrusted(PhoneFault):
    """The server failed a check only an honest one passes. Nothing was released."""

    reason = "SERVER_NOT_TRUSTED"
    english = "The server's identity or answer fails a check; nothing was released."
    chinese = "服务器身份或应答校验失败，未输出任何结果。"


class ServerSuspected(PhoneFault):
    """Three answers for one ECDSA key failed a check within a day: no signature before a refresh (section 6.4)."""

    reason = "SERVER_SUSPECTED"
    english = "The server's answers failed checks three times today; renew the shares of the key before signing again."
    chinese = "服务器应答今日三次校验失败，请先更新密钥分量再签名。"


class ChangeUndone(PhoneFault):
    """A PIN change was interrupted and the server no longer holds its second half (section 4.2)."""

    reason = "PIN_CHANGE_UNDONE"
    english = "The PIN change did not take effect; use the old PIN."
    chinese = "PIN码修改未生效，请使用原PIN码。"


class ChangeDone(PhoneFault):
    """The server already uses the share of an earlier PIN change."""

    reason = "PIN_CHANGE_DONE"
    english = "An earlier PIN change has taken effect; use the new PIN."
    chinese = "此前的PIN码修改已生效，请使用新PIN码。"


class HomeInUse(PhoneFault):
    """Another process works with this device record."""

    reason = "HOME_IN_USE"
    english = "Another process is using this phone; wait until it has finished."
    chinese = "另一个进程正在使用本机数据，请等待其结束。"


class HomeBroken(PhoneFault):
    """The files of the phone cannot be read, do not belong together or are open to others."""

    reason = "HOME_BROKEN"
    english = "The data of this phone cannot be used."
    chinese = "本机数据无法使用。"


class NotEnrolled(PhoneFault):
    """There is no enrolled device in this home."""

    reason = "NOT_ENROLLED"
    english = "This phone is not enrolled."
    chinese = "本机尚未注册。"


class AlreadyEnrolled(PhoneFault):
    """A home holds one device."""

    reason = "ALREADY_ENROLLED"
    english = "This phone is enrolled already."
    chinese = "本机已注册。"


class LoggedOut(PhoneFault):
    """There is no session of an account, or the server has ended it."""

    reason = "LOGGED_OUT"
    english = "This phone is logged out; log in again."
    chinese = "本机已退出登录，请重新登录。"


class SecondStepNeeded(PhoneFault):
    """The login has taken its first step."""

    reason = "SECOND_STEP"
    english = "The login needs a second step."
    chinese = "请继续完成登录的第二步。"

    def __init__(self, ticket: str, step: int) -> None:
        """`ticket` and `step` (`SecondStep`) are those of the half-session."""
        super().__init__()
        self.ticket = ticket
        self.step = step


class BindingNeeded(PhoneFault):
    """Nobody is bound to the user of the provider yet."""

    reason = "BINDING_NEEDED"
    english = "Prove your phone number to link this account."
    chinese = "首次使用请验证手机号完成绑定。"

    def __init__(self, ticket: str, name_masked: str) -> None:
        """`ticket` goes into LoginAndBind; `name_masked` is how the provider calls the user."""
        super().__init__()
        self.ticket = ticket
        self.name_masked = name_masked


class KeyUnknown(PhoneFault):
    """No such key on this phone."""

    reason = "KEY_UNKNOWN"
    english = "This phone does not hold that key."
    chinese = "本机没有该密钥。"


class KeyUnfinished(PhoneFault):
    """The key's first joint operation is outstanding (KG-7)."""

    reason = "KEY_UNFINISHED"
    english = "The key is not active yet; finish its generation first."
    chinese = "密钥尚未激活，请先完成密钥生成。"


class KeyPurposeWrong(PhoneFault):
    """A key has one purpose (rule 6)."""

    reason = "PURPOSE_MISMATCH"
    english = "The key is for another purpose."
    chinese = "密钥用途不符。"


class PinUnsuitable(PhoneFault):
    """A new PIN is shorter than 6 characters, too long or too common (PIN-7)."""

    reason = "PIN_UNSUITABLE"
    english = "The new PIN must have at least 6 characters and must not be a common one."
    chinese = "新PIN码至少6位，且不能过于简单。"


class InputRefused(PhoneFault):
    """What should be signed or decrypted has a wrong form."""

    reason = "INPUT_REFUSED"
    english = "The input cannot be used."
    chinese = "输入数据无效。"


class DecryptionRefused(PhoneFault):
    """The one uniform error of a failed decryption (DEC-5)."""

    reason = "DECRYPTION_FAILED"
    english = "The ciphertext cannot be decrypted with this key."
    chinese = "无法使用该密钥解密。"


class TooManyHeartbeats(PhoneFault):
    """Eight heartbeats are without an answer; the oldest is forgotten 240 s after its issue (CLONE-5)."""

    reason = "HEARTBEATS_OUTSTANDING"
    english = "Too many heartbeats are unanswered; wait four minutes."
    chinese = "未应答的心跳过多，请4分钟后再试。"
