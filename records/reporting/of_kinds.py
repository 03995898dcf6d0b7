"""The view of a kind, from its declaration: what `GET /api/v1/<plural>/` answers anybody, with labels beside ids and words beside choices."""

from collections.abc import Iterable

from django.utils.module_loading import import_string
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ..countries import NAMES
from ..kinds import Field, Kind, Type, kind_of, kinds
from ..labels import in_both
from .called import attribute_word, beside, called, column, join_record, table
from .shapes import LANGUAGES, Column, View, Worked, in_major_unit, is_public, word

# Of a public record that is not retired these always say the same.
SAME = ("visibility", "is_retired", "merged_into")
OPEN = {"first": "0001-01-01", "last": "9999-12-31"}  # what edtf_first and edtf_last say of a side that is open
AS = {
    "": "%s",
    "first": _("%s: the first day that it can mean; empty where it is open"),
    "last": _("%s: the last day that it can mean; empty where it is open"),
    "date": _("%s: as exact as known (EDTF)"),
    "ko": _("%s, in Korean"),
    "en": _("%s, in English"),
    "id": _("%s: its id; empty where it is not public"),
    "kind": _("%s: what kind of record it is"),
    "major": _("%s, in the major unit of the currency"),
    "list": _("%s, with semicolons between"),
    "code": _("%s: a code"),
}
LABEL = _("what it is called")
RECORD_ID = _("number of the record, which never changes (id)")


def view_of(kind: Kind) -> View:
    worked: Worked = import_string(kind.in_sql) if kind.in_sql else Worked({})
    columns, joins = [], []
    for field in kind.all_fields.values():
        if field.name in SAME or field.is_private:
            continue
        columns += _columns(kind, field, worked)
        if field.type in (Type.REF, Type.RECORD):
            joins += _joins(kind, field)
        if field.name == "id" and not kind.is_named:
            columns += [Column(f"label_{c}", called(kind, "t", c, _label_of), comment(LABEL, c)) for c in LANGUAGES]
    joins += [*beside(kind.all_fields), *filter(None, [worked.joins])]
    rows = "\n".join([f"{table(kind)} t", *joins, f"WHERE {is_public('t')}"])
    return View(kind.plural.replace("-", "_"), _comment_of(kind), tuple(columns), rows)


def comment(label, form: str = "") -> tuple[str, str]:
    """A label in both languages, with what is to be said of a column of this form."""
    forms = in_both(AS[form])
    return tuple(capfirst(said % text) for said, text in zip(forms, in_both(label), strict=True))


def _comment_of(kind: Kind) -> tuple[str, str]:
    """What the kind is called in both languages, and its sentence."""
    ko, en = (capfirst(text) for text in in_both(kind.label_many))
    meaning = " ".join(kind.model.__doc__.split("\n\n")[0].split()).partition(". ")[2]
    return ko, f"{en}. {meaning}"


def _columns(kind: Kind, field: Field, worked: Worked) -> Iterable[Column]:
    value = worked.columns.get(field.name) or f't."{column(kind, field.name)}"'
    name, label = field.name, field.label
    match field.type:
        case Type.ID:
            yield Column(name, value, comment(RECORD_ID))
        case Type.REF | Type.RECORD:
            yield Column(name, f'"{name}_".id', comment(label, "id"))
            if field.type is Type.RECORD:
                yield Column(f"{name}_kind", f'"{name}_".kind', comment(label, "kind"))
            for c in LANGUAGES:
                yield Column(f"{name}_{c}", _label_of(field, c), comment(label, c))
        case Type.CHOICE:
            yield Column(name, value, comment(label, "code"))
            for c in LANGUAGES:
                yield Column(f"{name}_{c}", word(field.words, value, c), comment(label, c))
        case Type.DATE:
            yield Column(name, value, comment(label, "date"))
            for side, open_side in OPEN.items():
                day = f"nullif(t.\"{column(kind, f'{name}_{side}')}\", date '{open_side}')"
                yield Column(f"{name}_{side}", day, comment(label, side))
        case Type.MONEY:
            currency = worked.columns.get("currency", "t.currency")
            yield Column(name, in_major_unit(value, currency), comment(label, "major"))
        case Type.LIST:
            yield Column(name, f"array_to_string({value}, '; ')", comment(label, "list"))
        case _:
            yield from _plain(name, value, label)


def _plain(name: str, value: str, label) -> Iterable[Column]:
    """A value as it is; of codes that everybody knows, what they mean as well."""
    if name == "attribute":
        yield Column(name, value, comment(label, "code"))
        for c in LANGUAGES:
            yield Column(f"{name}_{c}", attribute_word(value, c), comment(label, c))
    elif name == "country":
        yield Column(name, value, comment(label, "code"))
        for n, c in enumerate(LANGUAGES):
            names = {code: both[n] for code, both in NAMES.items()}
            yield Column(f"{name}_{c}", f"coalesce({word(names, value, c)}, nullif({value}, ''))", comment(label, c))
    else:
        yield Column(name, value, comment(label))


def _label_of(field: Field, language: str) -> str:
    """NULL where there is no reference, or none that everybody may see."""
    if field.type is Type.RECORD:
        return f'"{field.name}_called".{language}'
    label = called(kind_of(field.target), f'"{field.name}_"', language)
    return f'CASE WHEN "{field.name}_".id IS NOT NULL THEN {label} END'


def _joins(kind: Kind, field: Field) -> Iterable[str]:
    """What a reference leads to. What nobody asks for is left out by PostgreSQL: each finds one row at most."""
    there, value = f'"{field.name}_"', f't."{column(kind, field.name)}"'
    if field.type is Type.REF:
        seen = is_public(there, with_retired=True)
        yield f"LEFT JOIN {table(kind_of(field.target))} {there} ON {there}.id = {value} AND {seen}"
    else:
        yield from join_record(kind, field, "t")


def views_of_kinds() -> list[View]:
    return [view_of(kind) for kind in kinds().values()]
