"""The table of calendars that people subscribe to. The owner is kept by id without a foreign key, as in Job."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from ..base import Record
from ..ids import NewId
from ..rights import Reader


class CalendarFeedQuerySet(models.QuerySet):
    def own(self, reader: Reader):
        """Nobody else's business, administrators' neither: who has the address reads what its owner may see."""
        return self.filter(owner_id=reader.user_id) if reader.user_id is not None else self.none()


class CalendarFeed(models.Model):
    """캘린더 구독. The timeline of one record as a file that calendars ask for again and again; without one, all that is the owner's.

    Whoever knows its address gets it, so the address is a secret: its owner is shown it once, stored is its hash. What stands in
    the file is what the owner may see at that moment.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    owner_id = models.BigIntegerField()
    record = models.ForeignKey(Record, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    kinds = ArrayField(models.CharField(max_length=32), verbose_name=_("kinds"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    key_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    renewed_at = models.DateTimeField(null=True)
    asked_on = models.DateField(null=True)  # the last day on which a calendar asked for it

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        indexes = [models.Index(fields=["owner_id", "id"], name="calendar_of_owner")]

    def __str__(self):
        return f"calendar {self.id}"
