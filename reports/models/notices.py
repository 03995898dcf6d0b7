"""Who is told what of reports, and which mails one does without."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import OutgoingMail

from .dues import ReportDue
from .updates import ProjectUpdate


class Telling(models.TextChoices):
    """What somebody is told."""

    LATE = "late", _("a report is late")
    DUE_SOON = "due_soon", _("a report is due soon")
    DECIDED = "decided", _("a report was decided on")
    REOPENED = "reopened", _("a report was reopened")
    SUBMITTED = "submitted", _("a report was handed in")
    SAID = "said", _("something was said about a report")


class Notice(models.Model):
    """알림. One thing that a person is told of what is due or of a report. Mails gather those that wait (reports/telling/digest.py).

    A reminder is there once for each person, due day and number of days before or after it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False)
    kind = models.CharField(max_length=16, choices=Telling)
    update = models.ForeignKey(ProjectUpdate, models.CASCADE, null=True, related_name="notices")
    due = models.ForeignKey(ReportDue, models.DO_NOTHING, null=True, related_name="notices", db_constraint=False)
    due_on = models.DateField(null=True)
    days = models.SmallIntegerField(null=True)
    details = models.JSONField(default=dict)
    made_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    waits = models.BooleanField(default=True)  # for a mail; not where the person does without
    mail = models.ForeignKey(OutgoingMail, models.SET_NULL, null=True, related_name="notices")

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_latest"),
            models.Index(fields=["person"], name="notice_waiting", condition=Q(waits=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "due", "kind", "days", "due_on"],
                condition=Q(days__isnull=False),
                name="notice_once",
                violation_error_message=_("This person has been told already."),
            )
        ]

    def __str__(self):
        return self.get_kind_display()


class MailChoice(models.Model):
    """A kind of mail that a person does without. What it would have said still stands on the person's page of notices."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_choices", db_index=False)
    kind = models.CharField(max_length=16, choices=Telling)
    is_off = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind"],
                name="mail_choice_once",
                violation_error_message=_("You have chosen this already."),
            )
        ]

    def __str__(self):
        return self.kind
