"""Encryption of texts that must stay secret even if the database leaks, such as second factors.

A text is sealed with Fernet (AES-128-CBC, HMAC-SHA256) by a key derived from the first of DATA_ENCRYPTION_KEYS, or from
SECRET_KEY when none is set. Every key of the list opens, and SECRET_KEY always does, so keys can be exchanged while the
product runs. A text without our mark was stored before there was any encryption: it is its own content.

Not protected: whoever can write rows can copy one account's text to another.
"""

import base64
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# The first entry of DATA_ENCRYPTION_KEYS that lets texts be written as they are: for processes of an older version.
PLAIN: Final = "plain"
MARK: Final = "sealed:1:"


class NoKeyOpens(Exception):
    """A stored text was sealed with a key that is no longer configured, or is damaged."""

    def __init__(self) -> None:
        super().__init__("No key of DATA_ENCRYPTION_KEYS opens the text, nor does DJANGO_SECRET_KEY.")


def seal(text: str) -> str:
    """Return the text as it is stored; the same text never looks the same twice."""
    key = _writing_key()
    return MARK + _fernet(key).encrypt(text.encode()).decode() if key else text


def unseal(stored: str) -> str:
    """Return the text that was stored.

    Raises:
        NoKeyOpens: none of the keys fits.
    """
    if not stored.startswith(MARK):
        return stored
    for key in _reading_keys():
        text = _opened(stored, key)
        if text is not None:
            return text
    raise NoKeyOpens


def is_sealed_as_configured(stored: str) -> bool:
    """Return whether a stored text is sealed as `seal` would do it now: with the first key, or not at all."""
    key = _writing_key()
    if not key:
        return not stored.startswith(MARK)
    return stored.startswith(MARK) and _opened(stored, key) is not None


def _writing_key() -> str | None:
    keys = settings.DATA_ENCRYPTION_KEYS
    if not keys:
        return str(settings.SECRET_KEY)
    return None if keys[0] == PLAIN else str(keys[0])


def _reading_keys() -> list[str]:
    own = [key for key in settings.DATA_ENCRYPTION_KEYS if key != PLAIN]
    return [*own, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _opened(stored: str, key: str) -> str | None:
    try:
        return _fernet(key).decrypt(stored.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        return None


@lru_cache(maxsize=16)
def _fernet(key: str) -> Fernet:
    # A key of its own even where the text is SECRET_KEY, which signs other things.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"season-tickets: data encryption, 1")
    return Fernet(base64.urlsafe_b64encode(derived.derive(key.encode())))
