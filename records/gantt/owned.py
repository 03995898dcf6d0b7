"""The lanes of a record's timeline: its own dates, then the groups of what belongs to it, folded where there is much."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .. import dates
from ..base import in_language
from ..kinds import Kind, Type, kinds
from ..labels import Label, label_of, labels_of, mentioned
from ..moments import address
from ..showing import period_cell
from ..timelines.asking import Asked, Entry, entries
from .due import Due, counted_dues, lanes_of_due
from .groups import WITH_MUCH, Group, groups_of, groups_of_everything, part_of
from .lanes import Lane, Mark, Toggle
from .marks import mark_of
from .question import Provided, Question, Span
from .standing import COUNTED_TO, Counted, Look, counted, page
from .window import EARLIEST, LATEST, WHOLE, span_of

ROWS = 150  # lanes of a page, about
AT_ONCE, FEW = 25, 45  # rows of an open group; what is open by itself, in all
A_PAGE = 100  # rows of a group that is read page by page
TOGETHER = 20  # so many parts taken stand together, more are split by the part


def of_record(kind: Kind, row, label, question: Question) -> Provided:
    """What stands on the timeline of a record of any kind."""
    own = facts_of([row.id], question.look).get(row.id, [])
    lane = Lane("own", str(label), _marks(own, question.today), href=label.url)
    return _provided(groups_of(kind, row, question.look.reader), [lane] if own else [], question, row.id)


def of_everything(question: Question) -> Provided:
    """What no other record has to be opened for, years by year."""
    return _provided(groups_of_everything(), [], question)


def _provided(groups: Sequence[Group], own: list[Lane], question: Question, owner: UUID | None = None) -> Provided:
    dues = counted_dues(owner, question.look) if owner else []
    found = counted(groups, question.look)
    span = _span([*found, *dues], own)
    usual = "year" if any(one.is_bounded for one in [*found, *dues]) else WHOLE
    window = question.window(span, usual)
    look = question.within(window)
    parts = _split(found)
    if window or parts != [one.group for one in found]:
        found = counted(parts, look)
    found += counted_dues(owner, look) if dues and window else dues
    if question.only and question.only not in {one.group.key for one in found}:
        question = replace(question, only="", after=None)
    lanes, following = lanes_of(found, question, look)
    return Provided(
        lanes=tuple(lanes if question.only else [*own, *lanes]),
        span=span_of(lanes) if question.only and not window else span,
        usual=usual,
        next=following,
        all=question.href(group=None, cursor=None) if question.only else "",
        fold=question.href(open="") if len(found) > 1 and not question.only and len(lanes) > len(found) else "",
        list=next((one.group.list_url for one in found if one.group.key == question.only), ""),
    )


def _span(found: Sequence[Counted], own: Sequence[Lane]) -> Span | None:
    """The days that there are; where more is there than was counted, some years around these."""
    days = [day for one in found for day in (one.first, one.last) if day]
    days += span_of(own) or ()
    if not days:
        return None
    far = timedelta(days=3653) if any(one.is_bounded for one in found) else timedelta()
    return max(min(days), EARLIEST + far) - far, min(max(days), LATEST - far) + far


def _split(found: Sequence[Counted]) -> list[Group]:
    """The groups in which anything stands; many parts taken are split by the part."""
    split = [one.group.split() if one.group.carries and one.number > TOGETHER else [one.group] for one in found]
    return [group for groups in split for group in groups]


def lanes_of(found: Sequence[Counted], question: Question, look: Look) -> tuple[list[Lane], str]:
    """The groups as headings, with their rows beneath where they are open; and the address of what follows of the only one."""
    now_open = _open(found, question)
    lanes, following = [], ""
    for one in found:
        if question.only in ("", one.group.key):
            is_open = one.group.key in now_open
            lanes.append(_head(one, question, is_open, now_open))
            rows, following = _rows(one, question, look, _limit(now_open, question)) if is_open else ([], "")
            lanes += rows
    return lanes, following if question.only else ""


def facts_of(ids: Sequence[UUID], look: Look) -> dict[UUID, list[Entry]]:
    """The dated facts of these records, each record's in order."""
    found: dict[UUID, list[Entry]] = {}
    if ids:
        asked = Asked(records=tuple(ids), facts=_facts(), as_of=look.as_of, is_past=look.is_past)
        for entry in entries(look.reader, asked, limit=20 * len(ids)):
            found.setdefault(entry.record, []).append(entry)
    return found


@cache
def _facts() -> tuple[str, ...]:
    """What rows say themselves: not what is due under an obligation from whomever."""
    return tuple({dated.fact for kind in kinds().values() for dated in kind.dated})


def _open(found: Sequence[Counted], question: Question) -> set[str]:
    """Those that the address opens; by itself as many as have room, the first one anyway."""
    if question.only:
        return {question.only}
    if question.open is not None:
        return {one.group.key for one in found} & question.open
    opened, rows = set(), 0
    for one in found:
        shown = min(one.number, AT_ONCE)
        if rows + shown <= FEW:
            opened.add(one.group.key)
            rows += shown
    return opened


