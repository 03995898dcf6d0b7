"""What a figure is made of: its lines by fiscal year, a page at a time, beneath the figure itself."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.shortcuts import render
from django.views.decorators.http import require_safe

from records.asking import BadQuery, Problem, not_a_value, not_allowed
from records.figures import freshness
from records.kinds import kind_of
from records.labels import Label, label_of, labels_of, mentioned
from records.models import Citation
from records.moments import CLOCKS, address
from records.pages import refusal
from records.rights import Reader
from records.showing import Cell, Notes, text_in_two
from records.units import UNITS, Unit, chosen, head, in_unit

from ..models import FundingAmount, FundingLine
from ..rollups import lines_behind, lines_not_shown, totals
from ..rollups.facts import NO_YEAR
from ..words import MEASURE_WORDS, Word, form_word, source_word
from . import words
from .asking import TAKES, read
from .tables import Head, Shown, tables
from .warnings import OF_LINES, lines_warned_of, sentence

PAGE = 100
OWN = ("after", "warning", "unit", *CLOCKS)
MOST_NOTES = 500


@require_safe
def lines_page(request):
    """The figure of this question, and each line that it is the sum of."""
    if refused := refusal(request):
        return refused
    try:
        question = read(request.GET, request.reader, request, (*TAKES, *OWN))
        after, warning = _after(request.GET.get("after", "")), _warning(request.GET.get("warning", ""))
    except BadQuery as bad:
        return refusal(request, [problem.message for problem in bad.problems])
    reader, unit = request.reader, chosen(request.GET.get("unit"))
    of, heading = question.of, ""
    if warning:
        of["lines"] = lines_warned_of(reader, question, warning)
        heading = sentence(warning, len(of["lines"]))
    found = lines_behind(reader, after=after, limit=PAGE + 1, **of)
    sums = totals(reader, group_by=("form",), **of)
    figure = tables(sums, (), Shown(question, unit))
    rows = found[:PAGE]
    currencies = {table.currency for table in figure}
    there = {one.measure for table in figure for one in table.measures}
    one_unit = head(*currencies, unit) if len(currencies) == 1 else ""  # else each row names its currency
    heads = [Head(m, str(word), one_unit) for m, word in MEASURE_WORDS.items() if m in there]
    lines = _lines(reader, rows, unit, heads)
    context = {
        "figure": figure,
        "heading": heading,
        "number": sum(row["lines"] for row in sums),
        "chips": words.chips(question, request.GET, words.labels_for(reader, question)),
        "heads": heads,
        "has_currency": len(currencies) > 1,
        "lines": lines.rows,
        "sources": lines.sources,
        "is_first": after is None,
        "next_after": _written(rows[-1]) if len(found) > PAGE else "",
        "money_url": question.money_url(),
        "unit": unit,
        "units": UNITS.values(),
        "not_shown": 0 if warning else lines_not_shown(reader, **question.of),
        "computed_at": None if request.as_of or request.known_at else freshness("rollups"),
    }
    return render(request, "money/lines.html", context)


def _after(text: str) -> tuple[UUID, int] | None:
    """The line and the year (0: not stated) of the last row of the page before."""
    if not text:
        return None
    line, _sep, year = text.partition(":")
    try:
        return UUID(line), int(year) if year.isascii() and len(year) <= 4 else int("")
    except ValueError:
        raise BadQuery([Problem("after", not_a_value("after", text))]) from None


def _written(row: dict) -> str:
    return f"{row['line']}:{row['fiscal_year'] or NO_YEAR}"


def _warning(name: str) -> str:
    if name and name not in OF_LINES:
        raise BadQuery([Problem("warning", not_allowed("warning", name, OF_LINES))])
    return name


# ---- rows --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What one line counts for in one year. `amounts`: (head, text), "" where nothing is stated."""

    label: Label
    under: tuple[Label, ...]  # program and project
    payer: Label | None
    source: Word
    form: Word
    state: str
    state_word: str
    year: str
    currency: str
    amounts: tuple[tuple[Head, str], ...]
    is_silent: bool
    entries_url: str
    notes: Notes
    envelope: Label | None


@dataclass(frozen=True)
class Lines:
    rows: tuple[Row, ...]
    sources: tuple[tuple[int, Cell, str], ...]  # (number, title, address)


def _lines(reader: Reader, found: list[dict], unit: Unit, heads: list[Head]) -> Lines:
    """The rows with their names and sources, in a constant number of queries."""
    kind = kind_of(FundingLine)
    ids = {row["line"] for row in found}
    lines = {line.id: line for line in kind.rows().with_retired_visible_to(reader).filter(id__in=ids)}
    labels = labels_of(*mentioned([(kind.refs, lines.values())]), reader)
    notes, sources = _notes(reader, ids)
    rows = [_row(kind, lines[row["line"]], row, labels, unit, heads, notes) for row in found if row["line"] in lines]
    return Lines(tuple(rows), sources)


def _row(kind, line, row: dict, labels, unit: Unit, heads: list[Head], notes) -> Row:
    texts = ["" if row[one.measure] is None else in_unit(row[one.measure], row["currency"], unit) for one in heads]
    has_moved = row["received"] is not None or row["spent"] is not None
    return Row(
        label=label_of(kind, line, labels),
        under=tuple(labels[id] for id in (line.program_id, line.project_id) if id in labels),
        payer=labels.get(line.payer_id),
        source=source_word(line.payer_kind, line.abroad is True),
        form=form_word(line.form),
        state=line.state,
        state_word=str(line.get_state_display()),
        year=str(row["fiscal_year"] or ""),
        currency=row["currency"],
        amounts=tuple(zip(heads, texts, strict=True)),
        is_silent=not any(texts),
        entries_url=address("list", "ledger-entries", line=line.id) if has_moved else "",
        notes=Notes(notes.get(line.id, ())),
        envelope=labels.get(line.envelope_id),
    )


def _notes(reader: Reader, ids: set[UUID]) -> tuple[dict[UUID, tuple[int, ...]], tuple]:
    """By line the numbers of the sources that speak of it or of its amounts; and these sources."""
    amounts = dict(FundingAmount.objects.visible_to(reader).filter(line__in=ids).values_list("id", "line"))
    seen = Citation.objects.visible_to(reader).filter(
        record__in=[*ids, *amounts], source__visibility__lte=reader.level, source__is_retired=False
    )
    numbers, by_line, sources = {}, defaultdict(set), []
    for citation in seen.select_related("source").order_by("source__published_on_first", "source_id")[:MOST_NOTES]:
        source = citation.source
        if source.id not in numbers:
            numbers[source.id] = len(numbers) + 1
            title = text_in_two(source.title_ko, source.title_en)
            sources.append((numbers[source.id], title, address("record", "sources", source.id)))
        by_line[amounts.get(citation.record_id, citation.record_id)].add(numbers[source.id])
    return {line: tuple(sorted(found)) for line, found in by_line.items()}, tuple(sources)
