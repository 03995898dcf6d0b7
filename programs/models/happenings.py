"""What is agreed, what meets, what happens, what is taught: agreements, committees, events, courses."""

from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from labs.models import Institution
from records.base import (
    Named,
    Noted,
    Record,
    RecordBase,
    Titled,
    counted_by,
    ending_first,
    has_a_name,
    has_a_title,
    in_turn,
)
from records.dates import EdtfField, edtf_days
from records.folding import searched_by

from .undertaking import Status


class Agreement(Titled, RecordBase):
    """협약. What parties signed: its term and what it covers. The parties are its participations."""

    class Kind(models.TextChoices):
        MOU = "mou", _("memorandum of understanding")
        MOA = "moa", _("memorandum of agreement")
        RESEARCH = "research", _("research agreement")
        CONTRACT = "contract", _("contract")
        OTHER = "other", _("other")

    scope = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="agreements", verbose_name=_("under")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    signed_on = EdtfField(_("signed"))
    signed_on_first, signed_on_last = edtf_days("signed_on")
    starts_on = EdtfField(_("in force from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("in force until"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    covers_ko = models.TextField(_("what it covers (Korean)"), blank=True)
    covers_en = models.TextField(_("what it covers (English)"), blank=True)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        indexes = [
            ending_first("agreement"),
            searched_by("agreement", "title_ko", "title_en"),
        ]
        constraints = [has_a_title("agreement"), in_turn("agreement", "starts_on", "ends_on")]


class Committee(Named, RecordBase):
    """위원회. A body that steers, advises or plans: its members are roles, or only their number is known."""

    class Kind(models.TextChoices):
        JOINT = "joint", _("joint committee")
        ADVISORY = "advisory", _("advisory committee")
        PLANNING = "planning", _("planning committee")
        DIRECTORS = "directors", _("directorate")

    scope = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="committees", verbose_name=_("of")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    size = models.PositiveIntegerField(_("number of members"), null=True, blank=True)
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    task_ko = models.TextField(_("task (Korean)"), blank=True)
    task_en = models.TextField(_("task (English)"), blank=True)

    class Meta:
        verbose_name = _("committee")
        verbose_name_plural = _("committees")
        indexes = [searched_by("committee", "name_ko", "name_en")]
        constraints = [has_a_name("committee"), in_turn("committee", "starts_on", "ends_on")]


def known_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%s” is not a time zone; write for example Asia/Seoul.") % name)


class Event(Titled, Noted, RecordBase):
    """행사. A kick-off, workshop, seminar, opening, conference or visit; a part of another event perhaps.

    `starts_on` and `ends_on` are its days there; `starts_at` and `ends_at` the instants, where sources state the hour.
    """

    class Kind(models.TextChoices):
        KICK_OFF = "kick_off", _("kick-off")
        WORKSHOP = "workshop", _("workshop")
        SEMINAR = "seminar", _("seminar")
        SERIES = "series", _("series of seminars")
        CONFERENCE = "conference", _("conference")
        OPENING = "opening", _("opening")
        SIGNING = "signing", _("signing")
        VISIT = "visit", _("visit")
        MEETING = "meeting", _("meeting")
        ANNOUNCEMENT = "announcement", _("announcement")
        OTHER = "other", _("other")

    class Mode(models.TextChoices):
        ON_SITE = "on_site", _("on site")
        ONLINE = "online", _("online")
        HYBRID = "hybrid", _("on site and online")

    scope = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("under")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="parts", verbose_name=_("part of")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = EdtfField(_("starts"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("ends"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True, validators=[known_time_zone])
    place_ko = models.CharField(_("place (Korean)"), max_length=300, blank=True)
    place_en = models.CharField(_("place (English)"), max_length=300, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    mode = models.CharField(_("mode"), max_length=8, choices=Mode, blank=True)
    attendance_expected = models.PositiveIntegerField(_("attendance expected"), null=True, blank=True)
    attendance = models.PositiveIntegerField(_("attendance"), null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["starts_on_first", "id"], name="event_calendar"),
            *counted_by("event", "kind", "status"),
            searched_by("event", "title_ko", "title_en", "place_ko", "place_en"),
        ]
        constraints = [
            has_a_title("event"),
            in_turn("event", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="event_not_its_own_part",
                violation_error_message=_("An event cannot be a part of itself."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gte=F("starts_at")),
                name="event_ends_at_after_starts_at",
                violation_error_message=_("The end lies before the beginning."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None, ends_at=None) | ~Q(time_zone=""),
                name="event_hour_with_zone",
                violation_error_message=_("An hour needs its time zone, for example Asia/Seoul."),
            ),
        ]


class Course(Titled, RecordBase):
    """인력양성 과정. A degree or training track under a program."""

    class Kind(models.TextChoices):
        DEGREE = "degree", _("degree course")
        TRACK = "track", _("training track")
        SEMINAR = "seminar", _("seminar")

    scope = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="courses", verbose_name=_("under")
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="courses", verbose_name=_("institution")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    starts_on = EdtfField(_("starts"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("ends"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    places = models.PositiveIntegerField(_("places"), null=True, blank=True)
    teaches_ko = models.TextField(_("what it teaches (Korean)"), blank=True)
    teaches_en = models.TextField(_("what it teaches (English)"), blank=True)

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        indexes = [searched_by("course", "title_ko", "title_en")]
        constraints = [has_a_title("course"), in_turn("course", "starts_on", "ends_on")]
