"""What is still to be reported in a program, by day: one row of its timeline, for those who may know of it."""

from itertools import groupby

from django.urls import NoReverseMatch
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..kinds import Kind
from ..moments import address
from ..timelines.asking import Asked, Entry, entries
from .lanes import Lane, Mark
from .marks import mark_of
from .question import Question

FACT, MOST = "report_due", 400


def lane_of_dues(kind: Kind, row, question: Question) -> Lane | None:
    """The days on which reports are due, each with how many, the earliest first; None where there are none to be seen."""
    look = question.look
    asked = Asked(owners=(row.id,), facts=(FACT,), is_open=True, as_of=look.as_of, is_past=look.is_past)
    found = entries(look.reader, asked, limit=MOST + 1)
    if not found:
        return None
    by_day = [(day, list(same)) for day, same in groupby(found[:MOST], key=lambda entry: entry.starts_on)]
    return Lane(
        key="dues",
        label=capfirst(_("reports due")),
        marks=tuple(_mark(same, question) for _day, same in by_day),
        href=_url(kind, row),
        note=f"{MOST}+" if len(found) > MOST else _number(len(found)),
        when="",
        is_head=True,
    )


def _mark(same: list[Entry], question: Question) -> Mark:
    made = mark_of(same[0], question.today)
    return Mark(
        made.name, made.when, made.starts, made.ends, is_point=True, is_planned=True, is_late=made.is_late,
        late_by=made.late_by, word=_number(len(same)), count=len(same),
    )  # fmt: skip


def _number(number: int) -> str:
    return ngettext("%(number)d entry", "%(number)d entries", number) % {"number": number}


def _url(kind: Kind, row) -> str:
    """The page of what is due, where there is one: it stands on a higher floor."""
    try:
        return address("dues", **{kind.name: row.slug})
    except NoReverseMatch:
        return ""
