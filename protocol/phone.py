"""The phone's role (sections 3 to 5): one state machine per operation, one object per request.

::

    Blob ── unlock(pin) ──▶ Unlocked ─┐
                                      ├─▶ PhoneX.begin(…) ── .envelope ──▶ server
    Target, DeviceKey, Header ────────┘                   ◀─ answer ─────┘
                                          PhoneX.finish(answer) ──▶ (Answer, result)

    PhoneKeygen   begin (M1) → receive (M2, makes M3) → finish (M4) → Blob         KG-1, KG-3, KG-6
    PhoneSign     begin → finish → one 64-byte r‖s per digest                      SIGN-2 … SIGN-18, EC-1 … EC-14
    PhoneDecrypt  begin → finish → plaintexts                                      DEC-1 … DEC-6
    PhoneEcdh     begin → finish → plaintexts; PhoneEcdhRaw: shared secrets        ECDH-1 … ECDH-3
    PhoneRefresh  begin → finish → new Blob with its share_id                      RF-1, RF-4, RF-5
    PhoneConfirm  begin → finish                                                   RF-6 … RF-8
    PhoneAdopt    begin → finish                                                   RS-4
    PhoneOtSetup  begin → receive → reply (makes part 2, new Blob) → finish        OTS-1 … OTS-7
    PhoneSync     begin → finish → case and last_req                               CLONE-5

What the caller owes the protocol, because it needs storage and this package has none:

* `local_seq` is raised and persisted before every `begin`, `receive` or `reply` (HEDGE-1).
* `Header.req_id` is added to the persisted list of open requests before the envelope is sent (SIGN-5, CLONE).
* An answer is used only if it belongs to the newest request; tau and the emptied list are persisted before success
  is shown (CLONE-7).
* A new blob is written next to the old one and opened once from storage before CONFIRM (RF-5).

Objects are one-time: every method works once, a repeat raises `AlreadyUsed`, and a retry after a timeout is a new
object with new nonces (rule 5). `finish` releases results only when every check of every item holds, otherwise it
raises `BadAnswer` and everything of the request is wiped (SIGN-18). With a status other than OK it returns the frame
and no result. Statuses are `protocol.codes.Status`.
"""

from protocol._core import (
    Answer,
    Blob,
    DeviceKey,
    EcdhCiphertext,
    Header,
    KdfParams,
    OtReply,
    PhoneAdopt,
    PhoneConfirm,
    PhoneDecrypt,
    PhoneEcdh,
    PhoneEcdhRaw,
    PhoneKeygen,
    PhoneOtSetup,
    PhoneRefresh,
    PhoneSign,
    PhoneSync,
    Target,
    Unlocked,
)
from protocol.codes import Op, Purpose, Status, Suite, SyncCase

__all__ = [
    "Answer",
    "Blob",
    "DeviceKey",
    "EcdhCiphertext",
    "Header",
    "KdfParams",
    "Op",
    "OtReply",
    "PhoneAdopt",
    "PhoneConfirm",
    "PhoneDecrypt",
    "PhoneEcdh",
    "PhoneEcdhRaw",
    "PhoneKeygen",
    "PhoneOtSetup",
    "PhoneRefresh",
    "PhoneSign",
    "PhoneSync",
    "Purpose",
    "Status",
    "Suite",
    "SyncCase",
    "Target",
    "Unlocked",
]
