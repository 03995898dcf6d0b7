"""Searching within one kind: every word must occur somewhere; exact hits come first."""

from django.db.models import Case, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.lookups import IContains

from .kinds import Kind, Type


class _Joined(Func):
    """An array of texts as one text."""

    template = "array_to_string(%(expressions)s, chr(31))"
    output_field = TextField()


def contains(name: str, type_: Type, text: str) -> Q:
    return Q(IContains(_Joined(F(name)), text)) if type_ is Type.LIST else Q(**{f"{name}__icontains": text})


def matching(kind: Kind, text: str) -> Q:
    """Rows in which every word of `text` occurs in one of the kind's search fields."""
    if not kind.search:
        return Q(pk__in=[])
    condition = Q()
    for word in text.split():
        condition &= _any(kind, lambda name, type_, word=word: contains(name, type_, word))
    return condition


def rank(kind: Kind, text: str):
    """0 for an exact hit, 1 where a name begins so, 2 otherwise."""

    def exactly(name, type_):
        return Q(**{f"{name}__contains": [text]}) if type_ is Type.LIST else Q(**{f"{name}__iexact": text})

    def beginning(name, type_):
        return Q() if type_ is Type.LIST else Q(**{f"{name}__istartswith": text})

    return Case(
        When(_any(kind, exactly), then=Value(0)),
        When(_any(kind, beginning), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _any(kind: Kind, condition) -> Q:
    q = Q()
    for name in kind.search:
        found = kind.all_fields.get(name)
        q |= condition(name, found.type if found else Type.TEXT)
    return q
