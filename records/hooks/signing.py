"""Signatures by Standard Webhooks, `v1`: HMAC-SHA256 of `id.timestamp.body`, with a secret that only owner and server know.

A secret is worked out from SECRET_KEY, the webhook's id and the number of the secret whenever it is needed. So it is kept
nowhere, and whoever has the database has no secret. A new SECRET_KEY makes all of them new.
"""

import base64
import hashlib
import hmac
from datetime import datetime

from django.utils.crypto import salted_hmac

from ..webhooks import BOTH_SECRETS, Webhook

BEGINS = "whsec_"
SALT = "records.hooks.signing"


def secret_of(hook: Webhook, number: int | None = None) -> bytes:
    """32 bytes: that of today, or an earlier one."""
    said = f"{hook.id}.{hook.secret_number if number is None else number}"
    return salted_hmac(SALT, said, algorithm="sha256").digest()


def shown(secret: bytes) -> str:
    """As its owner gets it: once, when it is made."""
    return BEGINS + base64.b64encode(secret).decode()


def signature(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def secrets_at(hook: Webhook, now: datetime) -> list[bytes]:
    """With which a message is signed: for a day after a rotation also with the one before."""
    numbers = [hook.secret_number]
    if hook.rotated_at and now < hook.rotated_at + BOTH_SECRETS:
        numbers.append(hook.secret_number - 1)
    return [secret_of(hook, number) for number in numbers]


def headers(hook: Webhook, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    timestamp = int(now.timestamp())
    signatures = (signature(secret, message_id, timestamp, body) for secret in secrets_at(hook, now))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
