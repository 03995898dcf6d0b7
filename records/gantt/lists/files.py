"""A list of dated facts as CSV: all its rows from one moment, for people, in the reader's language."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from django.db import connection
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language, override, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ...columns import harmless
from ...exports import BOM, BROKEN, PATIENCE, TYPES, As, Busy, Sent, csv_line
from ...history import known_at
from ...pages import refusal
from ...rights import Reader
from ...snapshot import snapshot
from ...timelines.asking import entries
from ...timelines.saying import days_in_order
from .asked import Question, Which, read
from .rows import Row, rows_of

BATCH = 1000
Lines = Iterable[list[str | int | None]]


@require_safe
def file_page(request, which: str):
    """The whole list, whatever page of it is looked at."""
    if which not in Which:
        raise Http404
    if refused := refusal(request):
        return refused
    question, form, problems = read(Which(which), request)
    if refused := refused_file(request, form, problems):
        return refused
    return as_file(request, f"timelines-{which}-{question.today}.csv", lambda: _portions(question, request.reader))


def refused_file(request, form, problems):
    """What is wrong with the question, as a page of its own: a file has no form to say it in."""
    wrong = [message for messages in form.errors.values() for message in messages]
    return refusal(request, [problem.message for problem in problems] + wrong) if problems or wrong else None


def as_file(request, name: str, portions: Callable[[], Iterable[Lines]]):
    """`portions()`, asked from one moment and at the one that is looked at, as a file that is sent while it is read."""
    broken = _("The file breaks off here: something went wrong while it was written. Take it again.")
    try:
        response = StreamingHttpResponse(
            Sent(
                lambda: _csv(portions, request.known_at, get_language() or "ko"),
                BROKEN[As.CSV] % broken,
            ),
            content_type=TYPES[As.CSV],
        )
    except Busy as busy:
        response = render(request, "400.html", {"problems": [str(busy)]}, status=503)
        response["Retry-After"] = "60"
        return response
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _csv(portions: Callable[[], Iterable[Lines]], then: datetime | None, language: str) -> Iterator[bytes]:
    mark = BOM if language.startswith("ko") else ""  # by which Excel knows UTF-8
    with override(language), snapshot(), known_at(then):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [PATIENCE])
        for lines in portions():
            yield (mark + "".join(csv_line(list(map(_cell, line))) for line in lines)).encode()
            mark = ""


def _cell(value: str | int | None) -> str:
    """A number stays one, also below zero; only a text could be taken for a formula."""
    return harmless(value) if isinstance(value, str) else "" if value is None else str(value)


def _portions(question: Question, reader: Reader) -> Iterator[Lines]:
    yield [_head()]
    question = replace(question, after=(), before=None)
    while found := entries(reader, question.asked(), after=question.after, limit=BATCH) if question.is_asked else []:
        listed = rows_of(found, question, reader)
        titles = {number: title.text for number, title, _url in listed.sources}
        yield [_texts(row, titles) for row in listed.rows]
        by_end = question.is_about_ends
        after, before = tuple(found[-1].place(by_end)), days_in_order(found[-1], by_end)
        question = replace(question, after=after, before=before)


def _head() -> list[str]:
    return [
        _("kind"), _("name"), _("fact"), pgettext("of a dated fact", "under"), _("from"), _("to"), _("first possible day"), _("last possible day"),
        _("planned"), _("standing"), _("certainty"), _("why"), _("order to the row above"), _("who is to act"),
        _("sources"), "id",
    ]  # fmt: skip


def _texts(row: Row, titles: dict[int, str]) -> list[str]:
    entry = row.entry
    return [
        row.kind, row.name.text, row.word, row.place.text if row.place else "",
        entry.starts_on or "", entry.ends_on or "", _day(entry.first), _day(entry.last),
        _("yes") if entry.is_planned else _("no"), row.standing.words,
        _("perhaps") if row.standing.is_perhaps else _("surely"), row.standing.why,
        _("order unknown") if row.is_order_unknown else "",
        "; ".join(map(str, row.acting.who)), "; ".join(titles[number] for number in row.notes.numbers), str(entry.record),
    ]  # fmt: skip


def _day(day) -> str:
    return day.isoformat() if day else ""
