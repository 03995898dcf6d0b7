"""What was sent, as values of a kind's fields. Says everything that is wrong with it, field by field."""

import difflib
import json
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from .base import Record
from .cells import BadCell, read_given, unread
from .cells import read as read_cell
from .finding import called, leads_to
from .kinds import Field, Kind, Type, kind_of, kinds
from .problem_codes import coded
from .refusals import Fault, Refused
from .rights import Reader

NUMBERS = (Type.INTEGER, Type.DECIMAL, Type.MONEY)
MOST_DIGITS = 20  # on either side of the point


def read_values(kind: Kind, sent: Mapping[str, object], reader: Reader, *, row=None, minor: bool = False) -> dict:
    """The JSON values of `sent` by field, as a row holds them. `row` is the record that they would change.

    Amounts are in the major unit of the row's currency, or in minor units with `minor`. Raises Refused.
    """
    values, faults = {}, []
    for name, value in sent.items():
        field = kind.typed_fields.get(name)
        try:
            if field is None:
                raise BadCell(not_a_field(kind, name))
            if field.type is not Type.MONEY:
                values[name] = read_value(field, value, reader)
        except BadCell as bad:
            faults.append(Fault(name, str(bad)))
    for name in kind.money:
        if name in sent:
            try:
                values[name] = read_money(kind, name, sent[name], values, row, minor)
            except BadCell as bad:
                faults.append(Fault(name, str(bad)))
    if faults:
        raise Refused(faults)
    return values


def read_value(field: Field, value: object, reader: Reader):
    """One JSON value of a field, amounts excepted. Raises BadCell."""
    if field.type in (Type.REF, Type.RECORD) and value not in (None, ""):
        return reference(field, value, reader).id
    return read_given(field, _as_text(field, value))


def read_money(kind: Kind, name: str, value: object, values: Mapping, row, minor: bool) -> int | None:
    """An amount, in the currency of the row: that of the line which it has or will have. Raises BadCell."""
    if value in (None, ""):
        return None
    field, currency = kind.all_fields[name], currency_of(kind, values, row)
    if not currency:
        raise BadCell(coded("required", _("An amount needs its funding line, whose currency it is in.")))
    return read_amount(field, value, currency, minor)


def read_amount(field: Field, value: object, currency: str, minor: bool) -> int:
    """An amount of this currency, as a number of its major unit or, with `minor`, in minor units. Raises BadCell."""
    if minor:
        if not isinstance(value, int) or isinstance(value, bool):
            raise BadCell(coded("not_an_amount", _("With money=minor an amount is a whole number of minor units.")))
        return value
    return read_cell(field, _as_text(field, value), currency)


def currency_of(kind: Kind, values: Mapping, row) -> str:
    """ISO 4217 code of the amounts of a row that has, or gets, these values; "" where it is not known."""
    if "currency" in kind.typed_fields:
        return values.get("currency") or getattr(row, "currency", "")
    line = values.get("line") or getattr(row, "line_id", None)
    lines = kind.model._meta.get_field("line").remote_field.model.objects.filter(id=line)
    return lines.values_list("currency", flat=True).first() or ""


def reference(field: Field, value: object, reader: Reader):
    """The record that is meant by an id, or by a slug where the target has slugs. Raises BadCell if the reader sees none.

    What was merged into another record leads to that one.
    """
    found = next(iter(_by_id_or_slug(field, unread(str(value)), reader)), None)
    if found is None:
        raise BadCell(not_a_reference(value))
    return found


def not_a_reference(value: object) -> str:
    return coded("no_such_record", _("There is no record “%s” here that could be named, or it is retired.") % value)


def _by_id_or_slug(field: Field, value: str, reader: Reader) -> Iterable:
    targets = list(kinds().values()) if field.type is Type.RECORD else [kind_of(field.target)]
    try:
        id = uuid.UUID(value)
    except ValueError:
        for target in targets:
            if target.has_slug:
                yield from target.model.objects.visible_to(reader).filter(id__in=called(target, value))[:1]
    else:
        rows = Record.objects if field.type is Type.RECORD else targets[0].model.objects
        yield from rows.visible_to(reader).filter(id=leads_to(id))


def _as_text(field: Field, value: object) -> str:
    """A JSON value in the form that it has in a file, for `cells.read`. Raises BadCell where it is of another type."""
    match value:
        case None:
            return ""
        case bool() if field.type is Type.BOOLEAN:
            return "true" if value else "false"
        case list() if field.type is Type.LIST:
            return json.dumps(value, ensure_ascii=False)
        case Decimal() if field.type in NUMBERS and _is_short(value):
            return f"{value:f}"
        case int() if field.type in NUMBERS and not isinstance(value, bool):
            return str(value)
        case str() if field.type not in (Type.BOOLEAN, Type.LIST):
            return value
    raise BadCell(
        coded(
            "not_a_value",
            _("“%(value)s” is not a value of “%(name)s”.") % {"value": str(value)[:100], "name": field.name},
        )
    )


def _is_short(value: Decimal) -> bool:
    """Whether it is written out in a few digits: 1e9999999999 is not."""
    return value.is_finite() and value.adjusted() <= MOST_DIGITS and value.as_tuple().exponent >= -MOST_DIGITS


def not_a_field(kind: Kind, name: str) -> str:
    """What to say of a field that there is not, or that is not written this way."""
    if name in kind.fixed:
        return coded("read_only", _("“%s” comes with the file and cannot be changed.") % name)
    if name in kind.all_fields:
        return coded("read_only", _("“%s” is kept by the registry and cannot be written.") % name)
    near = difflib.get_close_matches(name, kind.typed_fields, n=1, cutoff=0.5)
    if near:
        return coded(
            "unknown_field",
            _("There is no field “%(name)s”. Did you mean “%(near)s”?") % {"name": name, "near": near[0]},
        )
    return coded("unknown_field", _("There is no field “%s”.") % name)
