"""Where values come from: Source, Citation (one statement by one source about one record), Disagreement."""

from django.db import models
from django.db.models import Case, F, Func, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .base import (
    Noted,
    Record,
    RecordBase,
    Titled,
    counted_by,
    has_a_title,
    in_language,
    latest_first,
    public_or_internal,
)
from .dates import EdtfField, edtf_days
from .folding import searched_by

# Orders of lists, as their indexes hold them: L9 before L10, and what weighs more before what weighs less.
IN_PLACE = Func(F("place"), F("record_id"), function="registry_place", output_field=models.TextField())
BY_WEIGHT = Case(
    When(severity="major", then=Value(0)),
    When(severity="minor", then=Value(1)),
    default=Value(2),
    output_field=models.SmallIntegerField(),
)


class Source(Titled, Noted, RecordBase):
    """출처. A document that states facts: a press release, an article, a newsletter, a spreadsheet."""

    class Kind(models.TextChoices):
        PRESS_RELEASE = "press_release", _("press release")
        ARTICLE = "article", _("article")
        NEWSLETTER = "newsletter", _("newsletter")
        REPORT = "report", _("report")
        SPREADSHEET = "spreadsheet", _("spreadsheet")
        AGREEMENT = "agreement", _("agreement text")
        WEB_PAGE = "web_page", _("web page")
        OTHER = "other", _("other")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    publisher_ko = models.CharField(_("publisher (Korean)"), max_length=300, blank=True)
    publisher_en = models.CharField(_("publisher (English)"), max_length=300, blank=True)
    published_on = EdtfField(_("published"))
    published_on_first, published_on_last = edtf_days("published_on")
    url = models.URLField(_("address"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        indexes = [
            latest_first("published_on", "source_latest"),
            searched_by("source", "title_ko", "title_en", "publisher_ko", "publisher_en"),
        ]
        constraints = [has_a_title("source"), public_or_internal("source")]


class Citation(Noted, RecordBase):
    """인용. One statement by one source about one record.

    `attribute` names a field of the record (`starts_on`), a figure (`total_planned`, `researchers`) or anything else
    that has no field. `speaks_of` is the date that the statement is about: the world's clock.
    """

    class Qualifier(models.TextChoices):
        EXACT = "exact", _("exactly")
        ABOUT = "about", pgettext_lazy("amount", "about")
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")

    class Certainty(models.TextChoices):
        STATED = "stated", _("stated")
        INFERRED = "inferred", _("inferred")
        PLANNED = "planned", _("planned")

    source = models.ForeignKey(Source, models.PROTECT, related_name="citations", verbose_name=_("source"))
    record = models.ForeignKey(
        Record, models.PROTECT, related_name="citations", verbose_name=_("about"), db_index=False
    )
    attribute = models.CharField(_("attribute"), max_length=100)
    value_stated = models.TextField(_("as stated"), blank=True)
    value = models.TextField(_("as understood"), blank=True)
    unit = models.CharField(_("unit"), max_length=50, blank=True)
    qualifier = models.CharField(_("qualifier"), max_length=16, choices=Qualifier, default=Qualifier.EXACT)
    place = models.CharField(_("place in the document"), max_length=300, blank=True)
    speaks_of = EdtfField(_("speaks of"))
    speaks_of_first, speaks_of_last = edtf_days("speaks_of")
    certainty = models.CharField(_("certainty"), max_length=16, choices=Certainty, default=Certainty.STATED)

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        indexes = [
            searched_by("citation", "attribute", "value_stated", "value", aliases=False),
            models.Index(fields=["record", "attribute"], name="citation_about"),
            models.Index(fields=["record", "id"], name="citation_list"),
            models.Index("source", IN_PLACE, "id", name="citation_in_place"),
            *counted_by("citation", "certainty", "qualifier"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(attribute="") & ~models.Q(value_stated="", value=""),
                name="citation_states_something",
                violation_error_message=_("Say what the source states, and about which attribute."),
            )
        ]

    def __str__(self):
        return f"{self.attribute}: {self.value_stated or self.value}"


class Disagreement(RecordBase):
    """불일치. Sources differ about an attribute of a record, or one name hides two people. The statements are the
    citations of that record and attribute; here stands what is adopted, by whom and why."""

    class Kind(models.TextChoices):
        VALUE = "value", _("different values")
        SPELLING = "spelling", _("spelling")
        DATE = "date", _("different dates")
        COUNT = "count", _("different counts")
        MONEY = "money", _("different amounts")
        HOMONYM = "homonym", _("same name, two people")
        OVER_TIME = "over_time", _("changed over time")
        AMBIGUITY = "ambiguity", _("ambiguous")
        PREMISE = "premise", _("premise")
        PRINTING = "printing", _("printing error")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DECIDED = "decided", _("decided")

    class Severity(models.TextChoices):
        MAJOR = "major", _("major")
        MINOR = "minor", _("minor")
        INFO = "info", _("for information")

    class Origin(models.TextChoices):
        FOUND = "found", _("found by comparing")
        ENTERED = "entered", _("entered")

    record = models.ForeignKey(Record, models.PROTECT, related_name="disagreements", verbose_name=_("about"))
    other_record = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("the other record")
    )
    attribute = models.CharField(_("attribute"), max_length=100)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    topic_ko = models.CharField(_("topic (Korean)"), max_length=300, blank=True)
    topic_en = models.CharField(_("topic (English)"), max_length=300, blank=True)
    severity = models.CharField(_("weight"), max_length=8, choices=Severity, default=Severity.MINOR)
    origin = models.CharField(_("origin"), max_length=8, choices=Origin, default=Origin.ENTERED)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    adopted = models.TextField(_("adopted"), blank=True)
    reason_ko = models.TextField(_("reason (Korean)"), blank=True)
    reason_en = models.TextField(_("reason (English)"), blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    decided_on = EdtfField(_("decided on"))
    decided_on_first, decided_on_last = edtf_days("decided_on")

    class Meta:
        verbose_name = _("disagreement")
        verbose_name_plural = _("disagreements")
        indexes = [
            models.Index(fields=["record", "attribute"], name="disagreement_about"),
            models.Index(BY_WEIGHT, "id", name="disagreement_by_weight"),
            models.Index(
                fields=["severity", "kind"],
                condition=models.Q(state="open", is_retired=False),
                name="disagreement_open",
            ),
            searched_by("disagreement", "topic_ko", "topic_en", "adopted", aliases=False),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="open") | ~models.Q(reason_ko="", reason_en=""),
                name="disagreement_decided_with_reason",
                violation_error_message=_("A decision needs its reason."),
            )
        ]

    def __str__(self):
        return in_language(self.topic_ko, self.topic_en) or self.attribute
