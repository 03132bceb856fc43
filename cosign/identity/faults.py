"""Faults of real-name checks, one class per reason (`cosign.errors` has the base classes)."""

from collections.abc import Iterable

from cosign.errors import OutageFault, RequestFault, StateFault


class IdentityStateRefused(StateFault):
    """The state of the user or of the attempt does not allow this."""

    reason = "IDV_STATE"


class AttemptOpen(StateFault):
    """Another attempt is being made."""

    reason = "IDV_OPEN"

    def __init__(self, attempt_id: str) -> None:
        """`attempt_id` goes to the caller."""
        super().__init__("another attempt is being made", metadata={"attempt_id": attempt_id})


class IdentityVerified(StateFault):
    """The user is verified; only a change or a new device may be checked."""

    reason = "IDV_VERIFIED"


class MethodOff(StateFault):
    """The brand or the deployment does not offer this method."""

    reason = "IDV_METHOD_OFF"

    def __init__(self, methods: Iterable[str]) -> None:
        """`methods` are those that are offered."""
        super().__init__("this method is not offered", metadata={"methods": ",".join(methods)})


class AttemptLimit(RequestFault):
    """The automatic attempts of a day are used up."""

    reason = "IDV_ATTEMPT_LIMIT"


class DocumentRefused(RequestFault):
    """The brand does not take this type of document, or not by this method."""

    reason = "IDV_DOCUMENT_TYPE"


class DocumentExpired(RequestFault):
    """The document is no longer valid."""

    reason = "IDV_DOCUMENT_EXPIRED"


class DocumentTaken(StateFault):
    """The document serves another active account of the brand."""

    reason = "IDV_DOCUMENT_TAKEN"


class CardUnreadable(RequestFault):
    """A picture shows no identity card, or cannot be read."""

    reason = "IDV_CARD_UNREADABLE"


class ProviderDown(OutageFault):
    """The provider of this method cannot be reached; the user may take another method."""

    reason = "IDV_PROVIDER_DOWN"

    def __init__(self, methods: Iterable[str] = ()) -> None:
        """`methods` are the others that are offered."""
        super().__init__("the provider cannot be reached", metadata={"methods": ",".join(methods)})


class CallbackForged(Exception):
    """A callback without a genuine signature, or a malformed one. Nobody but the log learns why."""


class LevelTooLow(StateFault):
    """The person was verified by a weaker check than this operation needs."""

    reason = "IDV_LEVEL"


class ManualFilesMissing(RequestFault):
    """Files that a manual review of the brand needs were not handed in."""

    reason = "IDV_FILES_MISSING"

    def __init__(self, files: Iterable[str]) -> None:
        """`files` are words such as `portrait`."""
        names = ",".join(files)
        super().__init__(f"missing: {names}", metadata={"files": names})


class ChangeOff(StateFault):
    """The brand does not offer to change what was verified, or not now."""

    reason = "IDV_CHANGE_OFF"


class OtherPerson(RequestFault):
    """Neither name nor document agree with the verified person."""

    reason = "IDV_OTHER_PERSON"


class ReverifyNeeded(StateFault):
    """Another device holds the keys of the person; the person must be checked on this one first."""

    reason = "IDV_REVERIFY"


class LinkInvalid(RequestFault):
    """No genuine link, or one that has ended: the answer is the same."""

    reason = "IDV_LINK_INVALID"


class LinkUsed(StateFault):
    """The link proved its person already, or its checks are used up."""

    reason = "IDV_LINK_USED"
