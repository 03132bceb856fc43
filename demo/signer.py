"""A phone that signs one message after another, for the step in which the server is killed.

Run as `python -m demo.signer HOME KEY_ID COUNT FOLDER` with the PIN in COSIGN_PIN. Message and signature number i are
written to FOLDER; a line with i on stdout says that the signature was released by the phone. When the server is away
it waits and signs the message that got no answer anew, with new nonces.
"""

import os
import sys
import time
from pathlib import Path
from typing import Final

from cosign.client.phone import Phone, PhoneFault
from cosign.client.phone.errors import Unreachable
from cosign.client.phone.refusals import OutcomeUnknown, ServerBusy
from protocol import sm2

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.1


def main(home: Path, key_id: str, count: int, folder: Path) -> None:
    """Signs `count` messages; gives up when the server stays away for a minute."""
    with Phone.open(home) as phone, phone.unlock(key_id, os.environ["COSIGN_PIN"]) as unlocked:
        for number in range(1, count + 1):
            message = f"Bid {number} of a run that the server does not survive.\n".encode()
            give_up = time.monotonic() + PATIENCE_SECONDS
            while True:
                try:
                    (signature,) = phone.sign(key_id, [message], unlocked)
                    break
                except (Unreachable, OutcomeUnknown, ServerBusy) as fault:
                    print(f"lost {number} {fault.reason}", flush=True)
                    if time.monotonic() > give_up:
                        raise
                    time.sleep(PAUSE_SECONDS)
            (folder / f"message-{number}.txt").write_bytes(message)
            (folder / f"signature-{number}.der").write_bytes(sm2.signature_to_der(signature))
            print(f"done {number}", flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
    except PhoneFault as fault:
        sys.exit(f"signer: {fault}")
