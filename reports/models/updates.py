"""What a partner reports of a project for a period, value by value, and what officers decide of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labs.models import Institution
from programs.models import Project
from records.base import Record
from records.ids import NewId
from records.models import Source
from records.rights import Reader


class State(models.TextChoices):
    """How far an update is. Only an accepted one counts, and of a partly accepted one what was accepted."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in review")
    ACCEPTED = "accepted", _("accepted")
    PARTLY_ACCEPTED = "partly_accepted", _("partly accepted")
    RETURNED = "returned", pgettext_lazy("report", "returned")
    WITHDRAWN = "withdrawn", _("withdrawn")


# Which state follows which; a trigger holds to the same (0001_updates). Accepted → returned is reopening, with a reason.
MOVES = {
    State.DRAFT: {State.SUBMITTED, State.WITHDRAWN},
    State.SUBMITTED: {State.IN_REVIEW, State.ACCEPTED, State.PARTLY_ACCEPTED, State.RETURNED, State.WITHDRAWN},
    State.IN_REVIEW: {State.SUBMITTED, State.ACCEPTED, State.PARTLY_ACCEPTED, State.RETURNED, State.WITHDRAWN},
    State.ACCEPTED: {State.RETURNED},
    State.PARTLY_ACCEPTED: {State.SUBMITTED, State.RETURNED},
    State.RETURNED: {State.SUBMITTED, State.WITHDRAWN},
    State.WITHDRAWN: {State.DRAFT},
}
WITH_PARTNER = (State.DRAFT, State.RETURNED, State.PARTLY_ACCEPTED)  # the institution writes on
WITH_OFFICERS = (State.SUBMITTED, State.IN_REVIEW)  # it waits to be decided
DONE = (State.ACCEPTED, State.WITHDRAWN)  # nobody has anything to do
REPORTED = (State.SUBMITTED, State.IN_REVIEW, State.ACCEPTED, State.PARTLY_ACCEPTED)  # what was due is there


class ProjectUpdateQuerySet(models.QuerySet):
    def visible_to(self, reader: Reader):
        """The reports of the reader's own institutions (one that was merged into it included); of all of them for officers."""
        if reader.is_officer:
            return self
        own = Q(institution__in=reader.institutions) | Q(institution__merged_into__in=reader.institutions)
        return self.filter(own) if reader.institutions else self.none()

    def to_decide(self):
        return self.filter(state__in=WITH_OFFICERS)


