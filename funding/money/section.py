"""The money section on the page of a program, a project or an institution."""

from collections import defaultdict

from django.db.models import Value
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from records.figures import freshness
from records.models import Citation
from records.money_bars import both_widths
from records.record_page import RecordPage
from records.rules import can_edit
from records.showing import NO_NOTES
from records.units import UNITS

from ..models import FundingLine
from ..rollups import lines_not_shown, totals
from .asking import Question, of_record
from .stated import STATED_TOTALS, stated_totals
from .tables import Shown, dimensions, tables
from .warnings import MOST_LINES, warnings

BY = ("fiscal_year", "payer_kind")
MOST_OF_INSTITUTION = 5_000  # lines that its page adds up; those of a program are kept added up by workers
MOST_PAYERS, MOST_DRAWN = 3, 12
MOST_GROUPS = (
    80  # of a table on a record's page (half of it of an institution's, which may have two sides); of more only sources
)


def section_of_program(page: RecordPage) -> dict:
    return _section(page, [("", "program", of_record("program", page), False)])


def section_of_project(page: RecordPage) -> dict:
    """Of the project with everything below it."""
    return _section(page, [("", "project", of_record("project", page), False)])


def section_of_institution(page: RecordPage) -> dict:
    """What it pays and what it receives, each where there is any."""
    sides = {"payer": _("As payer"), "recipient": _("As recipient")}
    large = _large(page, [side for side in sides if _is_cut(page, side)])
    blocks = [
        (title, side, of_record(side, page), side in large)
        for side, title in sides.items()
        if page.rows("funding_line", side)
    ]
    return _section(page, blocks)


def _section(page: RecordPage, asked: list[tuple[str, str, Question, bool]]) -> dict:
    """What parts/money.html shows; {} where there is no money and no source speaks of any."""
    blocks = [_block(page, *one) for one in asked]
    said = [(s.citation, s.number) for name in STATED_TOTALS for s in page.evidence.by_attribute.get(name, ())]
    if not said and not any(block["tables"] or block["is_large"] for block in blocks):
        return {}
    shown = [table for block in blocks for table in block["tables"]]
    return {
        "blocks": blocks,
        "unit": page.unit,
        "units": UNITS.values(),
        "rows": [row for table in shown for row in table.raw],
        "stated": _stated(page, said, shown),
        "compare_url": _compare_url(page),
        "computed_at": None if page.as_of or page.known_at else freshness("rollups"),
    }


def _block(page: RecordPage, title: str, scope: str, question: Question, is_large: bool) -> dict:
    """One table of a section. Where it `is_large` there is only the way to the page of all money."""
    by_program = scope in ("program", "project")
    rows = [] if is_large else totals(page.reader, group_by=dimensions(BY), **question.of)
    shown = Shown(
        question,
        page.unit,
        most=MOST_GROUPS // (1 if by_program else 2),
        payers=_payers(page, scope) if by_program else lambda *of: ((), NO_NOTES),
    )
    found, is_whole = warnings(page.reader, question, rows) if by_program else ([], True)
    drawn = [(table, both_widths(table.drawn[:MOST_DRAWN])) for table in tables(rows, BY, shown)]
    return {
        "title": title,
        "side": scope,
        "drawn": drawn,
        "tables": [table for table, _bars in drawn],
        "is_large": is_large,
        "warnings": found,
        "most_lines": None if is_whole else MOST_LINES,
        "lines_url": question.lines_url(),
        "money_url": question.money_url(),
        "not_shown": 0 if is_large else lines_not_shown(page.reader, **question.of),
    }


def _is_cut(page: RecordPage, side: str) -> bool:
    return any(r.kind == "funding_line" and r.by == side and rows.next_cursor for r, _kind, rows in page.related)


def _large(page: RecordPage, sides: list[str]) -> set[str]:
    """On which of these sides there are more lines than a page adds up. One query, none where it lists them all."""
    most = MOST_OF_INSTITUTION
    asked = [
        FundingLine.objects.filter(**{side: page.row.id}).order_by().values_list(Value(side), "id")[most : most + 1]
        for side in sides
    ]
    return {side for side, _id in asked[0].union(*asked[1:], all=True)} if asked else set()


def _payers(page: RecordPage, scope: str):
    """Who pays, by currency, form and source, with the numbers of the sources that speak of the lines; of the lines at hand."""
    found, lines = defaultdict(dict), defaultdict(list)
    for line in page.rows("funding_line"):
        key = (line.currency, line.form, (line.payer_kind, line.abroad is True))
        if line.payer_id in page.labels:
            found[key][page.labels[line.payer_id]] = True
        lines[key].append(line.id)
    return lambda *key: (tuple(found[key])[:MOST_PAYERS], page.evidence.about(lines[key], "planned", "committed"))


def _stated(page: RecordPage, said: list[tuple[Citation, int]], shown) -> list:
    return stated_totals(
        said,
        {table.currency: {part.form: part.total for part in table.parts} for table in shown},
        [found.disagreement for found in page.evidence.differing if found.disagreement.record_id == page.row.id],
        key=page.label.key,
        unit=page.unit,
        may_edit=can_edit(page.reader) and not page.known_at,
    )


def _compare_url(page: RecordPage) -> str:
    """Two moments are compared of programs and projects."""
    if page.kind.name not in ("program", "project"):
        return ""
    return f"{reverse('compare_totals')}?{urlencode({page.kind.name: str(page.row.id)})}"
