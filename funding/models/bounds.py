"""What a fiscal year and the code of a currency may be."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

FISCAL_YEARS = (1945, 2200)
CURRENCY = "^[A-Z]{3}$"


def fiscal_year(name: str) -> models.CheckConstraint:
    """Not stated, or one of these years."""
    first, last = FISCAL_YEARS
    return models.CheckConstraint(
        condition=Q(fiscal_year=None) | Q(fiscal_year__gte=first, fiscal_year__lte=last),
        name=f"{name}_fiscal_year",
        violation_error_message=_("The fiscal year is a year such as 2025."),
    )


def currency_code(name: str, *fields: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": CURRENCY for field in fields}),
        name=name,
        violation_error_message=_("The currency is an ISO 4217 code, for example KRW."),
    )
