"""Secrets that we hand out once and know again by their hash: links in mails, access tokens."""

import hashlib
import secrets

BYTES = 32


def new_key() -> str:
    """43 characters that nobody can guess."""
    return secrets.token_urlsafe(BYTES)


def hashed(key: str) -> str:
    """What is stored of a key. It is random enough that a plain SHA-256 cannot be turned round."""
    return hashlib.sha256(key.encode()).hexdigest()
