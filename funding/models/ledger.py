from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.base import Noted, RecordBase, RecordQuerySet, public_or_internal
from records.dates import EdtfField, edtf_days
from records.money import LARGEST

from .bounds import currency_code, fiscal_year
from .lines import FundingLine


class LedgerEntries(RecordQuerySet):
    def for_list(self):
        """With the `currency` of the line."""
        return self.annotate(currency=F("line__currency"))


class LedgerEntry(Noted, RecordBase):
    """집행 내역. Money of a line that really moved on a day, in minor units. Only added, never changed or deleted.

    A mistake is corrected by a counter-entry: one of the same line, movement and year that names the entry it corrects, with
    the opposite sign and at most as much. `outside_key` is what the books that it comes from call it: an entry that
    is brought in twice is there once.
    """

    class Movement(models.TextChoices):
        RECEIVED = "received", _("received")
        RETURNED = "returned", _("returned")
        SPENT = "spent", _("spent")
        RECOVERED = "recovered", _("recovered")

    line = models.ForeignKey(
        FundingLine, models.PROTECT, related_name="entries", verbose_name=_("funding line"), db_index=False
    )
    movement = models.CharField(_("movement"), max_length=9, choices=Movement)
    posted_on = EdtfField(_("posted"), blank=False)
    posted_on_first, posted_on_last = edtf_days("posted_on")
    fiscal_year = models.SmallIntegerField(
        _("fiscal year"), null=True, blank=True, help_text=_("where it is not the year of the date")
    )
    amount = models.BigIntegerField(_("amount"))
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="counter_entries",
        verbose_name=_("corrects"),
        db_index=False,
    )
    outside_key = models.CharField(_("key in the books it comes from"), max_length=200, blank=True)

    objects = LedgerEntries.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        indexes = [
            models.Index(fields=["line", "id"], name="ledgerentry_list"),
            models.Index(fields=["corrects"], name="ledgerentry_corrects", condition=Q(corrects__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["line", "movement", "outside_key"],
                condition=~Q(outside_key=""),
                name="ledgerentry_once",
                violation_error_message=_("This line already has an entry with this key, and it says something else."),
            ),
            models.CheckConstraint(
                condition=~Q(amount=0),
                name="ledgerentry_something",
                violation_error_message=_("Give the amount that moved; zero is none."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0) | Q(corrects__isnull=False),
                name="ledgerentry_sign",
                violation_error_message=_(
                    "An entry is more than nothing; only one that corrects another is less than nothing."
                ),
            ),
            models.CheckConstraint(
                condition=Q(amount__lt=LARGEST, amount__gt=-LARGEST),
                name="ledgerentry_not_too_large",
                violation_error_message=_("An amount is less than 10^15 of its currency's smallest unit."),
            ),
            fiscal_year("ledgerentry"),
            models.CheckConstraint(
                condition=Q(posted_on_first__isnull=False),
                name="ledgerentry_has_a_day",
                violation_error_message=_("Say when the money moved, a year at least."),
            ),
            models.CheckConstraint(
                condition=Q(is_retired=False),
                name="ledgerentry_stays",
                violation_error_message=_("A ledger entry is never retired. Correct it by a counter-entry."),
            ),
        ]

    def __str__(self):
        return f"{self.get_movement_display()} {self.posted_on}"


class ExchangeRate(Noted, RecordBase):
    """환율. What one unit of a currency came to in another one on a day. Only ever used to show a figure beside the exact one."""

    currency = models.CharField(_("currency"), max_length=3)
    in_currency = models.CharField(_("into"), max_length=3, default="KRW")
    dated_on = EdtfField(_("dated"), blank=False)
    dated_on_first, dated_on_last = edtf_days("dated_on")
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8, help_text=_("units of it for one unit"))

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        indexes = [
            models.Index(
                "currency", "in_currency", F("dated_on_first").desc(nulls_last=True), "id", name="exchangerate_latest"
            )
        ]
        constraints = [
            public_or_internal("exchangerate"),
            models.UniqueConstraint(
                fields=["currency", "in_currency", "dated_on"],
                condition=Q(is_retired=False),
                name="exchangerate_once",
                violation_error_message=_("There already is a rate of these currencies for this date."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gt=0),
                name="exchangerate_more_than_nothing",
                violation_error_message=_("A rate is more than nothing."),
            ),
            currency_code("exchangerate_currency_codes", "currency", "in_currency"),
            models.CheckConstraint(
                condition=~Q(currency=F("in_currency")),
                name="exchangerate_of_two",
                violation_error_message=_("A rate is between two different currencies."),
            ),
            models.CheckConstraint(
                condition=Q(dated_on_first__isnull=False),
                name="exchangerate_has_a_day",
                violation_error_message=_("Say for which day the rate is, a year at least."),
            ),
        ]

    def __str__(self):
        return f"{self.currency}/{self.in_currency} {self.dated_on}"
