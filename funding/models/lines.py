from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from labs.models import Institution
from programs.models import Agreement, Program, Project
from records.base import Named, Noted, RecordBase, RecordQuerySet, counted_by, ending_first, in_language, in_turn
from records.dates import EdtfField, edtf_days
from records.folding import searched_by
from records.money import LARGEST

from .bounds import currency_code, fiscal_year


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


class PayerPlace(models.TextChoices):
    """Whether the payer is abroad: a dimension of its own beside its kind."""

    HOME = "home", _("in Korea")
    ABROAD = "abroad", _("abroad")
    UNSTATED = "unstated", _("not stated")


HOME = "KR"


class FundingLines(RecordQuerySet):
    def for_list(self):
        """With `payer_kind`, from the payer's kind or as stated where the payer is not named, and `abroad` (null: not stated)."""
        return self.annotate(
            abroad=Case(
                When(payer__country=HOME, then=Value(False)),
                When(payer__country__gt="", then=Value(True)),
                output_field=models.BooleanField(null=True),
            ),
            payer_kind=Case(
                When(payer=None, unnamed_payer_kind="", then=Value(PayerKind.UNSTATED)),
                When(payer=None, then="unnamed_payer_kind"),
                *(When(payer__kind=kind, then=Value(payer)) for kind, payer in PAYER_KIND_OF.items()),
                default=Value(PayerKind.OTHER),
                output_field=models.CharField(),
            ),
        )


class Category(models.TextChoices):
    """비목. What money is for: the categories of the rules on using national R&D funds (국가연구개발사업 연구개발비 사용 기준)."""

    PERSONNEL = "personnel", _("personnel")
    STUDENTS = "students", _("student personnel")
    EQUIPMENT = "equipment", _("facilities and equipment")
    MATERIALS = "materials", _("research materials")
    ACTIVITIES = "activities", _("research activities")
    COMMISSIONED = "commissioned", _("commissioned research")
    INTERNATIONAL = "international", _("international joint research")
    CONTRIBUTION = "contribution", _("contributions and levies")
    ALLOWANCE = "allowance", _("research allowance")
    INDIRECT = "indirect", _("indirect costs")
    OTHER = "other", pgettext_lazy("money", "other")


class FundingLine(Named, Noted, RecordBase):
    """재원. Money promised to a program or one of its projects by one payer, in one form and one currency.

    A line may be divided: its splits are lines with this one as their `envelope`, over projects, institutions or payers.
    They never exceed it; what they leave is undivided and counts here, so nothing is counted twice.
    """

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
    category = models.CharField(_("category"), max_length=100, choices=Category, blank=True)
    envelope = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="splits",
        verbose_name=_("split of"),
        db_index=False,
    )
    agreement = models.ForeignKey(
        Agreement,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="funding_lines",
        verbose_name=_("agreement it rests on"),
        db_index=False,
    )
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")

    objects = FundingLines.as_manager()

    class Meta:
        verbose_name = _("funding line")
        verbose_name_plural = _("funding lines")
        indexes = [
            searched_by("fundingline", "name_ko", "name_en", "category"),
            models.Index(fields=["program", "id"], name="fundingline_list"),
            ending_first("fundingline"),
            models.Index(fields=["state", "program", "id"], name="fundingline_by_state"),
            *counted_by("fundingline", "state", "form", "category"),
            models.Index(fields=["payer", "program", "id"], name="fundingline_paid_by"),
            models.Index(fields=["recipient", "program", "id"], name="fundingline_received_by"),
            models.Index(fields=["envelope", "id"], name="fundingline_splits", condition=Q(envelope__isnull=False)),
            models.Index(fields=["agreement", "id"], name="fundingline_rests_on", condition=Q(agreement__isnull=False)),
        ]
        constraints = [
            in_turn("fundingline", "starts_on", "ends_on"),
            models.CheckConstraint(
                condition=Q(payer=None) | Q(unnamed_payer_kind=""),
                name="fundingline_payer_or_its_kind",
                violation_error_message=_("Name the payer or only its kind, not both."),
            ),
            currency_code("fundingline_currency_code", "currency"),
            models.CheckConstraint(
                condition=~Q(envelope=F("id")),
                name="fundingline_not_its_own_envelope",
                violation_error_message=_("A line cannot be a split of itself."),
            ),
        ]

    def __str__(self):
        return in_language(self.name_ko, self.name_en) or str(self.get_state_display())


class FundingAmounts(RecordQuerySet):
    def for_list(self):
        """With the `currency` of the line."""
        return self.annotate(currency=F("line__currency"))


class FundingAmount(Noted, RecordBase):
    """연도별 금액. What a line plans and commits for one fiscal year (or "year not stated"), in minor units.

    A revision is a further amount for the same line and year with a later `decided_on`: the latest one counts. The note
    says why it was revised.
    """

    class Revision(models.TextChoices):
        RAISED = "raised", _("raised")
        CUT = "cut", _("cut")
        CORRECTED = "corrected", _("corrected")

    line = models.ForeignKey(
        FundingLine, models.PROTECT, related_name="amounts", verbose_name=_("funding line"), db_index=False
    )
    fiscal_year = models.SmallIntegerField(_("fiscal year"), null=True, blank=True)
    decided_on = EdtfField(_("decided"))
    decided_on_first, decided_on_last = edtf_days("decided_on")
    planned = models.BigIntegerField(_("planned amount"), null=True, blank=True)
    committed = models.BigIntegerField(_("committed amount"), null=True, blank=True)
    revision = models.CharField(_("revision"), max_length=9, choices=Revision, blank=True)

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
                condition=(Q(planned=None) | Q(planned__lt=LARGEST)) & (Q(committed=None) | Q(committed__lt=LARGEST)),
                name="fundingamount_not_too_large",
                violation_error_message=_("An amount is less than 10^15 of its currency's smallest unit."),
            ),
            fiscal_year("fundingamount"),
        ]

    def __str__(self):
        return str(self.fiscal_year or "")
