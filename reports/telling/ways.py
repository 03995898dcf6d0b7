"""Where reports stand: the addresses that mails, lists and the API lead to. Those of a report itself are in one place here."""

from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode


def begin_url() -> str:
    """Where a report is begun, by POST with project, institution and period."""
    return reverse("update_begin")


def update_url(id: UUID) -> str:
    return reverse("update", args=[id])


def dues_url(**asked) -> str:
    return reverse("dues") + (f"?{urlencode(asked)}" if asked else "")


def notices_url() -> str:
    return reverse("notices")


def absolute(path: str) -> str:
    """An address of ours as one needs it outside: in a mail."""
    return settings.SITE_URL.rstrip("/") + path