def _limit(now_open: set[str], question: Question) -> int:
    return A_PAGE if question.only else min(AT_ONCE, max(ROWS // max(len(now_open), 1), 5))


# ---- lanes ---------------------------------------------------------------------------------------------


def _head(one: Counted, question: Question, is_open: bool, now_open: set[str]) -> Lane:
    """The heading of a group: how many, and folded from when to when, unless there are more than were counted."""
    number = f"{number_format(COUNTED_TO)}+" if one.is_bounded else number_format(one.number)
    words = _("fold “%s”") if is_open else _("open “%s”")
    if question.only:
        toggle = None
    else:
        toggle = Toggle(question.href(open=sorted(now_open ^ {one.group.key})), words % one.group.title, is_open)
    return Lane(
        key=one.group.key,
        label=one.group.title,
        marks=() if is_open or one.is_bounded else _summary(one),
        toggle=toggle,
        note=number,
        when="",
        is_head=True,
    )


def _summary(one: Counted) -> tuple[Mark, ...]:
    """A folded group as one mark. What goes on without an end does so here."""
    if not one.first and not one.last:
        return ()
    starts, ends = (day.isoformat() if day else None for day in (one.first, one.last))
    return (
        Mark(
            name=one.group.title,
            when=period_cell(starts, ends).text,
            starts=dates.parse(starts) if starts else None,
            ends=dates.parse(ends) if ends else None,
            count=one.number,
            is_summary=True,
        ),
    )


def _rows(one: Counted, question: Question, look: Look, limit: int) -> tuple[list[Lane], str]:
    """The rows of an open group, and the address of those that follow."""
    group = one.group
    after = question.after if question.only else None
    if isinstance(group, Due):
        lanes, place = lanes_of_due(group, look, question.today, limit, after)
        return _with_more(lanes, one, question, place)
    rows = page(group, look, limit + 1, after)
    is_more, rows = len(rows) > limit, rows[:limit]
    make = _carried if group.carries else _themselves
    lanes = make(group, rows, look, question.today)
    return _with_more(lanes, one, question, rows[-1].place if is_more else None)


def _with_more(lanes: list[Lane], one: Counted, question: Question, place) -> tuple[list[Lane], str]:
    """These lanes, and the way to those after this place."""
    if place is None:
        return lanes, ""
    href = question.further(one.group.key, place)
    if not question.only:
        lanes = [*lanes, Lane(f"{one.group.key}-more", _("further entries"), href=href, depth=1)]
    return lanes, href


def _themselves(group: Group, rows: list, look: Look, today: date) -> list[Lane]:
    """Each row with its dates, called without what the whole group has in common."""
    facts = facts_of([row.id for row in rows], look)
    others = labels_of(*mentioned([(_called_after(group.called), rows)]), look.reader)
    found = []
    for row in rows:
        label = label_of(group.called, row, others)
        marks = _marks(facts.get(row.id, ()), today)
        key, note = f"{group.key}-{row.id}", _note(group.called, row)
        found.append(Lane(key, str(label), marks, href=_url(group, label), depth=1, note=note))
    return found


def _note(kind: Kind, row) -> str:
    """What tells rows apart that have no name: the post of an affiliation, whose count it is and how many."""
    if kind.is_named:
        return ""
    told = [in_language(row.title_ko, row.title_en)] if "title_ko" in kind.fields else []
    for name in kind.facts:
        field = kind.all_fields.get(name)
        if field and name not in (*kind.label, *kind.private) and field.type in (Type.CHOICE, Type.INTEGER):
            value = getattr(row, name)
            told.append(str(field.words.get(value, "" if value is None else value)))
    return ", ".join(filter(None, told))


def _carried(group: Group, rows: list, look: Look, today: date) -> list[Lane]:
    """Each of what one takes part in once: from when to when one does, where that is said, and its own dates."""
    by_scope: dict[UUID, list] = {}
    for row in rows:
        by_scope.setdefault(getattr(row, f"{group.carries}_id"), []).append(row)
    facts = facts_of([*by_scope, *(row.id for row in rows)], look)
    labels = labels_of(defaultdict(set), set(by_scope), look.reader)
    part = part_of(group.kind)
    found = []
    for scope, its_rows in by_scope.items():
        if scope not in labels:  # no longer there
            continue
        own, of_scope = [entry for row in its_rows for entry in facts.get(row.id, ())], facts.get(scope, [])
        marks = [
            mark_of(entry, today, label=str(group.kind.label_one)) for entry in own if not _is_told(entry, of_scope)
        ]
        marks += _marks(of_scope, today, label=str(kinds()[labels[scope].kind].label_one))
        parts = dict.fromkeys(str(part.words.get(getattr(row, part.name), "")) for row in its_rows)
        note = "" if group.part else ", ".join(parts)
        key = f"{group.key}-{its_rows[0].id}"
        found.append(Lane(key, str(labels[scope]), tuple(marks), href=labels[scope].url, depth=1, note=note))
    return found


def _marks(found: Sequence[Entry], today: date, label: str = "") -> tuple[Mark, ...]:
    """The dates of one record. That an event was held need not be said beside each."""
    marks = [mark_of(entry, today, label=label) for entry in found]
    is_plain = all(len(kinds()[entry.kind].dated) == 1 for entry in found)
    return tuple(replace(mark, word="") if is_plain else mark for mark in marks)


def _url(group: Group, label: Label) -> str:
    """Where a row leads: to its page; from the timeline of everything to its own timeline where much stands on that."""
    is_there = not group.by and label.kind in WITH_MUCH
    return address("timeline_record", label.plural, label.key) if is_there else label.url


def _is_told(entry: Entry, others: Sequence[Entry]) -> bool:
    """Whether one takes part for as long as it lasts: drawn once."""
    return any((entry.starts_on, entry.ends_on) == (other.starts_on, other.ends_on) for other in others)


def _called_after(kind: Kind):
    return [ref for ref in kind.refs if ref.name in kind.label]
