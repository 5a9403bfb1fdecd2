"""Respondent numbers to pseudonyms: keyed, so that nobody without the key can try numbers against them.

Belongs here: the key and the function. Does not belong here: which columns hold numbers (`raw`).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable

from pipelines.errors import ConfigurationError
from pipelines.files import sha256_text, write_atomically
from pipelines.settings import Settings

KEY_FILE = "pseudonym.key"


class Pseudonymiser:
    """HMAC-SHA-256 of a number under the key and a namespace, cut to 128 bits.

    The namespace holds the programme and the kind of person, so the same pupil has one pseudonym in all mappings of a
    programme and another in every other programme.
    """

    def __init__(self, key: str, namespace: str) -> None:
        """Bind key and namespace."""
        self._key = hmac.digest(key.encode(), namespace.encode(), "sha256")
        # One pupil stands in six files of a round.
        self._made: dict[str, str | None] = {"": None}

    def __call__(self, numbers: Iterable[str]) -> list[str | None]:
        """Pseudonyms in order; an empty number has none."""
        made, asked = self._made, list(numbers)
        for number in set(asked).difference(made):
            made[number] = hmac.digest(self._key, number.encode(), "sha256")[:16].hex()
        return [made[number] for number in asked]


def load_key(settings: Settings) -> str:
    """The secret: from the settings, else from the key file under home, which is made when it is not there.

    Raises:
        ConfigurationError: the key file can be read by others.
    """
    if settings.pseudonym_key:
        return settings.pseudonym_key
    path = settings.home / KEY_FILE
    if not path.exists():
        write_atomically(path, secrets.token_hex(32).encode(), mode=0o600)
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"{path}: others can read the pseudonym key; run: chmod 600 {path}")
    return path.read_text(encoding="ascii").strip()


def pseudonym_of(settings: Settings, programme: str, whose: str, number: str) -> str | None:
    """The pseudonym of one person's number as delivered; none for a blank one.

    Args:
        settings: where the key is.
        programme: slug.
        whose: kind of person (`session.PERSON_NAMESPACE`).
        number: as in the extracts; of several columns with `/` between them.

    Raises:
        ConfigurationError: as `load_key`.
    """
    [found] = Pseudonymiser(load_key(settings), f"{programme}/{whose}")([number.strip()])
    return found


def key_id(key: str) -> str:
    """A short name of the key that tells nothing about it; raw Parquet made with another key is out of date."""
    return sha256_text("kortlaegning pseudonym key", key)[:12]
