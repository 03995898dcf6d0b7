"""Which records a bulk edit is of, and what is wanted of them, as they were asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import connection
from django.http import QueryDict
from django.utils.translation import gettext as _

from . import lists
from .asking import BadQuery
from .dates import parse, read
from .kinds import Field, Kind, Type
from .problem_codes import coded
from .reading import read_values
from .refusals import Fault, Refused
from .rights import Reader

MOST_IDS = 5000
SETTABLE = (Type.CHOICE, Type.REF, Type.RECORD, Type.DATE, Type.LIST, Type.BOOLEAN)


@dataclass(frozen=True)
class Selection:
    """Records by id, or (`ids` None) all that a list with this query gives."""

    kind: Kind
    ids: tuple[UUID, ...] | None = None
    filter: str = ""

    def rows(self, reader: Reader):
        if self.ids is not None:
            return self.kind.model.objects.with_retired_visible_to(reader).filter(id__in=self.ids)
        return self.query(reader).rows()

    def query(self, reader: Reader) -> lists.ListQuery:
        """The list whose rows these are. Raises Refused for what no list is asked for."""
        asked = QueryDict(self.filter, mutable=True)
        for name in ("cursor", "limit", "sort", "unit", "at", "of"):
            asked.pop(name, None)
        if asked.get("known_at"):
            raise Refused([Fault("filter", _("What was known in the past cannot be changed. Look at today’s list."))])
        try:
            return lists.read(self.kind, asked, reader, as_of=_day(asked.get("as_of", "")))
        except BadQuery as bad:
            raise Refused(Fault("filter", problem.message) for problem in bad.problems) from None
        except ValueError as bad:
            raise Refused([Fault("filter", str(bad))]) from None

    def is_long(self, most: int, reader: Reader) -> bool:
        """Whether it is of more records than `most`."""
        return self.rows(reader).order_by().values("id")[: most + 1].count() > most

    def said(self) -> dict:
        """In plain values, as `selection_of` takes them."""
        return {"ids": [str(id) for id in self.ids]} if self.ids is not None else {"filter": self.filter}


def _day(text: str) -> date | None:
    return parse(read(text)).last if text else None


def selection_of(kind: Kind, said: Mapping) -> Selection:
    """From {"ids": […]} or {"filter": "status=running"}. Raises Refused."""
    ids, asked = said.get("ids"), said.get("filter")
    if (ids is None) == (asked is None):
        raise Refused([Fault("ids", coded("required", _("Say which records: either “ids” or “filter”.")))])
    if asked is not None:
        if not isinstance(asked, str):
            raise Refused([Fault("filter", _("The filter is the query of a list’s address, as a text."))])
        return Selection(kind, filter=asked.removeprefix("?"))
    if not isinstance(ids, list) or not ids:
        raise Refused([Fault("ids", coded("required", _("No record is selected.")))])
    if len(ids) > MOST_IDS:
        raise Refused([Fault("ids", coded("too_many", _("Name at most %d records, or give a filter.") % MOST_IDS))])
    try:
        return Selection(kind, tuple(sorted({UUID(str(id)) for id in ids})))
    except ValueError:
        raise Refused([Fault("ids", coded("not_an_id", _("An id is not one: %s.") % ids[0]))]) from None


# ---- what is wanted ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """Values by field as rows hold them; what is added to and taken from lists; whether to retire or restore."""

    values: dict
    lists: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    is_retired: bool | None = None
    changed_on: str = ""

    def sql(self, kind: Kind) -> tuple[dict[str, str], dict]:
        """SQL by column, and its parameters."""
        given, parameters = {}, {}
        for name, value in self.values.items():
            column = kind.model._meta.get_field(name)
            given[column.column] = f"%(to_{name})s::{column.db_type(connection)}"
            parameters[f"to_{name}"] = value
        for name, (more, less) in self.lists.items():
            given[name] = (
                f'ARRAY(SELECT x FROM unnest(t."{name}"::text[] || %(more_{name})s::text[]) WITH ORDINALITY u (x, n)'
                f" WHERE x <> ALL(%(less_{name})s::text[]) GROUP BY x ORDER BY min(n))"
            )
            parameters |= {f"more_{name}": more, f"less_{name}": less}
        if self.is_retired is not None:
            given["is_retired"] = str(self.is_retired).lower()
        return given, parameters


def settable(kind: Kind) -> dict[str, Field]:
    """The fields that are set in many records at once. Names and amounts are each record's own."""
    return {name: f for name, f in kind.typed_fields.items() if f.type in SETTABLE and name != "aliases"}


def wanted_of(kind: Kind, sent: object, reader: Reader, changed_on: str = "") -> Wanted:
    """From {"status": "completed", "topics": {"add": […], "remove": […]}, "is_retired": true}. Raises Refused."""
    if not isinstance(sent, dict) or not sent:
        raise Refused([Fault("set", coded("required", _("Say what to set: a field and its value.")))])
    if faults := list(_not_taken(kind, sent, changed_on)):
        raise Refused(faults)
    parts = {name: value for name, value in sent.items() if isinstance(value, dict)}
    plain = {name: value for name, value in sent.items() if name not in parts and name != "is_retired"}
    return Wanted(
        read_values(kind, plain, reader),
        {name: _more_and_less(kind, name, value, reader) for name, value in parts.items()},
        sent.get("is_retired"),
        changed_on,
    )


def _not_taken(kind: Kind, sent: dict, changed_on: str) -> Iterator[Fault]:
    allowed = [*settable(kind), "is_retired"]
    text = _("“%(name)s” is not set in many records at once; allowed: %(all)s.")
    for name in sent:
        if name not in allowed:
            yield Fault(name, text % {"name": name, "all": ", ".join(allowed)})
    if changed_on and kind.is_succeeded:
        text = _(
            "Values of this kind that changed on a day begin a record of their own. Change them one by one, or correct them here."
        )
        yield Fault("changed_on", text)
    if not isinstance(sent.get("is_retired"), bool | None):
        yield Fault("is_retired", coded("not_a_boolean", _("“%s” is not true or false.") % sent["is_retired"]))


def _more_and_less(kind: Kind, name: str, said: dict, reader: Reader) -> tuple[list[str], list[str]]:
    if settable(kind)[name].type is not Type.LIST or set(said) - {"add", "remove"}:
        raise Refused([Fault(name, coded("not_allowed_here", _("Only lists take “add” and “remove”.")))])
    more, less = (read_values(kind, {name: said.get(part, [])}, reader)[name] for part in ("add", "remove"))
    return more, less
