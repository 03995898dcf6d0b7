"""Questions that lists of every kind answer, beside those that the kind declares: what no source states, what is about to end."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .kinds import Filter, Kind, Type, kinds
from .rights import Reader
from .sources import Citation

SAYING = ("citation", "disagreement")  # what is said of records, and of which nothing is said
LONGEST = 36_500  # days


@cache
def filters_of(kind: Kind) -> tuple[Filter, ...]:
    """The questions that are not about a single field, as lists take them."""
    return (*kind.filters, *_ending(kind), *(_about(kind) if kind.name in SAYING else _unsourced(kind)))


def attributes_of(name: str) -> tuple[str, ...]:
    """The attributes of citations that are about this column: a field, a pair such as `name`, or `period`."""
    if name == "period":
        return ("starts_on", "ends_on", name)
    return (name, f"{name}_ko", f"{name}_en")


def stated_as(field: str) -> tuple[str, ...]:
    """The attributes by which a source states one field: its own name, and that of the pair or period that it is in."""
    base = field.removesuffix("_ko").removesuffix("_en")
    return (field, *({base} - {field}), *(("period",) if field in ("starts_on", "ends_on") else ()))


def sourced_fields(kind: Kind) -> list[str]:
    """The fields that a source can state, and everybody may ask about."""
    names = [name for name in kind.fields if name not in ("slug", "aliases", *kind.fixed)]
    return [name for name in names if not kind.all_fields[name].is_private]


def _unsourced(kind: Kind) -> tuple[Filter, ...]:
    choices = tuple((name, kind.all_fields[name].label) for name in sourced_fields(kind))

    def condition(names: Sequence[str], reader: Reader) -> Q:
        found = Q()
        for name in names:
            said = Citation.objects.visible_to(reader).filter(record=OuterRef("id"), attribute__in=stated_as(name))
            found |= ~empty(kind, name) & ~Q(Exists(said))
        return found

    return (Filter("unsourced", _("without a source"), condition, Type.CHOICE, choices=choices),)


def empty(kind: Kind, name: str) -> Q:
    """Rows without a value of this field."""
    match kind.all_fields[name].type:
        case Type.LIST:
            return Q(**{name: []})
        case Type.TEXT | Type.CHOICE:
            return Q(**{name: ""})
    return Q(**{f"{name}__isnull": True})


def _about(kind: Kind) -> tuple[Filter, ...]:
    """Statements by the kind of record that they are about."""
    choices = tuple((one.name, one.label_one) for one in kinds().values() if one.name not in SAYING)
    return (
        Filter(
            "about", _("kind of record"), lambda names, reader: Q(record__kind__in=names), Type.CHOICE, choices=choices
        ),
    )


def _ending(kind: Kind) -> tuple[Filter, ...]:
    """`ending=90`: what ends from today on within so many days, by the last day that its end can mean. For kinds that sort by it."""
    if "ends_on" not in kind.orders:
        return ()

    def condition(numbers: Sequence[int], reader: Reader) -> Q:
        days = max(numbers)
        if not 0 <= days <= LONGEST:
            raise ValueError(days)
        today = timezone.localdate()
        return Q(ends_on_last__range=(today, today + timedelta(days=days)))

    return (Filter("ending", _("ends within (days)"), condition, Type.INTEGER, along="ends_on"),)
