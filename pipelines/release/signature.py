"""Signing the ledger's lines with Ed25519: whoever holds no key cannot forge one, not even the last.

Belongs here: reading keys, signing, checking. Does not belong here: what is signed (`ledger`). A private key is a PEM file
that only its owner can read (`openssl genpkey -algorithm ed25519 -out signing.key; chmod 600 signing.key`), the public one
what `openssl pkey -in signing.key -pubout` gives.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


@dataclass(frozen=True)
class Signer:
    """A private key; `key_id` names its public half: the first 16 hex digits of the SHA-256 of its 32 bytes."""

    key: Ed25519PrivateKey
    key_id: str

    def sign(self, content: bytes) -> str:
        """The signature as base64."""
        return base64.b64encode(self.key.sign(content)).decode()


@dataclass(frozen=True)
class Checker:
    """A public key."""

    key: Ed25519PublicKey
    key_id: str

    def fits(self, signature: object, content: bytes) -> bool:
        """Whether the signature is one of this key over the content."""
        from cryptography.exceptions import InvalidSignature

        try:
            self.key.verify(base64.b64decode(str(signature), validate=True), content)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def load_signer(path: Path | None) -> Signer | None:
    """The private key in a file; none where no file is named.

    Raises:
        ConfigurationError: it is not there, not such a key, or others can read it.
    """
    if path is None:
        return None
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    content = _read(path)
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"{path}: others can read the signing key; run: chmod 600 {path}")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(
            f"{path}: is not an Ed25519 private key without password in PEM; make one: openssl genpkey -algorithm ed25519"
        )
    return Signer(key, _key_id(key.public_key()))


def load_checker(path: Path) -> Checker:
    """The public key in a file.

    Raises:
        ConfigurationError: it is not there or not such a key.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigurationError(f"{path}: is not an Ed25519 public key in PEM; make it: openssl pkey -pubout")
    return Checker(key, _key_id(key))


def _read(path: Path) -> bytes:
    """The bytes of a key file."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: the key cannot be read: {error.strerror or error}") from None


def _key_id(key: Ed25519PublicKey) -> str:
    """Short name of a public key."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
