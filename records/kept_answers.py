"""What was answered to writes of the API, for whoever sends one again: once.py."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.http import HttpResponse
from django.utils.translation import gettext_lazy

LONGEST = 200  # characters of a key
KEPT = timedelta(hours=72)
HEADERS = ("Content-Type", "ETag", "Location")  # that belong to an answer; middleware adds the others anew


class KeptAnswer(models.Model):
    """What was answered to a write that had a key, for whoever sends it again within three days."""

    actor_id = models.BigIntegerField()
    key = models.CharField(max_length=LONGEST)
    asked = models.CharField(max_length=64)  # SHA-256 of what was asked
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "key"],
                name="kept_answer_once",
                violation_error_message=gettext_lazy("This request was carried out before."),
            )
        ]
        indexes = [models.Index(fields=["at"], name="kept_answer_old")]

    def __str__(self):
        return self.key

    @classmethod
    def of(cls, response: HttpResponse, **who) -> "KeptAnswer":
        headers = {name: response[name] for name in HEADERS if name in response}
        body = getattr(response, "to_keep", response.content)  # without a secret that is shown once
        return cls(**who, status=response.status_code, headers=headers, body=body)

    def again(self) -> HttpResponse:
        response = HttpResponse(bytes(self.body), status=self.status)
        del response["Content-Type"]  # an answer without a body has none
        for name, value in self.headers.items():
            response[name] = value
        response["Idempotent-Replayed"] = "true"
        return response


def forget_old() -> int:
    """Forget the answers that nobody asks for again. Returns how many."""
    return KeptAnswer.objects.filter(at__lt=Now() - KEPT).delete()[0]
