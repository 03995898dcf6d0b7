"""The secret in the address of a calendar: handed out once, known again by its hash."""

import secrets

from django.utils.crypto import salted_hmac

BYTES = 32
SALT = "records.calendars.keys"


def new_key() -> str:
    """43 characters that nobody can guess."""
    return secrets.token_urlsafe(BYTES)


def hashed(key: str) -> str:
    """What is stored of it: useless to whoever has the database without the server's secret."""
    return salted_hmac(SALT, key, algorithm="sha256").hexdigest()
