"""What is due from whom: one row for each report of the calendar, worked out by workers (reports/due/calendar.py)."""

from datetime import date

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from labs.models import Institution
from programs.models import Milestone, Program, Project
from records.rights import Reader, Visibility

from .obligations import Obligation
from .updates import REPORTED, ProjectUpdate, State

# What a partner is told of: neither the obligation nor the project is internal
SHOWN = Q(obligation__visibility__lte=Visibility.SHARED, project__visibility__lte=Visibility.SHARED)


class ReportDueQuerySet(models.QuerySet):
    def visible_to(self, reader: Reader):
        """All for officers; for partners those of their institutions, one that was merged into these included."""
        if reader.is_officer:
            return self
        own = Q(id__in=reader.institutions) | Q(merged_into__in=reader.institutions)
        mine = Institution.objects.filter(own).values("id")
        return self.filter(SHOWN, institution__in=mine) if reader.institutions else self.none()

    def open(self):
        """Not reported. A report that came this moment counts at once; one that was returned, when the calendar knows."""
        return self.filter(~Exists(_updates(Q(state__in=REPORTED))), is_reported=False)

    def reported(self):
        """Its mirror: one that was returned this moment is none, and one that came is there when the calendar knows."""
        return self.filter(Exists(_updates(Q(state__in=REPORTED))), is_reported=True)

    def late(self, today: date | None = None):
        """Of those that are open: the day has passed."""
        return self.open().filter(due_on__lt=today or timezone.localdate())

    def with_update(self):
        """With the id and the state of the report beside each."""
        updates = _updates(~Q(state=State.WITHDRAWN)).order_by("-saved_at", "-id")
        return self.annotate(
            update_id=Subquery(updates.values("id")[:1]), update_state=Subquery(updates.values("state")[:1])
        )

    def for_list(self):
        return self.with_update().select_related("obligation", "project", "institution", "program", "milestone")


def _updates(condition: Q):
    """The reports of what is due: of its project, institution and period. What reported for another institution is that one's."""
    return ProjectUpdate.objects.annotate(by=Coalesce("institution__merged_into_id", "institution_id")).filter(
        condition,
        project=OuterRef("project_id"),
        by=OuterRef("institution_id"),
        period_starts_on=OuterRef("period_starts_on"),
        period_ends_on=OuterRef("period_ends_on"),
    )


class ReportDue(models.Model):
    """보고 기한. What one institution has to report of one project for one period, and by when.

    `rule_due_on` is the day by the obligation, `due_on` the one that counts, with the latest extension. A row keeps its
    id for as long as it stands for the same obligation, project, institution and period (or milestone).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    obligation = models.ForeignKey(Obligation, models.DO_NOTHING, related_name="dues", db_constraint=False)
    program = models.ForeignKey(Program, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    project = models.ForeignKey(Project, models.DO_NOTHING, related_name="dues", db_constraint=False)
    institution = models.ForeignKey(
        Institution, models.DO_NOTHING, related_name="dues", db_constraint=False, db_index=False
    )
    milestone = models.ForeignKey(
        Milestone, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    period_starts_on = models.DateField(_("from"))
    period_ends_on = models.DateField(_("to"))
    rule_due_on = models.DateField()
    due_on = models.DateField(_("due"))
    is_reported = models.BooleanField()

    objects = ReportDueQuerySet.as_manager()

    class Meta:
        verbose_name = _("report due")
        verbose_name_plural = _("reports due")
        indexes = [
            models.Index(fields=["due_on", "id"], name="due_list"),
            models.Index(fields=["due_on", "id"], name="due_open", condition=Q(is_reported=False)),
            models.Index(fields=["due_on", "id"], name="due_reported", condition=Q(is_reported=True)),
            models.Index(fields=["program", "due_on", "id"], name="due_of_program", condition=Q(is_reported=False)),
            models.Index(fields=["program", "due_on", "id"], name="due_within"),
            models.Index(fields=["institution", "due_on", "id"], name="due_of_institution"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["obligation", "project", "institution", "period_starts_on", "period_ends_on"],
                name="due_once",
                violation_error_message=_("This is due already."),
            )
        ]

    def __str__(self):
        return f"{self.period_starts_on} – {self.period_ends_on}"

    @property
    def is_put_off(self) -> bool:
        return self.due_on != self.rule_due_on

    def days_left(self, today: date | None = None) -> int:
        """Until it is due; below zero: late by so many."""
        return (self.due_on - (today or timezone.localdate())).days
