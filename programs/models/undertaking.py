"""The undertaking itself: programs, projects inside them, their phases and milestones."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from labs.models import Lab
from records.base import (
    Named,
    Noted,
    Record,
    RecordBase,
    Titled,
    counted_by,
    has_a_name,
    has_a_title,
    in_turn,
    latest_first,
    listed_by,
)
from records.dates import EdtfField, edtf_days
from records.folding import searched_by


class Status(models.TextChoices):
    PLANNED = "planned", _("planned")
    RUNNING = "running", _("running")
    SUSPENDED = "suspended", _("suspended")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


class Program(Named, RecordBase):
    """사업. The whole of a joint undertaking: its money, projects and people."""

    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    purpose_ko = models.TextField(_("purpose (Korean)"), blank=True)
    purpose_en = models.TextField(_("purpose (English)"), blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = EdtfField(_("starts"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("ends"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    topics = ArrayField(models.CharField(max_length=100), verbose_name=_("topics"), default=list, blank=True)
    lab = models.ForeignKey(
        Lab,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="programs",
        verbose_name=_("where the work is done"),
    )

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")
        indexes = [searched_by("program", "name_ko", "name_en", "slug")]
        constraints = [has_a_name("program"), in_turn("program", "starts_on", "ends_on")]


class Project(Titled, RecordBase):
    """과제·세부과제. Work inside a program, nested to any depth."""

    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="projects", verbose_name=_("program"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    number = models.CharField(_("number"), max_length=40, blank=True)
    summary_ko = models.TextField(_("summary (Korean)"), blank=True)
    summary_en = models.TextField(_("summary (English)"), blank=True)
    topics = ArrayField(models.CharField(max_length=100), verbose_name=_("topics"), default=list, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = EdtfField(_("starts"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("ends"))
    ends_on_first, ends_on_last = edtf_days("ends_on")

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        indexes = [
            searched_by("project", "title_ko", "title_en", "slug"),
            models.Index(fields=["status", "starts_on_first", "id"], name="project_list"),
            *counted_by("project", "status"),
            models.Index(fields=["program", "number", "id"], name="project_in_program"),
            latest_first("starts_on", "project_latest"),
            *listed_by("title", "project"),
        ]
        constraints = [
            has_a_title("project"),
            in_turn("project", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="project_not_its_own_part",
                violation_error_message=_("A project cannot be a part of itself."),
            ),
        ]


class Phase(Titled, RecordBase):
    """단계. A stretch of a program or project with its own aim, e.g. the first of two stages."""

    scope = models.ForeignKey(Record, models.PROTECT, related_name="phases", verbose_name=_("of"))
    number = models.CharField(_("number"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = EdtfField(_("starts"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("ends"))
    ends_on_first, ends_on_last = edtf_days("ends_on")

    class Meta:
        verbose_name = _("phase")
        verbose_name_plural = _("phases")
        indexes = [searched_by("phase", "title_ko", "title_en"), *counted_by("phase", "status")]
        constraints = [has_a_title("phase"), in_turn("phase", "starts_on", "ends_on")]


class Milestone(Titled, Noted, RecordBase):
    """중간 목표. Something that is to be done by a day. `planned_on` is the first plan, `due_on` the plan as it now is."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    scope = models.ForeignKey(Record, models.PROTECT, related_name="milestones", verbose_name=_("of"))
    planned_on = EdtfField(_("first planned for"))
    planned_on_first, planned_on_last = edtf_days("planned_on")
    due_on = EdtfField(_("due"))
    due_on_first, due_on_last = edtf_days("due_on")
    done_on = EdtfField(_("done on"))
    done_on_first, done_on_last = edtf_days("done_on")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        indexes = [
            models.Index(fields=["due_on_first", "id"], name="milestone_list"),
            searched_by("milestone", "title_ko", "title_en"),
            *counted_by("milestone", "state"),
        ]
        constraints = [
            has_a_title("milestone"),
            models.CheckConstraint(
                condition=Q(done_on=None) | Q(state="done"),
                name="milestone_done_with_its_day",
                violation_error_message=_("Only what is done has the day on which it was done."),
            ),
        ]
