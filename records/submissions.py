"""A request sent twice acts once: what was done under a key is remembered with it."""

import hashlib
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .refusals import Refused

KEPT = timedelta(days=30)  # as the jobs that some of them began


class Submission(models.Model):
    """접수. A request with a key that was carried out: a second one with the same key gets the first one's answer."""

    actor_id = models.BigIntegerField()
    key = models.CharField(max_length=200)
    asked = models.CharField(max_length=64)  # SHA-256 of what was asked
    change_id = models.BigIntegerField(null=True)
    ids = ArrayField(models.UUIDField(), default=list)
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "key"],
                name="submission_once",
                violation_error_message=gettext_lazy("This request was carried out before."),
            )
        ]
        indexes = [models.Index(fields=["at"], name="submission_old")]

    def __str__(self):
        return self.key


def take(actor_id: int, key: str, asked: str) -> tuple[Submission, bool]:
    """The submission under this key, and whether it is new. While another transaction is about it, waits for that one.

    Raises Refused if the key was used for something else.
    """
    digest = hashlib.sha256(asked.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_submission (actor_id, key, asked, ids) VALUES (%s, %s, %s, '{}')"
            " ON CONFLICT (actor_id, key) DO NOTHING",
            [actor_id, key, digest],
        )
        is_new = cursor.rowcount == 1
    found = Submission.objects.get(actor_id=actor_id, key=key)
    if found.asked != digest:
        raise Refused(_("This key was used for another request. Use a new key for each request."))
    return found, is_new


def is_sent_again(request, what: str) -> bool:
    """Whether this form was carried out before: a second click, a page loaded again. Ask inside the transaction that acts.

    For forms whose answer shows what is shown once.
    """
    key = request.POST.get("key", "")[:64]
    return key.isalnum() and not take(request.reader.user_id, f"{what} {key}", what)[1]


def said_again() -> str:
    return _(
        "This was done already, and what is shown once is not shown again. If you did not copy it, have a new one made."
    )


def forget_old() -> int:
    """Forget the keys of requests that nobody sends again. Returns how many."""
    return Submission.objects.filter(at__lt=Now() - KEPT).delete()[0]
