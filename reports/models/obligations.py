"""What institutions have to report, in which rhythm and by when; and the days by which they may do so after all."""

from datetime import date

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from labs.models import Institution
from programs.models import Milestone, Participation, Project
from records.base import Record, RecordBase, Titled, has_a_title, in_turn
from records.dates import EdtfField, edtf_days
from records.folding import searched_by
from records.rights import Visibility

MOST_MONTHS = 60
MOST_DAYS = 366


def leads() -> list[str]:
    return [Participation.Part.LEAD.value]


def a_day(name: str, field: str) -> models.CheckConstraint:
    """A calendar is made of days, so this date is one, of a year that a calendar can be made for."""
    first, last = f"{field}_first", f"{field}_last"
    a_day = Q(**{first: F(last), f"{first}__gte": date(2000, 1, 1), f"{last}__lte": date(2100, 12, 31)})
    return models.CheckConstraint(
        condition=Q(**{field: None}) | a_day,
        name=f"{name}_{field}_is_a_day",
        violation_error_message=_("Give a day of the years 2000 to 2100, for example 2026-03-01."),
    )


class Obligation(Titled, RecordBase):
    """보고 의무. What is to be reported under a program or an agreement: from whom, in which rhythm, and until when.

    Under a program it falls on each institution whose participation in a project has one of `parts`; under an agreement
    on its parties, in the projects in which they take part, whatever their part. `project` (with its parts) and
    `institution` narrow it; an institution that is named reports whatever its part. `every_months` from `starts_on` on,
    the last period ends with the obligation.
    """

    class Rhythm(models.TextChoices):
        MONTHS = "months", _("every n months")
        YEARLY = "yearly", _("yearly")
        MILESTONE = "milestone", _("at milestones")
        ONCE = "once", _("once")

    scope = models.ForeignKey(Record, models.PROTECT, related_name="obligations", verbose_name=_("under"))
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        verbose_name=_("only this project, with its parts"),
    )
    institution = models.ForeignKey(
        Institution,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="obligations",
        verbose_name=_("only this institution"),
    )
    parts = ArrayField(
        models.CharField(max_length=16),
        verbose_name=_("from institutions with the part"),
        default=leads,
        blank=True,
        help_text=_("lead, joint, partner_company, …: the words of participations."),
    )
    rhythm = models.CharField(_("rhythm"), max_length=16, choices=Rhythm)
    every_months = models.PositiveSmallIntegerField(_("every how many months"), null=True, blank=True)
    milestone = models.ForeignKey(
        Milestone, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("only at this milestone")
    )
    starts_on = EdtfField(_("first period from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("last period until"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    days_to_report = models.PositiveSmallIntegerField(_("days to report after a period"), default=30)
    asks_ko = models.TextField(_("what is to be reported (Korean)"), blank=True)
    asks_en = models.TextField(_("what is to be reported (English)"), blank=True)
    visibility = models.SmallIntegerField(_("visibility"), choices=Visibility, default=Visibility.SHARED)

    class Meta:
        verbose_name = _("obligation to report")
        verbose_name_plural = _("obligations to report")
        indexes = [searched_by("obligation", "title_ko", "title_en")]
        constraints = [
            has_a_title("obligation"),
            in_turn("obligation", "starts_on", "ends_on"),
            *(a_day("obligation", name) for name in ("starts_on", "ends_on")),
            models.CheckConstraint(
                condition=~Q(rhythm="months") & Q(every_months=None)
                | Q(rhythm="months", every_months__gte=1, every_months__lte=MOST_MONTHS),
                name="obligation_months_of_its_rhythm",
                violation_error_message=_("Every n months needs a number from 1 to 60; the other rhythms have none."),
            ),
            models.CheckConstraint(
                condition=Q(milestone=None) | Q(rhythm="milestone"),
                name="obligation_milestone_of_its_rhythm",
                violation_error_message=_("Only what is due at milestones names one."),
            ),
            models.CheckConstraint(
                condition=Q(rhythm="milestone") | Q(starts_on_first__isnull=False),
                name="obligation_has_a_start",
                violation_error_message=_("Give the day on which the first period begins."),
            ),
            models.CheckConstraint(
                condition=~Q(rhythm="once") | Q(ends_on_first__isnull=False),
                name="obligation_once_has_an_end",
                violation_error_message=_("What is reported once is of one period: give its last day too."),
            ),
            models.CheckConstraint(
                condition=Q(parts__contained_by=Participation.Part.values) & Q(parts__len__gte=1),
                name="obligation_parts_are_known",
                violation_error_message=_(
                    "Name parts of participations: lead, joint, partner_company, payer, host, overseer, party, organiser,"
                    " sponsor, participant."
                ),
            ),
            models.CheckConstraint(
                condition=Q(days_to_report__lte=MOST_DAYS),
                name="obligation_days_of_a_year",
                violation_error_message=_("A report is due within 366 days after its period."),
            ),
        ]


class Extension(models.Model):
    """기한 연장. Until when one report may be handed in after all, and why. Only ever added to; the latest counts.

    It is about an institution, a project and a period (or a milestone) of an obligation, so it outlives each working out
    of the calendar, also where two institutions become one.
    """

    obligation = models.ForeignKey(Obligation, models.PROTECT, related_name="extensions", db_index=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="+", db_index=False)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+", db_index=False)
    period_starts_on = models.DateField()
    milestone = models.ForeignKey(Milestone, models.PROTECT, null=True, related_name="+", db_index=False)
    until = models.DateField(_("new due day"))
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    by_name = models.CharField(max_length=200)

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        indexes = [models.Index(fields=["obligation", "project", "id"], name="extension_of")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="extension_has_a_reason",
                violation_error_message=_("Say why the due day is put off."),
            ),
            models.CheckConstraint(
                condition=Q(until__gt=F("period_starts_on")),
                name="extension_after_its_period_began",
                violation_error_message=_("The new due day lies after the beginning of the period."),
            ),
        ]

    def __str__(self):
        return f"{self.until}: {self.reason}"
