"""What `cosignctl hsm` does with a token of PKCS#11 before, beside and without a server."""

import enum
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cosign.errors import ConfigInvalid
from cosign.server.config import Config
from cosign.server.config_token import PKCS11
from cosign.server.token_wiring import NATIVE, open_pkcs11, token_uri
from hsm.pkcs11 import Mode, Pkcs11Token, TokenUri, UriInvalid
from hsm.pkcs11.ceremony import Ceremony, make_ready
from hsm.pkcs11.inspection import Examination, Found, examine, list_objects, read_ceremony_keys
from hsm.pkcs11.pin_source import ask_on_terminal
from hsm.pkcs11.transcript import TranscriptInvalid, markdown, verify
from hsm.ports import (
    DecryptionShare,
    RecordRefused,
    Sealed,
    TokenFault,
    TokenInfo,
    TokenKeyDamaged,
    TokenRefused,
    TokenUnavailable,
)
from protocol.envelope import EnvelopeKey
from protocol.errors import BadAnswer
from protocol.pkcs11 import Pin
from protocol.seal import SecretRecord

__all__ = [
    "Ceremony",
    "CheckedAgainst",
    "TranscriptInvalid",
    "backup_check",
    "bench",
    "doctor",
    "init",
    "listing",
    "markdown",
    "rehearsed",
    "verified",
]

_AAD: Final = b"COSIGN-v1/backup-check" + bytes(150)
"""As long as the associated data of a share."""


def init(
    config: Config, *, parts: tuple[Path | None, Path | None], keep_old_keys: bool = False, rehearsal: bool
) -> Ceremony:
    """The key ceremony on the configured token.

    Args:
        config: Names the token; `pin-source` must be a file.
        parts: Files with the operators' parts; None asks on the terminal.
        keep_old_keys: See `hsm.pkcs11.ceremony.make_ready`.
        rehearsal: Stands in the transcript.

    Raises:
        TokenFault: See `hsm.pkcs11.ceremony`.
        ConfigInvalid: No token of PKCS#11 is configured.
    """
    _require_pkcs11(config)
    questions = ("First operator: secret part", "Second operator: secret part")
    first, second = (_part(path, question) for path, question in zip(parts, questions, strict=True))
    try:
        so_pin = first.join(second)
    except OSError as fault:
        raise TokenRefused(str(fault)) from None
    return make_ready(
        token_uri(config),
        native=NATIVE,
        so_pin=so_pin,
        algorithm=Mode(config.token.mode).algorithm,
        keep_old_keys=keep_old_keys,
        rehearsal=rehearsal,
    )


