"""What is asked of a list: the filters in the query of an address, read by the kind's declaration.

    field   field__in   field__gte   field__lt   field__isnull   field__contains

A parameter that stands twice means “or”. What is unknown is refused by name, with the nearest that there is. What rows have
only when it is worked out for them (`is_asked=False`: what a line's amounts come to, by who asks and for which day) is no
column of theirs: it stands in the lists of what it is made of, and in totals.
"""

import difflib
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from django.db.models import Case, F, Q, When
from django.utils.translation import gettext as _

from .base import Record
from .dates import BadDate, parse
from .finding import called, leads_to
from .kinds import Field, Filter, Kind, Type, kind_of, kinds
from .money import NO_MINOR_UNIT, THREE_DIGITS
from .problem_codes import code_of, coded
from .questions import empty, filters_of
from .rights import Reader, Visibility
from .searching import contains

MOST_VALUES = 100
MOST_NEAR = 1000  # short names among which the nearest is looked for
DEFAULT_LIMIT, LARGEST_LIMIT = 100, 1000  # rows of one answer
LOOKUPS = {
    Type.TEXT: ("", "in", "isnull", "contains"),
    Type.LIST: ("", "in", "isnull", "contains"),
    Type.CHOICE: ("", "in", "isnull"),
    Type.ID: ("", "in"),
    Type.REF: ("", "in", "isnull"),
    Type.RECORD: ("", "in", "isnull"),
    Type.DATE: ("", "in", "gte", "lte", "lt", "gt", "isnull"),
    Type.INTEGER: ("", "in", "gte", "lte", "lt", "gt", "isnull"),
    Type.DECIMAL: ("", "in", "gte", "lte", "lt", "gt", "isnull"),
    Type.MONEY: ("", "in", "gte", "lte", "lt", "gt", "isnull"),
    Type.BOOLEAN: ("", "isnull"),
    Type.INSTANT: ("", "in", "gte", "lte", "lt", "gt", "isnull"),
}
CONTROLS = (
    "search", "sort", "columns", "view", "limit", "cursor", "as_of", "known_at", "money", "lang", "format",
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a question: which parameter, why and what is allowed, and the code for machines."""

    parameter: str
    message: str
    code: str = ""  # one of records/problem_codes.py; by itself that of the sentence

    def __post_init__(self):
        if not self.code:
            object.__setattr__(self, "code", code_of(self.message))


class BadQuery(ValueError):
    """All that is wrong with a question, at once."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("; ".join(p.message for p in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Asked:
    """One filter as asked: `field` with `lookup`, any of `values` (as typed)."""

    name: str
    lookup: str
    values: tuple[str, ...]
    condition: Q = field(compare=False, repr=False)
    along: str = ""  # the order in which an index finds it
    missing: tuple[
        tuple[str, str], ...
    ] = ()  # (parameter, short name) that leads to no record that there is for the reader


class Wrong(ValueError):
    """Carries the sentence about one parameter."""


def lookups_of(asked: Field) -> tuple[str, ...]:
    """What a field can be asked: nothing where its values are only worked out; whether it is stated where it may not be."""
    if not asked.is_asked:
        return ()
    may_be_missing = {
        Type.CHOICE: asked.empty == "" and not asked.is_required,
        Type.BOOLEAN: asked.empty is None,
        Type.INSTANT: asked.empty is None,
    }
    return tuple(one for one in LOOKUPS[asked.type] if one != "isnull" or may_be_missing.get(asked.type, True))


def read_filter(kind: Kind, reader: Reader, parameter: str, values: list[str], controls=CONTROLS) -> Asked:
    name, _sep, lookup = parameter.partition("__")
    special = next((f for f in filters_of(kind) if f.name == name), None)
    asked = special or kind.all_fields.get(name)
    if isinstance(asked, Field) and not asked.is_asked:
        raise Wrong(
            coded(
                "not_allowed_here", _("“%s” is worked out for each row that is shown: no rows are found by it.") % name
            )
        )
    allowed = ("", "in") if special else lookups_of(asked) if asked else ()
    if not asked or lookup not in allowed or (isinstance(asked, Field) and asked.is_private and not reader.is_officer):
        raise Wrong(_unknown(parameter, parameters(kind, reader, controls)))
    if lookup == "in":
        lookup, values = "", [v for value in values for v in value.split(",")]
    if len(values) > MOST_VALUES:
        raise Wrong(
            coded("too_many", _("“%(name)s” takes at most %(most)d values.") % {"name": parameter, "most": MOST_VALUES})
        )
    missing: list[str] = []
    if special:
        read = _values(special, values, reader, missing)
        nowhere = tuple((parameter, value) for value in missing)
        try:
            return Asked(name, "", tuple(values), special.condition(read, reader), special.along, nowhere)
        except ValueError:
            raise Wrong(not_a_value(name, ", ".join(values))) from None
    condition = Q()
    for value in values:
        condition |= _condition(kind, asked, lookup, value, reader, missing)
    return Asked(name, lookup, tuple(values), condition, missing=tuple((parameter, value) for value in missing))


def _condition(kind: Kind, asked: Field, lookup: str, value: str, reader: Reader, missing: list[str]) -> Q:
    name = asked.name
    if lookup == "isnull":
        if value not in ("true", "false"):
            raise Wrong(coded("not_a_boolean", _("“%s” is not true or false.") % value))
        if asked.type in (Type.REF, Type.RECORD) and reader.level < Visibility.INTERNAL:
            shown = Q(**{f"{name}__in": _seen(asked, reader)})
            return ~shown if value == "true" else shown
        return empty(kind, name) if value == "true" else ~empty(kind, name)
    if lookup == "contains":
        return contains(name, asked.type, value)
    if asked.type is Type.LIST:
        return Q(**{f"{name}__contains": [value]})
    read_value = _value(asked, value, reader)
    if asked.type is Type.DATE:
        return _date_condition(name, lookup, read_value)
    if asked.type is Type.MONEY:
        return _money_condition(name, lookup, read_value)
    if asked.type in (Type.REF, Type.RECORD):
        missing += [value] if is_missing(value, read_value) else []
        return Q(**{f"{name}__in": read_value})
    if asked.type is Type.BOOLEAN and name == "is_retired" and read_value:
        raise Wrong(coded("not_allowed_here", _("Retired records are not listed.")))
    return Q(**{f"{name}__{lookup}" if lookup else name: read_value})


def _date_condition(name: str, lookup: str, value) -> Q:
    """A date that is partly known answers where it may: `starts_on=2024-07` finds whatever may lie in July 2024."""
    first, last = f"{name}_first", f"{name}_last"
    match lookup:
        case "gte":
            return Q(**{f"{last}__gte": value.first})
        case "gt":
            return Q(**{f"{last}__gt": value.last})
        case "lte":
            return Q(**{f"{first}__lte": value.last})
        case "lt":
            return Q(**{f"{first}__lt": value.first})
    return Q(**{f"{first}__lte": value.last, f"{last}__gte": value.first})


def _money_condition(name: str, lookup: str, value: Decimal) -> Q:
    """Amounts are asked for in the major unit, each row in that of its own currency."""
    two_digits = ~Q(currency__in=NO_MINOR_UNIT | THREE_DIGITS)
    condition = Q()
    for of_these, digits in ((Q(currency__in=NO_MINOR_UNIT), 0), (two_digits, 2), (Q(currency__in=THREE_DIGITS), 3)):
        minor = value.scaleb(digits)
        whole = int(minor.to_integral_value(ROUND_CEILING if lookup in ("gte", "lt") else ROUND_FLOOR))
        if lookup or whole == minor:
            condition |= of_these & Q(**{f"{name}__{lookup or 'exact'}": whole})
    return condition or Q(pk__in=[])


def _value(asked: Field | Filter, value: str, reader: Reader):
    try:
        match asked.type:
            case Type.REF | Type.RECORD:
                return references(asked, value, reader)
            case Type.ID:
                return uuid.UUID(value)
            case Type.DATE:
                return parse(value)
            case Type.INTEGER:
                return int(_in_digits(value))
            case Type.DECIMAL | Type.MONEY:
                return _decimal(value)
            case Type.BOOLEAN:
                return {"true": True, "false": False}[value]
            case Type.INSTANT:
                return datetime.fromisoformat(value).astimezone()
            case Type.CHOICE:
                return _choice(asked, value)
    except BadDate as bad:
        raise Wrong(str(bad)) from None
    except Wrong:
        raise
    except (ValueError, KeyError, InvalidOperation, OverflowError):
        raise Wrong(not_a_value(asked.name, value)) from None
    return value


def not_a_value(name: str, value: str) -> str:
    return coded("not_a_value", _("“%(value)s” is not a value of “%(name)s”.") % {"value": value, "name": name})


def _values(asked: Filter, values: list[str], reader: Reader, missing: list[str]) -> list:
    read = [_value(asked, value, reader) for value in values]
    if asked.type not in (Type.REF, Type.RECORD):
        return read
    missing += [value for value, found in zip(values, read, strict=True) if is_missing(value, found)]
    return [one for many in read for one in many]


def _in_digits(value: str) -> str:
    """Python reads numbers in more ways than others write them: 1_000, ٣."""
    if not value.isascii() or "_" in value:
        raise ValueError
    return value


def _decimal(value: str) -> Decimal:
    number = Decimal(_in_digits(value))
    if not number.is_finite() or number.adjusted() > 20 or number.as_tuple().exponent < -20:
        raise ValueError
    return number


def _choice(asked: Field | Filter, value: str):
    words = [word for word, _label in asked.choices]
    if asked.name == "visibility":
        words = [v.name.lower() for v in Visibility]
    if value in [str(w) for w in words]:
        return Visibility[value.upper()] if asked.name == "visibility" else value
    raise Wrong(not_allowed(asked.name, value, words))


def unknown_parameters(asked: Iterable[str], takes: Collection[str]) -> list[Problem]:
    """Of the names of parameters that stand in an address: those that mean nothing there."""
    return [Problem(name, _unknown(name, takes)) for name in asked if name not in takes]


def limit_of(text: str, problems: list[Problem], *, usual: int = DEFAULT_LIMIT, most: int = LARGEST_LIMIT) -> int:
    """How many rows are asked for. What is wrong with it is added to `problems`."""
    if not text:
        return usual
    if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= most:
        return int(text)
    problems.append(Problem("limit", coded("out_of_range", _("“limit” is a number from 1 to %d.") % most)))
    return usual


def not_allowed(name: str, value: str, allowed: Iterable) -> str:
    words = list(map(str, allowed))
    text = _("“%(value)s” is not a value of “%(name)s”; allowed: %(all)s.")
    said = text % {"value": value, "name": name, "all": ", ".join(words)}
    return coded("not_a_choice", f"{said} {did_you_mean(value, words)}".rstrip())


def references(asked: Field | Filter, value: str, reader: Reader) -> set[uuid.UUID]:
    """The record with this id, or those with this slug; what was merged into another leads to that one.

    What does not exist for the reader matches nothing.
    """
    try:
        id = leads_to(uuid.UUID(value))
    except ValueError:
        pass
    else:
        return {id} if reader.level >= Visibility.INTERNAL or _seen(asked, reader).filter(id=id).exists() else set()
    targets = _named_kinds(asked)
    if not targets:
        raise Wrong(coded("not_an_id", _("“%s” is not an id.") % value))
    found = [kind.model.objects.visible_to(reader).filter(id__in=called(kind, value)) for kind in targets]
    return {id for rows in found for id in rows.values_list("id", flat=True)}


def is_missing(value: str, found: set) -> bool:
    """Whether a short name leads nowhere. An id may be of what is no longer there, or not for the reader."""
    try:
        uuid.UUID(value)
    except ValueError:
        return not found
    return False


def no_such_record(asked: Field | Filter, value: str, reader: Reader) -> str:
    """A sentence about a short name that leads nowhere, with the nearest of those that begin alike and that the reader may see."""
    said = _("“%(name)s”: there is no “%(value)s”.") % {"name": asked.name, "value": value}
    for beginning in (value[:3].lower(), value[:1].lower()):
        near: list[str] = []
        for kind in _named_kinds(asked):
            rows = kind.model.objects.visible_to(reader).filter(slug__startswith=beginning).order_by()
            near += rows.values_list("slug", flat=True)[:MOST_NEAR]
        if sentence := did_you_mean(value, near):
            return coded("no_such_record", f"{said} {sentence}")
    return coded("no_such_record", said)


def _named_kinds(asked: Field | Filter) -> list[Kind]:
    """The kinds with short names that a reference may lead to."""
    targets = [kind_of(asked.target)] if asked.type is Type.REF and asked.target else kinds().values()
    return [kind for kind in targets if kind.has_slug]


def _seen(asked: Field | Filter, reader: Reader):
    """Ids of the records that a reference shows to this reader; retired ones are shown, as in `shapes`."""
    rows = asked.target.objects if asked.type is Type.REF and asked.target else Record.objects
    return rows.with_retired_visible_to(reader).values("id")


def shown_reference(kind: Kind, asked: Field, reader: Reader):
    """The id that a record shows in this field, for sorting. One that may be empty may lead to what one may not see."""
    id = F(f"{asked.name}_id")
    if reader.level >= Visibility.INTERNAL or not kind.model._meta.get_field(asked.name).null:
        return id
    return Case(When(Q(**{f"{asked.name}__in": _seen(asked, reader)}), then=id))


def _unknown(parameter: str, there_are: Iterable[str]) -> str:
    said = _("There is no parameter “%s”.") % parameter
    return coded("unknown_parameter", f"{said} {did_you_mean(parameter, there_are)}".rstrip())


def did_you_mean(word: str, there_are: Iterable[str]) -> str:
    """A sentence with the nearest right word; empty where none is near."""
    near = difflib.get_close_matches(word, list(there_are), n=1, cutoff=0.5)
    return _("Did you mean “%s”?") % near[0] if near else ""


def may_ask(asked: Field, reader: Reader) -> bool:
    return asked.is_asked and (reader.is_officer or not asked.is_private)


def parameters(kind: Kind, reader: Reader, controls: Sequence[str] = CONTROLS) -> list[str]:
    """Every parameter that a list of this kind takes, on pages unless other controls are given."""
    names = [
        f"{f.name}__{lookup}" if lookup else f.name
        for f in kind.all_fields.values()
        if may_ask(f, reader)
        for lookup in lookups_of(f)
    ]
    special = [name for f in filters_of(kind) for name in (f.name, f"{f.name}__in")]
    return [*controls, *special, *names]
