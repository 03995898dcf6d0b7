"""What is kept of a file that somebody brings in, from its reading until a day after; and which columns they mapped how."""

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ..ids import NewId

KEPT = timedelta(days=2)  # a decision is possible for a day after a job's end


class SheetImport(models.Model):
    """들여오기. A file on its way into the records of one kind: nobody else's business until its rows are taken over.

    `what`: what the file is, as reading.Read says it. `columns`: per column of the file the name of one of ours, or "".
    """

    class State(models.TextChoices):
        SENT = "sent", _("sent")
        READ = "read", _("read; columns to be chosen")
        PLANNED = "planned", _("to be decided")
        DONE = "done", _("taken over")

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    owner_id = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=8, choices=State, default=State.SENT)
    what = models.JSONField(default=dict)
    header_row = models.IntegerField(default=0)
    headers = models.JSONField(default=list)
    form = models.CharField(max_length=8, blank=True)  # of a file of ours (columns.Form); "" for another one
    columns = models.JSONField(default=list)
    is_mapped = models.BooleanField(default=False)  # nobody has to choose what its columns are
    counts = models.JSONField(default=dict)
    trouble = models.TextField(blank=True)  # why the whole is refused
    asks_reason = models.BooleanField(default=False)
    is_correction = models.BooleanField(default=False)
    planned_at = models.DateTimeField(null=True)
    change_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [models.Index(fields=["created_at"], name="sheetimport_old")]

    def __str__(self):
        return self.file_name

    @property
    def file(self) -> Path:
        return Path(settings.JOBS_DIR).with_name("imports") / str(self.id)

    @property
    def is_ours(self) -> bool:
        """Whether it is a file that the registry gave out: it says which record each row is, and of which version."""
        return {"id", "version"} <= set(self.columns)


class SheetRow(models.Model):
    """One row of such a file. `said`: what is wrong with it or differs; `chosen`: by field, whose value wins a conflict."""

    class State(models.TextChoices):
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")
        SAME = "same", _("the same")
        REFUSED = "refused", _("refused")
        CONFLICT = "conflict", _("in conflict")

    sheet = models.ForeignKey(SheetImport, models.CASCADE, related_name="rows", db_index=False)
    number = models.IntegerField()
    cells = models.JSONField()
    state = models.CharField(max_length=8, choices=State, blank=True)
    record_id = models.UUIDField(null=True)
    version = models.BigIntegerField(null=True)  # of the record, when it was planned
    said = models.JSONField(default=dict)
    chosen = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["sheet", "number"], name="sheetrow_by_number"),
            models.Index(fields=["sheet", "state", "number"], name="sheetrow_by_state"),
        ]

    def __str__(self):
        return f"{self.sheet_id}: {self.number}"


class ColumnMapping(models.Model):
    """열 지정. Which columns somebody's file with these headers has: offered when such a file comes again."""

    owner_id = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    headers = models.CharField(max_length=64)  # SHA-256 of them
    columns = models.JSONField()
    used_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "kind", "headers"],
                name="columnmapping_once",
                violation_error_message=_("These headers are mapped already."),
            )
        ]

    def __str__(self):
        return self.headers


def forget_old() -> int:
    """Remove files that nobody decided on. Returns how many."""
    old = list(SheetImport.objects.filter(created_at__lt=Now() - KEPT)[:1000])
    for one in old:
        one.file.unlink(missing_ok=True)
    return SheetImport.objects.filter(id__in=[one.id for one in old]).delete()[1].get("records.SheetImport", 0)
