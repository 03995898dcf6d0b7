from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labs.models import Institution
from programs.models import Program, Project
from records.base import Named, RecordBase, RecordQuerySet, in_language, in_turn
from records.dates import EdtfField, edtf_days
from records.folding import searched_by


class PayerKind(models.TextChoices):
    """재원. Where money comes from, by the kind of its payer."""

    NATIONAL = "national", _("national government")
    LOCAL = "local", pgettext_lazy("money", "local government")
    INDUSTRY = "industry", _("industry")
    UNIVERSITY = "university", pgettext_lazy("money", "university")
    OTHER = "other", _("other")
    UNSTATED = "unstated", _("not stated")


PAYER_KIND_OF = {
    Institution.Kind.MINISTRY: PayerKind.NATIONAL,
    Institution.Kind.AGENCY: PayerKind.NATIONAL,
    Institution.Kind.LOCAL_GOVERNMENT: PayerKind.LOCAL,
    Institution.Kind.COMPANY: PayerKind.INDUSTRY,
    Institution.Kind.UNIVERSITY: PayerKind.UNIVERSITY,
}


class FundingLines(RecordQuerySet):
    def for_list(self):
        """With `payer_kind`: from the payer's kind, or as stated where the payer is not named."""
        return self.annotate(
            payer_kind=Case(
                When(payer=None, unnamed_payer_kind="", then=Value(PayerKind.UNSTATED)),
                When(payer=None, then="unnamed_payer_kind"),
                *(When(payer__kind=kind, then=Value(payer)) for kind, payer in PAYER_KIND_OF.items()),
                default=Value(PayerKind.OTHER),
                output_field=models.CharField(),
            )
        )


class FundingLine(Named, RecordBase):
    """재원. Money promised to a program or one of its projects by one payer, in one form and one currency."""

    class Form(models.TextChoices):
        CASH = "cash", _("cash")
        IN_KIND = "in_kind", _("in kind")
        UNSTATED = "unstated", _("not stated")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        COMMITTED = "committed", _("committed")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("cancelled")

    program = models.ForeignKey(
        Program, models.PROTECT, related_name="funding_lines", verbose_name=_("program"), db_index=False
    )
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="funding_lines",
        verbose_name=_("project"),
    )
    payer = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="pays", verbose_name=_("payer"), db_index=False
    )
    unnamed_payer_kind = models.CharField(
        _("kind of payer, where it is not named"), max_length=16, choices=PayerKind, blank=True
    )
    recipient = models.ForeignKey(
        Institution,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="receives",
        verbose_name=_("recipient"),
        db_index=False,
    )
    form = models.CharField(_("form"), max_length=8, choices=Form, default=Form.UNSTATED)
    currency = models.CharField(_("currency"), max_length=3, default="KRW")
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.PLANNED)
    category = models.CharField(_("category"), max_length=100, blank=True)
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")
    note_ko = models.TextField(_("note (Korean)"), blank=True)
    note_en = models.TextField(_("note (English)"), blank=True)

    objects = FundingLines.as_manager()

    class Meta:
        verbose_name = _("funding line")
        verbose_name_plural = _("funding lines")
        indexes = [
            searched_by("fundingline", "name_ko", "name_en", "category"),
            models.Index(fields=["program", "id"], name="fundingline_list"),
            models.Index(fields=["state", "program", "id"], name="fundingline_by_state"),
            models.Index(fields=["payer", "program", "id"], name="fundingline_paid_by"),
            models.Index(fields=["recipient", "program", "id"], name="fundingline_received_by"),
        ]
        constraints = [
            in_turn("fundingline", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=Q(payer=None) | Q(unnamed_payer_kind=""),
                name="fundingline_payer_or_its_kind",
                violation_error_message=_("Name the payer or only its kind, not both."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="fundingline_currency_code",
                violation_error_message=_("The currency is an ISO 4217 code, for example KRW."),
            ),
        ]

    def __str__(self):
        return in_language(self.name_ko, self.name_en) or str(self.get_state_display())


class FundingAmounts(RecordQuerySet):
    def for_list(self):
        """With the `currency` of the line."""
        return self.annotate(currency=F("line__currency"))


class FundingAmount(RecordBase):
    """연도별 금액. What a line plans and commits for one fiscal year (or "year not stated"), in minor units.

    A revision is a further amount for the same line and year with a later `decided_on`: the latest one counts.
    """

    line = models.ForeignKey(
        FundingLine, models.PROTECT, related_name="amounts", verbose_name=_("funding line"), db_index=False
    )
    fiscal_year = models.SmallIntegerField(_("fiscal year"), null=True, blank=True)
    decided_on = EdtfField(_("decided"))
    decided_on_first, decided_on_last = edtf_days("decided_on")
    planned = models.BigIntegerField(_("planned amount"), null=True, blank=True)
    committed = models.BigIntegerField(_("committed amount"), null=True, blank=True)

    objects = FundingAmounts.as_manager()

    class Meta:
        verbose_name = _("funding amount")
        verbose_name_plural = _("funding amounts")
        indexes = [models.Index(fields=["line", "id"], name="fundingamount_list")]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "fiscal_year", "decided_on_first"],
                nulls_distinct=False,
                condition=Q(is_retired=False),
                name="fundingamount_once",
                violation_error_message=_("This line already has an amount for this fiscal year, decided on this day."),
            ),
            models.CheckConstraint(
                condition=(Q(planned=None) | Q(planned__gte=0)) & (Q(committed=None) | Q(committed__gte=0)),
                name="fundingamount_not_negative",
                violation_error_message=_("An amount is not negative."),
            ),
            models.CheckConstraint(
                condition=Q(fiscal_year=None) | Q(fiscal_year__gte=1945, fiscal_year__lte=2200),
                name="fundingamount_fiscal_year",
                violation_error_message=_("The fiscal year is a year such as 2025."),
            ),
        ]

    def __str__(self):
        return str(self.fiscal_year or "")


