"""Pictures and videos of an attempt: taken up, and kept as long as they are needed."""

import datetime as dt
from collections.abc import Mapping

from cosign.brands import ManualFile
from cosign.identity.model import Attempt
from cosign.identity.ports import IdentityUnit

_SIDES = (ManualFile.DOCUMENT_FRONT, ManualFile.DOCUMENT_BACK)


def files_of(unit: IdentityUnit, attempt: Attempt) -> Mapping[ManualFile, str]:
    """What was handed in by what it shows; of automatic checks both sides of the card."""
    papers = unit.manual.get(attempt.attempt_id)
    return papers.files if papers is not None else dict(zip(_SIDES, attempt.upload_ids, strict=False))


def claim_files(unit: IdentityUnit, account_id: str, files: Mapping[ManualFile, str], *, until: dt.datetime) -> None:
    """Takes files up, so that they stay until then. Raises ResourceNotFound."""
    pictures = [upload_id for file, upload_id in files.items() if file is not ManualFile.HOLDING_VIDEO]
    if pictures:
        unit.claim_uploads(account_id, pictures, until=until)
    if ManualFile.HOLDING_VIDEO in files:
        unit.claim_video(account_id, files[ManualFile.HOLDING_VIDEO], until=until)
