"""What the core refuses inside the end-to-end layer: one exception per status of an answer (E2E-3).

Refused
├── about the user    PinIncorrect, KeyLocked, Frozen, PolicyRefused, QuotaExceeded
├── about the state   ShareUnknown, Stale, RequestExpired, ResyncNeeded, OtDestroyed, DeviceProofRefused
└── about the moment  ServerBusy, OutcomeUnknown, RequestMalformed
"""

from collections.abc import Mapping

from cosign.client.phone.errors import Language, PhoneFault
from protocol.codes import Status


class Refused(PhoneFault):
    """The core refused the request inside the end-to-end layer."""

    def __init__(self, *, attempts_left: int = 0, retry_after_s: int = 0, detail: str = "") -> None:
        """Both numbers are those of the answer frame (E2E-3); 0 where they do not apply."""
        super().__init__(detail)
        self.attempts_left = attempts_left
        self.retry_after_s = retry_after_s

    def facts(self) -> dict[str, int | str]:
        """The waiting time, if any."""
        return {"retry_after_s": self.retry_after_s} if self.retry_after_s else {}


class PinIncorrect(Refused):
    """The proof does not fit the share: the PIN was wrong and was counted (TX-4)."""

    reason = "PIN_INCORRECT"
    english = "The PIN is wrong."
    chinese = "PIN码错误。"

    def text(self, language: Language = "en") -> str:
        """Tells the attempts left and, after the sixth and third last, the waiting time."""
        if language == "zh":
            wait = f"请{self.retry_after_s}秒后再试。" if self.retry_after_s else ""
            return f"PIN码错误，还可尝试{self.attempts_left}次。{wait}"
        wait = f" Try again in {self.retry_after_s} s." if self.retry_after_s else ""
        return f"The PIN is wrong; {self.attempts_left} attempts left.{wait}"

    def __str__(self) -> str:
        return self.text()

    def facts(self) -> dict[str, int | str]:
        """Both numbers, always."""
        return {"attempts_left": self.attempts_left, "retry_after_s": self.retry_after_s}


class Stale(Refused):
    """The request id was seen before (CLONE-2). Nothing changed."""

    reason = "REQUEST_STALE"
    english = "This request had arrived before; nothing was done twice."
    chinese = "该请求此前已送达，未重复执行。"


class RequestExpired(Refused):
    """Outside its time window, even with the corrected clock (CLONE-1)."""

    reason = "REQUEST_EXPIRED"
    english = "The request arrived too late."
    chinese = "请求已过期。"


class ServerBusy(Refused):
    """Another request of this device was being served (TX-1)."""

    reason = "BUSY"
    english = "The server is busy with another request of this phone; try again."
    chinese = "服务器正在处理本机的其他请求，请重试。"


class OutcomeUnknown(Refused):
    """The outcome could not be committed and nothing was released (TX-5)."""

    reason = "OUTCOME_UNKNOWN"
    english = "The server could not finish the request; try again later."
    chinese = "服务器未能完成请求，请稍后再试。"


class KeyLocked(Refused):
    """Wrong PINs used up the attempts, or a waiting time is running (section 5.2)."""

    reason = "KEY_LOCKED"
    english = "The keys of this phone are locked after wrong PINs."
    chinese = "因PIN码多次错误，本机密钥已锁定。"

    def text(self, language: Language = "en") -> str:
        """Names the waiting time when one is running."""
        if not self.retry_after_s:
            return super().text(language)
        if language == "zh":
            return f"{self.chinese}请{self.retry_after_s}秒后再试。"
        return f"{self.english} Try again in {self.retry_after_s} s."

    def __str__(self) -> str:
        return self.text()


class Frozen(Refused):
    """A second copy of this phone's state was seen (CLONE-X), or the key was frozen."""

    reason = "KEY_FROZEN"
    english = "Frozen: a copy of this phone's data was used, or the key was stopped. Identify yourself again."
    chinese = "已冻结：检测到本机数据被复制使用，或密钥已被停用，请重新进行身份认证。"


class ShareUnknown(Refused):
    """The server does not know the share this phone holds, or may no longer use it (section 4.1)."""

    reason = "UNKNOWN_SHARE"
    english = "The server has no usable share for this key: it was frozen, revoked or replaced."
    chinese = "服务器上没有该密钥的可用分量：密钥已冻结、注销或更换。"


class QuotaExceeded(Refused):
    """A limit of the key or device is used up (DEC-3)."""

    reason = "QUOTA_EXCEEDED"
    english = "The limit of operations for this key is used up."
    chinese = "该密钥的使用次数已达上限。"


class PolicyRefused(Refused):
    """The rules of the service forbid this operation now."""

    reason = "POLICY_DENIED"
    english = "The service does not permit this operation."
    chinese = "服务规则不允许此操作。"


class OtDestroyed(Refused):
    """The ECDSA set-up was destroyed (rule 11)."""

    reason = "OT_DESTROYED"
    english = "The key's set-up was destroyed after a failed check; refresh the key."
    chinese = "密钥预置数据校验失败并已销毁，请更新密钥分量。"


class ResyncNeeded(Refused):
    """The server was restored; the device must be adopted with the PIN (RS-4)."""

    reason = "RESYNC_NEEDED"
    english = "The server was restored from a backup; use a key with its PIN once to be adopted."
    chinese = "服务器已从备份恢复，请使用任一密钥并输入PIN码完成重新接入。"


class RequestMalformed(Refused):
    """The core could not decode the request; `detail` is its reason."""

    reason = "MALFORMED"
    english = "The server could not read the request."
    chinese = "服务器无法解析请求。"

    def facts(self) -> dict[str, int | str]:
        """The core's reason, for example DIGEST_REFUSED."""
        return {"malformed": self.detail}


class CustodyUnavailable(RequestMalformed):
    """The server's share cannot be kept in its token: only P-256 decryption keys can, and not in every token."""

    reason = "CUSTODY_UNAVAILABLE"
    english = "The service cannot keep its part of such a key inside its security module."
    chinese = "服务端无法将此类密钥分量保存在密码模块内。"


class DeviceProofRefused(Refused):
    """sig_dev does not verify, or the device was unbound (E2E-6)."""

    reason = "DEVICE_PROOF_INVALID"
    english = "The server does not accept this device; it may have been unbound."
    chinese = "服务器不接受本设备，设备可能已解绑。"


REFUSALS: Mapping[int, type[Refused]] = {
    Status.PIN_WRONG: PinIncorrect,
    Status.STALE: Stale,
    Status.EXPIRED: RequestExpired,
    Status.BUSY: ServerBusy,
    Status.UNAVAILABLE: OutcomeUnknown,
    Status.LOCKED: KeyLocked,
    Status.FROZEN: Frozen,
    Status.UNKNOWN_SHARE: ShareUnknown,
    Status.QUOTA: QuotaExceeded,
    Status.POLICY: PolicyRefused,
    Status.OT_DESTROYED: OtDestroyed,
    Status.RESYNC: ResyncNeeded,
    Status.MALFORMED: RequestMalformed,
    Status.DEVICE_PROOF: DeviceProofRefused,
}
"""The one table from the status of an answer to the exception."""

MALFORMED_REASONS: Mapping[str, type[Refused]] = {CustodyUnavailable.reason: CustodyUnavailable}
"""Reasons of a MALFORMED answer that have an exception of their own."""
