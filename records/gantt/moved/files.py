"""What moved as CSV: each date with its last move, by whom and why."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from ...pages import refusal
from ...rights import Reader
from ...slips.asking import USUAL, listed
from ..lists.files import BATCH, Lines, as_file, refused_file
from .asked import Question, read
from .rows import Row, rows_of


@require_safe
def moved_file_page(request):
    """The whole list, whatever page of it is looked at."""
    if refused := refusal(request):
        return refused
    question, form, problems = read(request)
    if refused := refused_file(request, form, problems):
        return refused
    name = f"timelines-moved-{timezone.localdate()}.csv"
    return as_file(request, name, lambda: _portions(replace(question, after=()), request.reader))


def _portions(question: Question, reader: Reader) -> Iterator[Lines]:
    yield [_head()]
    of_kinds, is_cut = question.kinds or USUAL, False
    while found := listed(reader, question.asked(of_kinds), of_kinds, after=question.after, limit=BATCH)[0]:
        yield [_cells(row) for row in rows_of(found, reader, question.known_at)]
        question, is_cut = replace(question, after=tuple(found[-1].place)), is_cut or any(slip.is_cut for slip in found)
    if is_cut:
        yield [[_("Of each kind only the latest moves were looked at. Choose a program or an institution to see all.")]]


def _head() -> list[str]:
    return [
        _("kind"), _("name"), _("fact"), pgettext("of a dated fact", "under"), _("was planned"), pgettext("of dates", "now"),
        _("came true on"), _("by how much"), _("at least days"), _("at most days"), _("moves"), _("moved last"),
        _("moved by"), _("reason"), _("report"), "id",
    ]  # fmt: skip


def _cells(row: Row) -> list[str | int | None]:
    slip, last = row.slip, row.last.move if row.last else None
    return [
        row.kind, row.name.text, row.word, row.place.text if row.place else "", slip.reference or "", slip.reached or "",
        slip.real or "", row.words, slip.low, slip.high, slip.times, _instant(slip.moved_at),
        last.change.actor_name if last else "", last.change.reason if last else "",
        last.origin.label if last and last.origin else "", str(slip.record),
    ]  # fmt: skip


def _instant(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
