"""Totals that sources state, beside what the lines add up to: the difference in amount, and whether anybody looked into it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from records.attributes import free_word
from records.models import Citation, Disagreement
from records.moments import address
from records.money import to_minor
from records.units import Unit, with_unit

from ..words import MEASURE_WORDS, form_word

STATED_TOTALS = ("total_planned", "total_committed", "total_received", "total_spent")
Q = Citation.Qualifier


@dataclass(frozen=True)
class Stated:
    """One stated total. `own`: what the lines add up to; `difference` in words, "" where both agree."""

    citation: Citation
    word: str
    shown: str
    number: int | None  # of its source in the margin
    source_url: str
    own: str
    forms: str
    difference: str
    disagreement_url: str = ""
    new_url: str = ""

    @property
    def agrees(self) -> bool:
        return bool(self.own) and not self.difference


def stated_totals(
    said: Iterable[tuple[Citation, int | None]],
    sums: Mapping[str, Mapping[str, dict]],
    disagreements: Sequence[Disagreement],
    *,
    key: str,
    unit: Unit,
    may_edit: bool,
) -> list[Stated]:
    """`said`: citations with the numbers of their sources; `sums`: by currency and form what the lines add up to."""
    about = {found.attribute: found for found in disagreements}
    return [_stated(one, number, sums, about, key, unit, may_edit) for one, number in said]


def _stated(citation: Citation, number, sums, about, key: str, unit: Unit, may_edit: bool) -> Stated:
    currency = (
        citation.unit if citation.unit.isascii() and citation.unit.isupper() and len(citation.unit) == 3 else "KRW"
    )
    measure = citation.attribute.removeprefix("total_")
    by_form = {form: of[measure] for form, of in sums.get(currency, {}).items() if of[measure] is not None}
    own = sum(by_form.values()) if by_form else None
    amount = _amount(citation.value, currency)
    difference = _difference(amount, own, citation.qualifier)
    found = about.get(citation.attribute)
    is_open = bool(difference) and not found and may_edit
    return Stated(
        citation=citation,
        word=free_word(citation.attribute),
        shown=citation.value_stated if amount is None else with_unit(amount, currency, unit),
        number=number,
        source_url=address("record", "sources", citation.source_id),
        own="" if own is None else with_unit(own, currency, unit),
        forms=" · ".join(
            f"{form_word(form).text} {with_unit(amount, currency, unit)}" for form, amount in by_form.items()
        )
        if len(by_form) > 1
        else "",
        difference=_signed(difference, currency, unit) if difference else "",
        disagreement_url=address("record", "disagreements", found.id) if found else "",
        new_url=_new_url(citation, measure, key) if is_open else "",
    )


def _amount(value: str, currency: str) -> int | None:
    """The stated amount in minor units; None for what the registry does not understand as one."""
    try:
        return to_minor(value.strip(), currency)
    except ValueError:
        return None


def _difference(amount: int | None, own: int | None, qualifier: str) -> int:
    """The lines' sum less what is stated; nothing where the statement leaves room for it."""
    if amount is None or own is None:
        return 0
    if (qualifier == Q.AT_LEAST and own >= amount) or (qualifier == Q.AT_MOST and own <= amount):
        return 0
    return own - amount


def _signed(difference: int, currency: str, unit: Unit) -> str:
    return ("+" if difference > 0 else "−") + with_unit(abs(difference), currency, unit)


def _new_url(citation: Citation, measure: str, key: str) -> str:
    """A form for the disagreement, filled in with what is known of it."""
    topics = {}
    for language in ("ko", "en"):
        with override(language):
            topics[f"topic_{language}"] = _("The stated total and the sum of the lines (%s)") % MEASURE_WORDS[measure]
    about = {"record": key, "attribute": citation.attribute, "kind": Disagreement.Kind.MONEY.value}
    return address("new", "disagreements", **about, **topics, as_of=None)