@contextmanager
def rehearsed(module: Path) -> Iterator[Config]:
    """A configuration whose token is a SoftHSM2 token in a folder that is deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="cosign-rehearsal-"))
    before = os.environ.get("SOFTHSM2_CONF")
    try:
        (folder / "tokens").mkdir()
        settings = folder / "softhsm2.conf"
        settings.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
        os.environ["SOFTHSM2_CONF"] = str(settings)
        uri = f"pkcs11:token=rehearsal;object=cosign-kek?module-path={module}&pin-source=file:{folder / 'pin'}"
        config = Config()
        yield replace(config, token=replace(config.token, kind=PKCS11, uri=uri, folder=folder))
    finally:
        os.environ.pop("SOFTHSM2_CONF", None)
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before
        shutil.rmtree(folder)


class CheckedAgainst(enum.Enum):
    """Where the key came from with which a transcript was verified."""

    READ = "token"
    """Read from the configured token."""
    GIVEN = "given"
    """Named by the operator."""
    DOCUMENT = "document"
    """The one in the transcript itself: says nothing about who signed it."""


def verified(
    document: Mapping[str, Any], config: Config, public_key: str | None
) -> tuple[Mapping[str, Any], CheckedAgainst]:
    """Content of a transcript, and whose key signed it.

    Args:
        document: The JSON document of the ceremony.
        config: If it names a token of PKCS#11, one of that token's ceremony keys must have signed.
        public_key: The expected key, 65 bytes as hex, instead of asking the token.

    Raises:
        TranscriptInvalid: Not a transcript, altered, or signed by another key.
        ConfigInvalid: `public_key` is not hex.
        TokenFault: The token is not there or refuses the PIN.
    """
    if public_key is not None:
        try:
            return verify(document, [bytes.fromhex(public_key)]), CheckedAgainst.GIVEN
        except TranscriptInvalid:
            raise
        except ValueError:
            raise ConfigInvalid("--public-key", "not a public key in hex") from None
    if config.token.kind == PKCS11:
        keys = read_ceremony_keys(token_uri(config), native=NATIVE, ask=_ask)
        return verify(document, keys), CheckedAgainst.READ
    return verify(document, None), CheckedAgainst.DOCUMENT


def doctor(config: Config) -> Examination:
    """What the configured token can do. Raises TokenFault, ConfigInvalid."""
    _require_pkcs11(config)
    return examine(token_uri(config), native=NATIVE, ask=_ask)


def listing(config: Config) -> list[Found]:
    """Our objects in the configured token. Raises TokenFault, ConfigInvalid."""
    _require_pkcs11(config)
    return list_objects(token_uri(config), native=NATIVE, ask=_ask)


@dataclass(frozen=True, slots=True)
class Measured:
    """Cost of one call."""

    call: str
    wall_us: float
    cpu_us: float


def bench(config: Config, *, rounds: int) -> list[Measured]:
    """Measures the calls of the hot path, each `rounds` times. Raises TokenFault, ConfigInvalid."""
    _require_pkcs11(config)
    record = EnvelopeKey.generate().export()
    with closing(open_pkcs11(config, ask=_ask)) as token:
        version = token.current_version
        sealed = token.seal(record, _AAD, version=version)
        many = [Sealed(sealed, _AAD, version)] * 64
        return [
            _measured("random 32 bytes", rounds, lambda: token.random(32)),
            _measured("seal", rounds, lambda: token.seal(record, _AAD, version=version)),
            _measured("unseal", rounds, lambda: token.unseal(sealed, _AAD, version=version)),
            _measured("unseal, 64 at once, each", max(1, rounds // 64), lambda: token.unseal_many(many), 64),
        ]


def backup_check(config: Config, other: str) -> tuple[TokenInfo, TokenInfo]:
    """Proves that another token, restored from a backup, holds the same keys: its check values are the same, and it
    opens what the configured token seals.

    Args:
        config: Names the token in use.
        other: URI of the other token.

    Raises:
        TokenKeyDamaged: The keys differ.
        TokenFault, ConfigInvalid: See `open_pkcs11`.
    """
    _require_pkcs11(config)
    key = EnvelopeKey.generate()
    with closing(open_pkcs11(config, ask=_ask)) as token:
        ours, version = token.info(), token.current_version
        sealed = token.seal(key.export(), _AAD, version=version)
        sample = _sample(token)
    try:
        uri = TokenUri.parse(other)
    except UriInvalid as fault:
        raise ConfigInvalid("--uri", str(fault)) from None
    copy: Pkcs11Token[SecretRecord] = Pkcs11Token.open(uri, native=NATIVE, ask=_ask)
    with closing(copy):
        theirs = copy.info()
        if theirs.check_values != ours.check_values or theirs.current_version != ours.current_version:
            raise TokenKeyDamaged("the other token holds other KEK versions or other keys")
        if EnvelopeKey.restore(copy.unseal(sealed, _AAD, version=version)).public_key != key.public_key:
            raise TokenKeyDamaged("the other token opens records to something else")
        if sample is not None:
            _same_shares(copy, sample)
    return ours, theirs


def _sample(token: Pkcs11Token[SecretRecord]) -> DecryptionShare | None:
    """A decryption share of the token; None if it was made ready without tier 2."""
    try:
        return token.shares.sample()
    except TokenUnavailable:
        raise
    except TokenFault:
        return None


def _same_shares(copy: Pkcs11Token[SecretRecord], sample: DecryptionShare) -> None:
    """Raises TokenKeyDamaged unless `copy` can use the decryption shares of the token that made `sample`."""
    peer = ec.generate_private_key(ec.SECP256R1())
    point = peer.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    ours = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sample.public_key)
    try:
        copy.shares.derive(sample.wrapped, point).check(peer.exchange(ec.ECDH(), ours))
    except (RecordRefused, TokenRefused, BadAnswer) as fault:
        raise TokenKeyDamaged("the other token cannot use the decryption shares of this one") from fault


def _measured(call: str, rounds: int, work: Callable[[], object], each: int = 1) -> Measured:
    wall, cpu = perf_counter(), process_time()
    for _ in range(rounds):
        work()
    per = 1e6 / rounds / each
    return Measured(call, (perf_counter() - wall) * per, (process_time() - cpu) * per)


def _require_pkcs11(config: Config) -> None:
    if config.token.kind != PKCS11:
        raise ConfigInvalid("token.kind", "this command needs a token of kind pkcs11")


def _part(path: Path | None, question: str) -> Pin:
    if path is None:
        return ask_on_terminal(question, Pin)
    fd = os.open(path, os.O_RDONLY)
    try:
        return Pin.read(fd)
    except OSError as fault:
        raise TokenRefused(f"{path}: {fault}") from None
    finally:
        os.close(fd)


def _ask() -> Pin:
    return ask_on_terminal("User PIN of the token", Pin)
