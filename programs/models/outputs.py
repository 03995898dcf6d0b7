"""What comes of it: papers, awards, software, benchmark results, news."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.base import Noted, Record, RecordBase, Titled, counted_by, has_a_title, latest_first
from records.dates import EdtfField, edtf_days
from records.folding import searched_by


class Output(Titled, Noted, RecordBase):
    """성과. A paper, an award, software, a data set, a benchmark result or news. Its authors are roles."""

    class Kind(models.TextChoices):
        PAPER = "paper", _("paper")
        AWARD = "award", _("award")
        SOFTWARE = "software", _("software")
        DATA_SET = "data_set", _("data set")
        BENCHMARK = "benchmark", _("benchmark result")
        PATENT = "patent", _("patent")
        NEWS = "news", _("news")
        OTHER = "other", _("other")

    class State(models.TextChoices):
        EXPECTED = "expected", _("expected")
        OUT = "out", _("out")

    scope = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="outputs", verbose_name=_("under")
    )
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="results", verbose_name=_("reported in")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OUT)
    published_on = EdtfField(_("published"))
    published_on_first, published_on_last = edtf_days("published_on")
    venue_ko = models.CharField(_("venue (Korean)"), max_length=300, blank=True)
    venue_en = models.CharField(_("venue (English)"), max_length=300, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True)
    url = models.URLField(_("address"), max_length=1000, blank=True)
    metric = models.CharField(_("metric"), max_length=200, blank=True)
    value = models.CharField(_("value"), max_length=100, blank=True)
    baseline = models.CharField(_("baseline"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("output")
        verbose_name_plural = _("outputs")
        indexes = [
            latest_first("published_on", "output_latest"),
            *counted_by("output", "kind", "state"),
            searched_by("output", "title_ko", "title_en", "venue_ko", "venue_en", "doi"),
        ]
        constraints = [
            has_a_title("output"),
            models.CheckConstraint(
                condition=Q(doi="") | Q(doi__regex=r"^10\.\d{4,9}/\S+$"),
                name="output_doi_form",
                violation_error_message=_("A DOI looks like 10.1038/s41586-021-03819-2."),
            ),
            models.CheckConstraint(
                condition=Q(metric="") | ~Q(value=""),
                name="output_metric_with_value",
                violation_error_message=_("A metric needs its value."),
            ),
        ]
