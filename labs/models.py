from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Value, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.models import Researcher
from records.base import Named, Noted, RecordBase, has_a_name, in_language, in_turn, listed_by, public_or_internal
from records.dates import EdtfField, edtf_days
from records.folding import searched_by


class Institution(Named, RecordBase):
    """기관. Who can sign, pay or employ. Its units (a department, a research arm) are institutions with a parent."""

    class Kind(models.TextChoices):
        UNIVERSITY = "university", _("university")
        RESEARCH_INSTITUTE = "research_institute", _("research institute")
        MINISTRY = "ministry", _("ministry")
        AGENCY = "agency", _("funding agency")
        LOCAL_GOVERNMENT = "local_government", _("local government")
        COMPANY = "company", _("company")
        HOSPITAL = "hospital", _("hospital")
        FUND = "fund", _("fund or foundation")
        OTHER = "other", _("other")

    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=32, choices=Kind)
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166-1 code, for example KR"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="units", verbose_name=_("belongs to")
    )
    ror_id = models.CharField("ROR", max_length=9, blank=True)

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        indexes = [
            *listed_by("name", "institution"),
            searched_by("institution", "name_ko", "name_en", "slug", "ror_id"),
        ]
        constraints = [
            has_a_name("institution"),
            public_or_internal("institution"),
            models.UniqueConstraint(
                fields=["ror_id"],
                condition=~models.Q(ror_id=""),
                name="institution_ror_once",
                violation_error_message=_("Another institution has this ROR id."),
            ),
            models.CheckConstraint(
                condition=models.Q(country="") | models.Q(country__regex="^[A-Z]{2}$"),
                name="institution_country_code",
                violation_error_message=_("The country is an ISO 3166-1 code of two capital letters, for example KR."),
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=F("id")),
                name="institution_not_its_own_parent",
                violation_error_message=_("An institution cannot belong to itself."),
            ),
        ]


class AreaUnit(models.TextChoices):
    M2 = "m2", "m²"
    PYEONG = "pyeong", _("pyeong")
    FT2 = "ft2", "ft²"


SQUARE_METRES = {
    AreaUnit.M2: Decimal(1),
    AreaUnit.PYEONG: Decimal(400) / Decimal(121),  # 1 평 = 400/121 m², Korean measures act
    AreaUnit.FT2: Decimal("0.09290304"),  # international foot, exact
}


class Lab(Named, RecordBase):
    """연구실·센터·거점. A place or team of one institution where the work is done."""

    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="labs", verbose_name=_("institution"))
    opened_on = EdtfField(_("opened"))
    opened_on_first, opened_on_last = edtf_days("opened_on")
    opening_planned_on = EdtfField(_("planned opening"))
    opening_planned_on_first, opening_planned_on_last = edtf_days("opening_planned_on")
    address_ko = models.CharField(_("address (Korean)"), max_length=300, blank=True)
    address_en = models.CharField(_("address (English)"), max_length=300, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    floor_area = models.DecimalField(_("floor area as stated"), max_digits=12, decimal_places=2, null=True, blank=True)
    floor_area_unit = models.CharField(_("unit of the floor area"), max_length=8, choices=AreaUnit, blank=True)
    floor_area_m2 = models.GeneratedField(
        expression=Case(
            *(
                When(floor_area_unit=unit, then=F("floor_area") * Value(factor))
                for unit, factor in SQUARE_METRES.items()
            ),
        ),
        output_field=models.DecimalField(_("floor area in m²"), max_digits=14, decimal_places=1, null=True),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("lab")
        verbose_name_plural = _("labs")
        indexes = [
            *listed_by("name", "lab"),
            searched_by("lab", "name_ko", "name_en", "slug", "address_ko", "address_en"),
        ]
        constraints = [
            has_a_name("lab"),
            public_or_internal("lab"),
            models.CheckConstraint(
                condition=models.Q(floor_area=None, floor_area_unit="")
                | models.Q(floor_area__gt=0, floor_area_unit__in=AreaUnit.values),
                name="lab_floor_area_with_unit",
                violation_error_message=_("Give a floor area above zero together with its unit."),
            ),
        ]


class Facility(Named, Noted, RecordBase):
    """시설·장비. What a lab works with: GPUs, instruments, a data store, a room."""

    class Kind(models.TextChoices):
        GPU = "gpu", _("GPUs")
        COMPUTER = "computer", _("computers")
        INSTRUMENT = "instrument", _("instrument")
        DATA = "data", _("data")
        SPACE = "space", _("space")
        OTHER = "other", _("other")

    lab = models.ForeignKey(
        Lab, models.PROTECT, null=True, blank=True, related_name="facilities", verbose_name=_("lab")
    )
    provider = models.ForeignKey(
        Institution, models.PROTECT, null=True, blank=True, related_name="provides", verbose_name=_("provided by")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    opened_on = EdtfField(_("in use since"))
    opened_on_first, opened_on_last = edtf_days("opened_on")
    planned_on = EdtfField(_("planned for"))
    planned_on_first, planned_on_last = edtf_days("planned_on")

    class Meta:
        verbose_name = _("facility")
        verbose_name_plural = _("facilities")
        indexes = [searched_by("facility", "name_ko", "name_en")]
        constraints = [has_a_name("facility"), public_or_internal("facility")]


class Affiliation(RecordBase):
    """소속. A researcher at an institution (and lab), with a title, from–to."""

    researcher = models.ForeignKey(
        Researcher, models.PROTECT, related_name="affiliations", verbose_name=_("researcher")
    )
    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="affiliations", verbose_name=_("institution"), db_index=False
    )
    lab = models.ForeignKey(
        Lab, models.PROTECT, null=True, blank=True, related_name="affiliations", verbose_name=_("lab")
    )
    title_ko = models.CharField(pgettext_lazy("person", "title (Korean)"), max_length=200, blank=True)
    title_en = models.CharField(pgettext_lazy("person", "title (English)"), max_length=200, blank=True)
    starts_on = EdtfField(_("from"))
    starts_on_first, starts_on_last = edtf_days("starts_on")
    ends_on = EdtfField(_("to"))
    ends_on_first, ends_on_last = edtf_days("ends_on")

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        indexes = [
            searched_by("affiliation", "title_ko", "title_en", aliases=False),
            models.Index(fields=["starts_on_first", "id"], name="affiliation_list"),
            models.Index(fields=["institution", "starts_on_first", "id"], name="affiliation_at"),
        ]
        constraints = [in_turn("affiliation", "starts_on", "ends_on")]

    def __str__(self):
        return in_language(self.title_ko, self.title_en)


class Membership(models.Model):
    """An account that reports for an institution (and so for its units)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "institution"],
                name="membership_once",
                violation_error_message=_("This account already reports for this institution."),
            )
        ]

    def __str__(self):
        return f"{self.user} – {self.institution}"