class ProjectUpdate(models.Model):
    """진도보고. What one institution reports of one project for one period. It is no record of the registry: what of
    it was accepted is written there, and names it as its source.

    `content` is what was typed, as it was typed: by section a list of rows, each with its `key` (the id of the record
    that it would change, or "new-1") and texts by field. `version` counts each saving and each move.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="updates", verbose_name=_("project"), db_index=False
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="updates", verbose_name=_("institution"), db_index=False
    )
    period_starts_on = models.DateField(_("from"))
    period_ends_on = models.DateField(_("to"))
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.DRAFT)
    version = models.IntegerField(_("version"), default=1)
    content = models.JSONField(default=dict)
    round = models.SmallIntegerField(default=0)  # how often it was submitted
    values_proposed = models.IntegerField(_("number of values"), default=0)  # of the last submission
    made_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    saved_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    saved_by = models.CharField(max_length=200, blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="updates_to_decide",
        verbose_name=_("assigned to"),
    )
    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="+", db_index=False)

    objects = ProjectUpdateQuerySet.as_manager()

    class Meta:
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        indexes = [
            *(
                models.Index(fields=["-period_ends_on", "id"], name=f"update_{name}", condition=Q(state__in=states))
                for name, states in (("to_write", WITH_PARTNER), ("waiting", WITH_OFFICERS), ("done", DONE))
            ),  # listing.py
            models.Index(fields=["project", "-period_ends_on"], name="update_of_project"),
            models.Index(fields=["institution", "-period_ends_on", "id"], name="update_of_institution"),
            models.Index(
                fields=["submitted_at", "id"], name="update_queue", condition=Q(state__in=["submitted", "in_review"])
            ),
            models.Index(
                fields=["-values_proposed", "id"],
                name="update_queue_by_size",
                condition=Q(state__in=["submitted", "in_review"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "institution", "period_starts_on", "period_ends_on"],
                condition=~Q(state="withdrawn"),
                name="update_once",
                violation_error_message=_("There already is a report of this project and institution for this period."),
            ),
            models.CheckConstraint(
                condition=Q(period_ends_on__gte=F("period_starts_on")),
                name="update_period_in_turn",
                violation_error_message=_("The end lies before the beginning."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="update_submitted_at",
                violation_error_message=_("A report is submitted before it is decided."),
            ),
        ]

    def __str__(self):
        return f"{self.period_starts_on} – {self.period_ends_on}"

    @property
    def reporter(self):
        """Id of the institution that reports; of the one that it was merged into, where it was."""
        return self.institution.merged_into_id or self.institution_id

    @property
    def is_with_partner(self) -> bool:
        return self.state in WITH_PARTNER

    @property
    def is_with_officers(self) -> bool:
        return self.state in WITH_OFFICERS


class Proposal(models.Model):
    """제안. One record that a submitted update would change (`record`, in `record_version`) or bring into being.

    `kind` is the kind of that record; of money it is the ledger entry, and `record` the line.
    """

    update = models.ForeignKey(ProjectUpdate, models.CASCADE, related_name="proposals", db_index=False)
    round = models.SmallIntegerField()
    section = models.CharField(max_length=16)
    key = models.CharField(max_length=40)  # of the row in `content`
    kind = models.CharField(max_length=32)
    record = models.ForeignKey(Record, models.PROTECT, null=True, related_name="+", db_index=False)
    record_version = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["update", "round", "section", "key"],
                name="proposal_once",
                violation_error_message=_("A report says one thing of each record."),
            )
        ]

    def __str__(self):
        return f"{self.section} {self.key}"


class ProposedValue(models.Model):
    """제안 값. One value of a proposal: what it would be, what stood there when the partner wrote, and what was decided.

    Values are as rows hold them: ids and days as texts, amounts in minor units.
    """

    class Decision(models.TextChoices):
        OPEN = "", _("not decided")
        ACCEPTED = "accepted", _("accepted")
        RETURNED = "returned", pgettext_lazy("report", "returned")

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="values", db_index=False)
    field = models.CharField(max_length=64)
    value = models.JSONField(null=True)
    was = models.JSONField(null=True)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.OPEN, blank=True)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)
    written = models.ForeignKey(Record, models.PROTECT, null=True, related_name="+", db_index=False)
    change_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "field"],
                name="proposedvalue_once",
                violation_error_message=_("A report says one thing of each field."),
            )
        ]
        indexes = [models.Index(fields=["written"], name="proposedvalue_written", condition=Q(written__isnull=False))]

    def __str__(self):
        return self.field


class UpdateEvent(models.Model):
    """What happened to an update: the thread that both sides read. Only ever added to (a trigger sees to it)."""

    class What(models.TextChoices):
        BEGUN = "begun", _("begun")
        SUBMITTED = "submitted", _("submitted")
        WITHDRAWN = "withdrawn", _("withdrawn")
        RESUMED = "resumed", _("taken up again")
        ASSIGNED = "assigned", _("assigned")
        TAKEN = "taken", _("taken into review")
        PUT_BACK = "put_back", _("put back into the queue")
        ACCEPTED = "accepted", _("accepted")
        PARTLY_ACCEPTED = "partly_accepted", _("partly accepted")
        RETURNED = "returned", pgettext_lazy("report", "returned")
        REOPENED = "reopened", _("reopened")
        SAID = "said", _("said")

    update = models.ForeignKey(ProjectUpdate, models.PROTECT, related_name="events", db_index=False)
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    is_officer = models.BooleanField()
    what = models.CharField(max_length=16, choices=What)
    text = models.TextField(blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["update", "id"], name="update_event_thread")]

    def __str__(self):
        return f"{self.get_what_display()}, {self.actor_name}"


class Attachment(models.Model):
    """첨부. A file that a report brings with it, kept by its content as documents are. Accepted, it becomes a document."""

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    update = models.ForeignKey(ProjectUpdate, models.CASCADE, related_name="attachments")
    file_name = models.CharField(_("file"), max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    sent_by = models.CharField(max_length=200)

    def __str__(self):
        return self.file_name


class Watch(models.Model):
    """관심. Who is told what happens to an update, beside those who wrote it and those who decide it."""

    update = models.ForeignKey(ProjectUpdate, models.CASCADE, related_name="watches", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["update", "user"],
                name="watch_once",
                violation_error_message=_("You watch this report already."),
            )
        ]

    def __str__(self):
        return f"{self.user_id} {self.update_id}"
