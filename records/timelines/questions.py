"""What is asked of the timelines by an address of the API: parameters → `Asked`, a limit and a place, or all that is wrong.

program project institution lab researcher record   on their timelines       within   all of a program
from to   can touch these days      ends_from ends_to   has an end that can lie there
late open planned   true or false   certainty   surely or perhaps            sort     first or last
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from ..asking import BadQuery, Problem, limit_of, not_allowed, unknown_parameters
from ..base import Record
from ..dates import BadDate, parse
from ..finding import called, leads_to
from ..kinds import kinds
from ..problem_codes import coded
from ..rights import Reader
from .asking import Asked
from .saying import PERHAPS, SURELY, Days, days_in_order
from .sources import facts

OWNERS = ("program", "project", "institution", "lab", "researcher", "record")
FLAGS = {"late": "is_late", "open": "is_open", "planned": "is_planned"}
FIRST, LAST = "first", "last"
TEXTS = {
    **{name: f"On the timeline of this {name}, by id or short name." for name in OWNERS},
    "record": "On the timeline of this record, by id.",
    "within": "Everything of this program, by id or short name, whatever the depth.",
    "kind": "Of these kinds, with commas between.",
    "fact": "These facts of records, with commas between: period, due, signed, report_due, …",
    "from": "What can touch the days from this one (EDTF: the first day of a month or a year). No stated end: may go on.",
    "to": "What can touch the days up to this one. No stated beginning: may have begun.",
    "ends_from": "Has a stated end that can lie on this day or later.",
    "ends_to": "Has a stated end that can lie on this day or before.",
    "late": "Awaited, and its end can be past; of a plan also its beginning.",
    "open": "Still awaited: planned, running, not done, not reported.",
    "planned": "Only a plan.",
    "certainty": "Only what surely answers `from`, `to`, `ends_from`, `ends_to` and `late`, or only what perhaps does.",
    "sort": "first (day) or last (day); what states no end is not among the latter. By itself `last` where `late`,"
    " `ends_from` or `ends_to` is asked.",
    "limit": "Entries per page, 1 to 1000 (100).",
    "cursor": "`next_cursor` of the page before.",
    "as_of": "What can have begun by this day; `late` as of this day.",
    "known_at": "What the registry said at this instant.",
    "money": "Without effect here.",
    "lang": "ko or en.",
}


@dataclass(frozen=True)
class Question:
    """`days` are those of the last entry of the page before, which the order of the next one is told by."""

    asked: Asked
    limit: int
    after: tuple[str, ...] = ()
    days: Days | None = None


def read_question(
    params, reader: Reader, *, as_of: date | None, known_at, problems: Iterable[Problem] = ()
) -> Question:
    """Raises BadQuery with all that is wrong, and Http404 where what is asked about does not exist for the reader."""
    problems = [*problems, *unknown_parameters(params, {*TEXTS, "format"})]
    limit = limit_of(params.get("limit", ""), problems)
    days = {name: _day(params, name, problems) for name in ("from", "to", "ends_from", "ends_to")}
    flags = {field: _flag(params, name, problems) for name, field in FLAGS.items()}
    asks_the_end = bool(flags["is_late"] or days["ends_from"] or days["ends_to"])
    sort = _one_of("sort", params, (FIRST, LAST), problems) or (LAST if asks_the_end else FIRST)
    certainty = _one_of("certainty", params, (SURELY, PERHAPS), problems)
    of_kinds = _some_of("kind", params, kinds(), problems)
    of_facts = _some_of("fact", params, facts(), problems)
    after, before = read_cursor(params.get("cursor", ""), sort, problems)
    owners, within = _records(params, reader, problems)
    if problems:
        raise BadQuery(problems)
    if None in owners or within == (None,):
        raise Http404
    asked = Asked(
        owners=owners, within=within[0] if within else None, kinds=of_kinds, facts=of_facts,
        begins=days["from"], ends=days["to"], ends_from=days["ends_from"], ends_to=days["ends_to"],
        is_sure=certainty == SURELY if certainty else None, as_of=as_of, is_past=known_at is not None,
        today=as_of or timezone.localdate(known_at), by_end=sort == LAST, **flags,
    )  # fmt: skip
    return Question(asked, limit, after, before)


def _records(
    params, reader: Reader, problems: list[Problem]
) -> tuple[tuple[UUID | None, ...], tuple[UUID | None, ...]]:
    """The owners that are asked for and the program; None for what does not exist for the reader."""
    owners = tuple(_found(name, params[name], reader, problems) for name in OWNERS if params.get(name))
    within = tuple(_found("program", params[name], reader, problems) for name in ("within",) if params.get(name))
    return owners, within


def _found(name: str, key: str, reader: Reader, problems: list[Problem]) -> UUID | None:
    """The record that a key leads to: what it was merged into, where it was."""
    rows = kinds()[name].model.objects if name in kinds() else Record.objects
    try:
        ids = [leads_to(UUID(key))]
    except ValueError:
        if name not in kinds():
            problems.append(Problem(name, coded("not_an_id", _("“%s” is not an id.") % key)))
            return None
        ids = called(kinds()[name], key) if kinds()[name].has_slug and "\x00" not in key else ()
    return rows.visible_to(reader).filter(id__in=ids).values_list("id", flat=True).first()


def _day(params, name: str, problems: list[Problem]) -> date | None:
    text = params.get(name, "")
    try:
        when = parse(text) if text else None
    except BadDate as bad:
        problems.append(Problem(name, str(bad)))
        return None
    return when and (when.first if name.endswith("from") else when.last)


def _flag(params, name: str, problems: list[Problem]) -> bool | None:
    text = params.get(name, "")
    if text not in ("", "true", "false"):
        problems.append(Problem(name, coded("not_a_boolean", _("“%s” is not true or false.") % text)))
    return {"true": True, "false": False}.get(text)


def _one_of(name: str, params, allowed: Iterable[str], problems: list[Problem]) -> str:
    return next(iter(_some_of(name, {name: params.get(name, "")}, allowed, problems)), "")


def _some_of(name: str, params: Mapping, allowed: Iterable[str], problems: list[Problem]) -> tuple[str, ...]:
    """The words that are given, whether with commas between or as parameters that stand there again."""
    texts = params.getlist(name) if hasattr(params, "getlist") else [params[name]]
    words = tuple(dict.fromkeys(word for text in texts for word in text.split(",") if word))
    problems += [Problem(name, not_allowed(name, word, allowed)) for word in words if word not in allowed]
    return words


# ---- cursors -------------------------------------------------------------------------------------------


def cursor_after(entry, by_end: bool) -> str:
    """The place of the last entry of a page, the order that it is one of, and the days that the next one's order is told by."""
    days = [day and day.isoformat() for day in days_in_order(entry, by_end)]
    plain = [LAST if by_end else FIRST, *entry.place(by_end), *days]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def read_cursor(cursor: str, sort: str, problems: list[Problem]) -> tuple[tuple[str, ...], Days | None]:
    """The place after which to go on, and the days of what stands there."""
    if not cursor:
        return (), None
    try:
        order, day, part, fact, *days = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if order != sort or "\x00" in fact:
            raise ValueError
        place = (date.fromisoformat(day).isoformat(), str(UUID(part)), str(fact))
        earliest, latest = (date.fromisoformat(day) if day else None for day in days)
    except (ValueError, TypeError, AttributeError, RecursionError):
        said = _("This cursor belongs to another question. Begin again without it.")
        problems.append(Problem("cursor", coded("bad_cursor", said)))
        return (), None
    return place, (earliest, latest)
