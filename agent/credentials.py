"""The certificate that recordings are signed with: one's own, or one made at first use that proves only sameness."""

import datetime
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dialogue.errors import ConfigError

YEARS = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate chain and its private key, both PEM."""

    chain: bytes
    key: bytes


def credentials_folder() -> Path:
    """Give the folder that holds this machine's own certificate."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "visavis"


def load_credentials(certificate: Path, key: Path) -> Credentials:
    """Read a certificate chain and key. Raises ConfigError where they cannot be read or the key is open to others."""
    try:
        if key.stat().st_mode & 0o077:
            raise ConfigError(f"{key} can be read by others: type  chmod 600 {key}")
        return Credentials(certificate.read_bytes(), key.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{error.filename} cannot be read ({error.strerror}): check `provenance` in config.yaml"
        ) from error


def own_credentials(folder: Path) -> Credentials:
    """Read this machine's certificate, made at first use. Raises ConfigError where the folder cannot be written."""
    certificate, key = folder / "certificate.pem", folder / "private.key"
    if not (certificate.exists() and key.exists()):
        made = make_credentials()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(key, made.key, 0o600)
            _write(certificate, made.chain, 0o644)
        except OSError as error:
            raise ConfigError(
                f"{folder} cannot be written ({error.strerror}): set `provenance: sign: false`"
            ) from error
    return load_credentials(certificate, key)


def make_credentials() -> Credentials:
    """Make a root nobody trusts and a signing certificate under it (C2PA refuses self-signed ones)."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name, name = _name("Visavis test root"), _name("Visavis on one machine")
    root = _builder(root_name, root_name, root_key, root_key, is_root=True).sign(root_key, hashes.SHA256())
    leaf = _builder(name, root_name, key, root_key, is_root=False).sign(root_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    plain = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Credentials(leaf.public_bytes(pem) + root.public_bytes(pem), key.private_bytes(*plain))


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, common), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Visavis")]
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_root: bool,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(usage, critical=True)
    )
    if is_root:
        return builder
    return builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)


def _write(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
