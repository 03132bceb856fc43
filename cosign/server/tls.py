"""Key pairs of the listener, and a development certificate made on first start."""

import datetime as dt
import ipaddress
import os
import socket
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cosign.clock import Clock
from cosign.errors import ConfigInvalid
from cosign.server.announce import CERTIFICATE_FILE
from cosign.server.config import Config

PRIVATE_KEY_FILE: Final = "tls-key.pem"
_LIFETIME: Final = dt.timedelta(days=365)


def read_pair(certificate: Path, private_key: Path) -> tuple[bytes, bytes]:
    """Chain and key of a listener from PEM files.

    Raises:
        ConfigInvalid: A file cannot be read, or the key does not belong to the certificate.
    """
    try:
        chain = certificate.read_bytes()
        key = private_key.read_bytes()
    except OSError as error:
        raise ConfigInvalid("tls", f"{error.filename}: {error.strerror}") from None
    try:
        leaf = x509.load_pem_x509_certificate(chain)
        loaded = serialization.load_pem_private_key(key, password=None)
    except (ValueError, TypeError):
        raise ConfigInvalid("tls", "certificate or private key is not PEM, or the key has a password") from None
    if _spki(loaded.public_key()) != _spki(leaf.public_key()):
        raise ConfigInvalid("tls.private_key", "does not belong to the certificate")
    return chain, key


def pair_of(config: Config) -> tuple[Path, Path]:
    """Paths of certificate and key of the server: those of section `tls`, else the development pair."""
    certificate, private_key = config.tls.certificate, config.tls.private_key
    if certificate is None or private_key is None:
        return development_files(config.server.state_dir)
    return certificate, private_key


def development_files(folder: Path) -> tuple[Path, Path]:
    """Paths of the development certificate and its key."""
    return folder / CERTIFICATE_FILE, folder / PRIVATE_KEY_FILE


def ensure_development_certificate(folder: Path, host: str, clock: Clock) -> tuple[Path, Path]:
    """Returns certificate and key in `folder`; makes a self-signed pair if there is none or it has ended.

    ECDSA P-256, one year, for `localhost`, the loopback addresses, this machine's name and `host`. The key file
    is readable by its owner only from the moment it exists.
    """
    certificate_path, key_path = development_files(folder)
    if certificate_path.exists() and key_path.exists() and not _ended(certificate_path, clock):
        return certificate_path, key_path
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = _self_signed(private_key, host, clock.now())
    encoded_key = private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key_path.unlink(missing_ok=True)
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encoded_key)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def _ended(path: Path, clock: Clock) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        return True
    return certificate.not_valid_after_utc <= clock.now()


def _self_signed(private_key: ec.EllipticCurvePrivateKey, host: str, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cosign development")])
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    addresses = {"127.0.0.1", "::1"}
    for candidate in (host, socket.gethostname()):
        try:
            addresses.add(str(ipaddress.ip_address(candidate)))
        except ValueError:
            if candidate.isascii() and candidate != "localhost":
                names.append(x509.DNSName(candidate))
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in sorted(addresses)]
    public_key = private_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=5))
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(private_key, hashes.SHA256())
    )


def _spki(public_key: object) -> bytes:
    # The library types a public key as a union, some members of which have no such method; ours are all EC or RSA.
    return public_key.public_bytes(  # type: ignore[attr-defined, no-any-return]
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
