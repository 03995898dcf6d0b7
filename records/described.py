"""What a list can be asked, in both languages: for `OPTIONS /api/v1/<plural>/`, and the parameters of its OpenAPI schema.

Both are read off the kind's declaration by what `asking`, `sorting` and `shape_asked` themselves take.
"""

from functools import cache

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter

from .aggregates import groups_of, measures_of
from .asking import DEFAULT_LIMIT, LARGEST_LIMIT, MOST_VALUES, lookups_of, may_ask
from .kinds import Field, Filter, Kind, Type, kind_of
from .labels import in_both
from .questions import filters_of
from .rights import ANYONE, EVERYTHING, Reader
from .shape_asked import DEEPEST, includes_of, takes_fields
from .sorting import sortable

HELP = {
    Type.DATE: "EDTF (ISO 8601-2): 2024, 2024-07, 2024-07-28, A/B, A/.., ../B; ~ about, ? uncertain",
    Type.MONEY: "in the major unit of the row's currency; integer minor units with money=minor",
}
OF_LOOKUP = {
    "": "", "in": "any of these, with commas between", "gte": "from this on", "gt": "after this", "lte": "up to this",
    "lt": "before this", "isnull": "whether nothing is stated", "contains": "has these words in it, whatever their capitals and spaces",
}  # fmt: skip


@cache
def options_of(kind: Kind, is_officer: bool) -> dict:
    """The body of OPTIONS. Private fields can be asked about by officers alone."""
    reader = EVERYTHING if is_officer else ANYONE
    sorts = sortable(kind, reader)
    return {
        "name": kind.plural,
        "kind": kind.name,
        "label": _both(kind.label_many),
        "fields": [_field(kind, f, reader, sorts) for f in kind.all_fields.values()],
        "filters": [_filter(f) for f in filters_of(kind)],
        "sorts": [{"name": name, "label": _both(_label_of(kind, name))} for name in sorts],
        "order": kind.order,
        "names": takes_fields(kind),
        "includes": [{"name": path, "leads_to": to and to.plural} for path, to in includes_of(kind).items()],
        "groups": list(groups_of(kind)),
        "measures": list(measures_of(kind)),
        "languages": [code for code, _name in settings.LANGUAGES],
        "limits": {
            "limit": {"default": DEFAULT_LIMIT, "most": LARGEST_LIMIT},
            "values_of_a_filter": MOST_VALUES,
            "include_depth": DEEPEST,
        },
    }


def _field(kind: Kind, field: Field, reader: Reader, sorts: list[str]) -> dict:
    return {
        **_declared(field),
        "is_private": field.is_private,
        "is_written": field.is_written,
        "is_required": field.is_required,
        "is_sortable": field.name in sorts,
        "filters": [_parameter_name(field, one) for one in lookups_of(field)] if may_ask(field, reader) else [],
    }


def _filter(asked: Filter) -> dict:
    return {**_declared(asked), "filters": [asked.name, f"{asked.name}__in"]}


def _declared(one: Field | Filter) -> dict:
    """Name, type and label; the words of a choice; where a reference leads to (null: to records of any kind)."""
    said = {"name": one.name, "type": one.type.value, "label": _both(one.label)}
    if one.type in HELP:
        said["help"] = HELP[one.type]
    if one.choices:
        said["choices"] = [{"value": str(value), "label": _both(label)} for value, label in one.choices]
    if one.type in (Type.REF, Type.RECORD):
        said["leads_to"] = kind_of(one.target).plural if one.type is Type.REF and one.target else None
    return said


def _label_of(kind: Kind, name: str):
    return kind.all_fields[name].label if name in kind.all_fields else kind.all_fields[f"{name}_ko"].label


def _both(text) -> dict[str, str]:
    ko, en = in_both(text)
    return {"ko": ko, "en": en}


def _parameter_name(one: Field | Filter, lookup: str) -> str:
    return f"{one.name}__{lookup}" if lookup else one.name


# ---- the schema ----------------------------------------------------------------------------------------------


def filter_parameters(kind: Kind) -> list[OpenApiParameter]:
    """Every filter that anyone may use, as the schema says it."""
    of_kind = [_parameter(f, lookup) for f in filters_of(kind) for lookup in ("", "in")]
    fields = [f for f in kind.all_fields.values() if may_ask(f, ANYONE)]
    return of_kind + [_parameter(f, lookup) for f in fields for lookup in lookups_of(f)]


def shape_parameters(kind: Kind, texts: dict[str, str]) -> list[OpenApiParameter]:
    """fields, omit and include, which list names, and the sort, each with all that it takes."""
    sorts = sortable(kind, ANYONE)
    return [
        _names("fields", texts, None),  # of records inside too, so there is no end to them
        _names("omit", texts, None),
        _names("include", texts, list(includes_of(kind))),
        OpenApiParameter("sort", str, description=texts["sort"], enum=[*sorts, *(f"-{name}" for name in sorts)]),
    ]


def _names(name: str, texts: dict[str, str], words: list[str] | None) -> OpenApiParameter:
    items = {"type": "string"} | ({"enum": words} if words else {})
    return OpenApiParameter(name, {"type": "array", "items": items}, description=texts[name], explode=False, style="form")  # fmt: skip


def _parameter(one: Field | Filter, lookup: str) -> OpenApiParameter:
    """Several values of a filter mean “or”; one with `in` has them in one text."""
    ko, en = in_both(one.label)
    about = ". ".join(filter(None, [f"{ko} / {en}", OF_LOOKUP[lookup], _words(one) if lookup in ("", "in") else ""]))
    many = {"type": "array", "items": _value(one, lookup), "maxItems": MOST_VALUES}
    return OpenApiParameter(_parameter_name(one, lookup), many, description=about, explode=True, style="form")


def _words(one: Field | Filter) -> str:
    if one.choices:
        return "; ".join(f"{value}: {' / '.join(in_both(label))}" for value, label in one.choices)
    return "id, or short name where there is one" if one.type in (Type.REF, Type.RECORD) else HELP.get(one.type, "")


def _value(one: Field | Filter, lookup: str) -> dict:
    """One value of a filter."""
    if lookup == "isnull":
        return {"type": "string", "enum": ["true", "false"]}
    if lookup in ("in", "contains"):
        return {"type": "string"}
    match one.type:
        case Type.CHOICE:
            return {"type": "string", "enum": [str(value) for value, _label in one.choices]}
        case Type.BOOLEAN:
            return {"type": "string", "enum": ["true", "false"]}
        case Type.INTEGER:
            return {"type": "integer"}
        case Type.DECIMAL | Type.MONEY:
            return {"type": "number"}
        case Type.INSTANT:
            return {"type": "string", "format": "date-time"}
    return {"type": "string"}
