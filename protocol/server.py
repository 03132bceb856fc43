"""The server's role (sections 3 to 5): open a request, evaluate it against one share, answer it.

::

    phone                                   Python around the core                     ServerCore
      -- envelope ------------------------>                    open_request ------------> Request
                                           device, expiry, policy, quota, unseal (TX-0)
                                           BEGIN, lock, clone rules      (TX-1, TX-2)
                                                               evaluate([(Request, record)]) (TX-3)
                                                                           <------------- Evaluation
                                           write the outcome, COMMIT     (TX-4, TX-5)
      <- answer ---------------------------                    Evaluation.answer        (TX-6)

    key generation
      -- M1 ------------------------------>                    keygen_begin -----------> KeygenBegun
      <- M2 ------------------------------- store the pending record, COMMIT, KeygenBegun.answer
      -- M3 ------------------------------>                    keygen_finish ----------> KeygenFinished
      <- M4 ------------------------------- consume it, insert the key, COMMIT, KeygenFinished.answer

    a micro-batch does the same in three calls, whose multiplications share the lanes of the processor:
    open_requests([envelope, ...]), verify_devices([(request, device_pub), ...]), evaluate([(request, record), ...]);
    the first two give an exception as a value where the single form raises, in the place of the item it is about

Handles:

* `ServerCore`: identity key, envelope keys, hedge secret and row-MAC key of one key-share service. `export` and
  `EnvelopeKey.export` give sealed-record plaintexts; `restore` takes them back.
* `Request`: header fields and digests are readable, everything else stays inside. `malformed` is set when header or
  body cannot be decoded; then only `req_id`, `op` and `answer` may be used. `verify_device` checks sig_dev (HDR-2)
  and must run before any counter is touched (E2E-6).
* `Evaluation`: the outcome (`protocol.codes.Outcome`), and what becomes of the OT set-up of an ECDSA share. It must be
  written before `answer` is called: nothing computed from a share is observable before the commit (rule 3).
* `KeygenBegun`, `KeygenFinished`: KG-2 and KG-4/KG-5. With the server's share in a token (HSM-3) `keygen_draft`, the
  token's signature and `keygen_begin_in_token` take the place of `keygen_begin`.

Every `answer` works once and raises `AlreadyUsed` afterwards. All calls release the interpreter lock; none blocks,
reads a clock or does I/O. Errors: see `protocol.errors`; `evaluate` never raises for one item, a fault becomes
`Outcome.FAULT`.
"""

from protocol._core import Evaluation, KeygenBegun, KeygenDraft, KeygenFinished, Request, ServerCore
from protocol.codes import Malformed, Op, OtChange, Outcome, Status

__all__ = [
    "Evaluation",
    "KeygenBegun",
    "KeygenDraft",
    "KeygenFinished",
    "Malformed",
    "Op",
    "OtChange",
    "Outcome",
    "Request",
    "ServerCore",
    "Status",
]
