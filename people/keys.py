"""Secrets that we hand out once and know again by their hash: links in mails, access tokens."""

import hashlib
import secrets

from django.utils.crypto import salted_hmac

BYTES = 32
SALT = "people.keys"


def new_key() -> str:
    """43 characters that nobody can guess."""
    return secrets.token_urlsafe(BYTES)


def hashed(key: str) -> str:
    """What is stored of a key: useless to whoever has the database without the server's secret.

    It is made over the plain SHA-256, from which hashes of before were made into these (migration 0013).
    """
    return salted_hmac(SALT, hashlib.sha256(key.encode()).hexdigest(), algorithm="sha256").hexdigest()