class Rollup(models.Model):
    """예산 집계. What the lines of a scope add up to: a part of it. Replaced by workers, never nudged (rollups/).

    Parts are added up: a reader's figure is the sum of the parts of every level up to the own one, of the lines of
    exactly this scope (`own`) and of everything under it (`below`). A scope is a project, a program, or the whole.
    """

    class Span(models.TextChoices):
        OWN = "own", _("its own lines")
        BELOW = "below", _("everything under it")

    pk = models.CompositePrimaryKey("scope", "level", "fiscal_year", "payer_kind", "form", "currency", "span")
    scope = models.UUIDField()
    above = models.UUIDField(null=True)  # the scope that it counts in; NULL above the whole
    program = models.UUIDField()
    span = models.CharField(max_length=5, choices=Span)
    level = models.SmallIntegerField()  # what one sees more at this level of rights than at the one before
    fiscal_year = models.SmallIntegerField()  # 0: not stated
    payer_kind = models.CharField(max_length=16, choices=PayerKind)
    form = models.CharField(max_length=8, choices=FundingLine.Form)
    currency = models.CharField(max_length=3)
    planned = models.BigIntegerField()  # minor units
    with_planned = models.IntegerField()  # lines that state a planned amount: where there is none, none is shown
    committed = models.BigIntegerField()
    with_committed = models.IntegerField()
    lines = models.IntegerField()  # lines with an amount row for this year, or with none at all
    unstated = models.IntegerField()  # of these, how many state no amount for it
    lines_once = models.IntegerField()  # the same, each line in one of its years only, so that years can be added
    unstated_once = models.IntegerField()

    class Meta:
        indexes = [
            models.Index(  # what is added up for a group of the scope above
                fields=["above", "level", "fiscal_year", "payer_kind", "form", "currency"], name="rollup_above"
            ),
            models.Index(fields=["program"], name="rollup_program", condition=Q(span="own")),  # by project
        ]
