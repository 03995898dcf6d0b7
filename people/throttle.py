"""How often one may try: passwords at the door, mails asked for. Counted in the database, for all processes alike.

Attempts are counted by the name that was typed, whether an account has it or not, and by the asker's address;
neither is kept in clear.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

KEPT = timedelta(days=1)


class Attempt(models.Model):
    """One try at something that may not be tried without end."""

    what = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["what", "name", "at"], name="attempt_by_name"),
            models.Index(fields=["what", "address", "at"], name="attempt_by_address"),
        ]

    def __str__(self):
        return f"{self.what}, {self.at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Limit:
    """So many within so many minutes, under one name and from one address."""

    what: str
    by_name: int
    by_address: int
    minutes: int


SIGN_IN = Limit("sign_in", by_name=10, by_address=100, minutes=15)
RESET = Limit("reset", by_name=3, by_address=20, minutes=60)


class TooMany(Exception):
    """Carries the sentence for whoever tries too often."""


def attempt(limit: Limit, name: str, address: str) -> Attempt:
    """Note an attempt before it is made. Raises TooMany, and notes nothing, where the limit is reached."""
    made = Attempt.objects.create(what=limit.what, name=_veiled(_folded(name)), address=_veiled(address))
    recent = Attempt.objects.filter(what=limit.what, at__gt=timezone.now() - timedelta(minutes=limit.minutes))
    is_under_name = recent.filter(name=made.name).count() > limit.by_name
    if is_under_name or recent.filter(address=made.address).count() > limit.by_address:
        made.delete()
        raise TooMany(_("Too many attempts. Please try again in %d minutes.") % limit.minutes)
    return made


def forget(limit: Limit, *names: str) -> None:
    """Who got in did not guess: what was counted under these names is forgotten."""
    veiled = [_veiled(_folded(name)) for name in names]
    Attempt.objects.filter(what=limit.what, name__in=veiled).delete()


def tidy() -> None:
    Attempt.objects.filter(at__lt=timezone.now() - KEPT).delete()


def address_of(request) -> str:
    """The asker's network address; behind the proxy of production, the one that the proxy saw (docs/running.md)."""
    passed_on = request.headers.get("X-Forwarded-For", "") if settings.PRODUCTION else ""
    return passed_on.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _folded(name: str) -> str:
    """One for all names under which the database finds one account: it takes an ı for an I."""
    return name.upper().casefold()


def _veiled(text: str) -> str:
    return salted_hmac("people.throttle", text, algorithm="sha256").hexdigest()
