"""The dictionary of reasons (退回类型): one per kind, versioned; a decision keeps the version it named."""

import dataclasses
import re
from collections.abc import Sequence
from typing import Final

from cosign.brands.model import Text
from cosign.clock import Clock
from cosign.errors import ConcurrentOperation, FieldInvalid, ResourceNotFound
from cosign.reviews.faults import ReasonInUse
from cosign.reviews.model import ReviewKind, ReviewReason
from cosign.reviews.ports import Duty, Reviewer, ReviewUnit
from cosign.reviews.usecases.seen import check_duty

MAX_TEXT: Final = 90
"""Characters per language: both fit into one message."""
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,31}", re.ASCII)


def list_reasons(unit: ReviewUnit, *, kind: ReviewKind, retired: bool = False) -> Sequence[ReviewReason]:
    """Newest versions by code."""
    return unit.reasons.all(kind, retired=retired)


def add_reason(
    unit: ReviewUnit, *, kind: ReviewKind, code: str, text: Text, editor: Reviewer, clock: Clock
) -> ReviewReason:
    """Adds a reason.

    Raises:
        NotAuthorised: The editor may not.
        FieldInvalid: `code` or a text has a wrong form.
        ReasonTaken: There is one of this code, maybe a retired one.
    """
    check_duty(editor, Duty.REASONS)
    if _CODE.fullmatch(code) is None:
        raise FieldInvalid("code", "must be 2 to 32 lower-case letters, digits and underscores, a letter first")
    reason = ReviewReason(
        kind=kind, code=code, version=1, text=_checked(text), changed_ms=clock.now_ms(), changed_by=editor.staff_id
    )
    unit.reasons.add(reason)
    unit.record_reason(reason, editor.staff_id, outcome="added")
    return reason


def change_reason(
    unit: ReviewUnit,
    *,
    kind: ReviewKind,
    code: str,
    version: int,
    text: Text | None = None,
    retired: bool | None = None,
    editor: Reviewer,
    clock: Clock,
) -> ReviewReason:
    """Makes the next version: with other texts, retired, or offered again. None leaves a part as it is.

    Raises:
        NotAuthorised: The editor may not.
        ResourceNotFound: No such reason.
        FieldInvalid: A text has a wrong form, or nothing changes.
        ConcurrentOperation: `version` is not the newest one.
    """
    check_duty(editor, Duty.REASONS)
    found = unit.reasons.get(kind, code)
    if found is None:
        raise ResourceNotFound("no such reason")
    if found.version != version:
        raise ConcurrentOperation(f"the newest version is {found.version}")
    wanted = dataclasses.replace(
        found,
        text=found.text if text is None else _checked(text),
        retired=found.retired if retired is None else retired,
    )
    if wanted == found:
        raise FieldInvalid("text", "changes nothing")
    made = dataclasses.replace(wanted, version=version + 1, changed_ms=clock.now_ms(), changed_by=editor.staff_id)
    unit.reasons.change(made)
    unit.record_reason(made, editor.staff_id, outcome="retired" if made.retired else "changed")
    return made


def delete_reason(unit: ReviewUnit, *, kind: ReviewKind, code: str, editor: Reviewer) -> None:
    """Deletes a reason that no decision names.

    Raises:
        NotAuthorised, ResourceNotFound.
        ReasonInUse: It can only be retired.
    """
    check_duty(editor, Duty.REASONS)
    found = unit.reasons.get(kind, code)
    if found is None:
        raise ResourceNotFound("no such reason")
    if unit.reasons.used(kind, code):
        raise ReasonInUse("a decision names it")
    unit.reasons.delete(kind, code)
    unit.record_reason(found, editor.staff_id, outcome="deleted")


def _checked(text: Text) -> Text:
    for language, one in (("zh", text.zh), ("en", text.en)):
        if not 1 <= len(one.strip()) <= MAX_TEXT or not one.isprintable():
            raise FieldInvalid(f"text.{language}", f"must be 1 to {MAX_TEXT} printable characters")
    return Text(zh=text.zh.strip(), en=text.en.strip())
