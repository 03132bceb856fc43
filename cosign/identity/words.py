"""What users read about failures, in both languages (Appendix B)."""

from collections.abc import Mapping
from typing import Final

from cosign.identity.model import FailureReason

_R = FailureReason

WORDS: Final[Mapping[FailureReason, tuple[str, str]]] = {
    _R.NONE: ("", ""),
    _R.NO_FACE: ("未检测到人脸", "no face detected"),
    _R.FACE_MISMATCH: ("人脸比对未通过", "face check failed"),
    _R.VOICE_MISMATCH: ("语音数字不符", "the digits that were read do not match"),
    _R.DATA_MISMATCH: ("身份信息核验不一致", "the data do not agree"),
    _R.CANCELLED: ("已取消", "cancelled"),
    _R.TIMED_OUT: ("认证超时", "timed out"),
    _R.PROVIDER_DOWN: ("认证服务暂不可用", "the service is not available"),
    _R.DOCUMENT_TAKEN: ("该证件已在其他账号完成实名认证", "the document belongs to another account"),
    _R.DOCUMENT_EXPIRED: ("证件已过期", "the document has expired"),
    _R.CARD_UNREADABLE: ("无法识别身份证照片", "the card cannot be read"),
    _R.OTHER_PERSON: ("与账号实名信息不是同一人", "not the person of this account"),
    _R.REVIEW_REFUSED: ("人工审核未通过", "refused by a reviewer"),
}
"""Chinese and English."""


def words(reason: FailureReason) -> str:
    """Both languages in one text, for an argument of a message."""
    chinese, english = WORDS[reason]
    return f"{chinese} ({english})"
