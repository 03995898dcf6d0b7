"""What is not as it should be with money, and the lines that it is about. Nothing of it is refused, all of it is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.utils.translation import ngettext

from records.rights import Reader

from ..models import PayerKind
from ..rollups import Asked, totals
from ..rollups.asked import STATED, all_of, keeps, of_lines
from ..rollups.facts import AMOUNTS, NO_YEAR
from .asking import NOT_STATED, Question

PAYER, YEAR, OVERDRAWN, AGREEMENT_ENDED = "payer", "year", "overdrawn", "agreement_ended"
OF_LINES = (OVERDRAWN, AGREEMENT_ENDED)  # what no dimension tells, so that an address has to name it
MOST_LINES = 20_000  # of which each is looked at

FIGURES = (
    f"SELECT line, nullif(fiscal_year, {NO_YEAR}) AS fiscal_year, payer_kind,"
    f" {', '.join(f'{STATED.format(measure)} AS {measure}' for measure in AMOUNTS)}"
    " FROM {source} r WHERE {where} GROUP BY line, r.fiscal_year, payer_kind HAVING sum(lines) > 0"
)
LINES_OF = {
    PAYER: f"SELECT DISTINCT line FROM figure WHERE payer_kind = '{PayerKind.UNSTATED}'",
    YEAR: "SELECT DISTINCT line FROM figure WHERE fiscal_year IS NULL",
    # More was spent than is committed, over the years that are looked at; where nothing is committed nobody can say so.
    OVERDRAWN: "SELECT line FROM figure GROUP BY line HAVING sum(spent) > sum(committed)",
    # Money of a year that begins after the last day on which the agreement can end.
    AGREEMENT_ENDED: """
        SELECT DISTINCT f.line FROM figure f JOIN funding_fundingline l ON l.id = f.line
        JOIN programs_agreement a ON a.id = l.agreement_id AND NOT a.is_retired AND a.visibility <= %(level)s
        WHERE a.ends_on_last < make_date(f.fiscal_year, 1, 1)
        AND (coalesce(f.planned, 0) <> 0 OR f.committed <> 0 OR f.received <> 0 OR f.spent <> 0)
    """,
}


@dataclass(frozen=True)
class Concern:
    """One thing that is not as it should be: a sentence with its number, and where the lines are that it is about."""

    name: str
    number: int
    said: str
    url: str


def warnings(reader: Reader, question: Question, rows: Sequence[dict]) -> tuple[list[Concern], bool]:
    """Of the money whose totals by year, kind of payer and more are `rows`; and whether each line was looked at."""
    lines = sum(row["lines"] for row in rows)
    is_whole = lines <= MOST_LINES
    numbers = {} if not lines else _numbers(reader, question) if is_whole else _of_totals(reader, question, rows)
    urls = {
        PAYER: question.lines_url(payer_kind=PayerKind.UNSTATED.value),
        YEAR: question.lines_url(fiscal_year=NOT_STATED),
        **{name: question.lines_url(warning=name) for name in OF_LINES},
    }
    return [Concern(name, n, sentence(name, n), urls[name]) for name, n in numbers.items() if n], is_whole


def sentence(name: str, n: int) -> str:
    said = {
        OVERDRAWN: ngettext("Of %d line more is spent than committed.", "Of %d lines more is spent than committed.", n),
        AGREEMENT_ENDED: ngettext(
            "%d line has money for a year after its agreement ended.",
            "%d lines have money for a year after their agreement ended.",
            n,
        ),
        PAYER: ngettext("Of %d line the payer is not stated.", "Of %d lines the payer is not stated.", n),
        YEAR: ngettext(
            "%d line has money whose year is not stated.", "%d lines have money whose year is not stated.", n
        ),
    }
    return said[name] % n


def _of_totals(reader: Reader, question: Question, rows: Iterable[dict]) -> dict[str, int]:
    """What totals alone tell. A line has one payer, but may have several years, in each of which it counts."""
    of = question.of | {"only": {**question.only, "payer_kind": [PayerKind.UNSTATED]}}
    unstated = totals(reader, **of) if PayerKind.UNSTATED in {row["payer_kind"] for row in rows} else []
    years = sum(row["lines"] for row in rows if row["fiscal_year"] is None)
    return {PAYER: sum(row["lines"] for row in unstated), YEAR: years}


# ---- line by line ------------------------------------------------------------------------------------------


def lines_warned_of(reader: Reader, question: Question, name: str) -> list[UUID]:
    """The lines that a warning is about."""
    figures, parameters = _figures(reader, question)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH figure AS MATERIALIZED ({figures}) {LINES_OF[name]}", parameters)
        return [line for (line,) in cursor]


def _numbers(reader: Reader, question: Question) -> dict[str, int]:
    figures, parameters = _figures(reader, question)
    counts = ", ".join(f"(SELECT count(*) FROM ({LINES_OF[name]}) {name})" for name in LINES_OF)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH figure AS MATERIALIZED ({figures}) SELECT {counts}", parameters)
        return dict(zip(LINES_OF, cursor.fetchone(), strict=True))


def _figures(reader: Reader, question: Question) -> tuple[str, dict]:
    """What each line counts for in each year, as SQL, and its parameters."""
    asked = Asked(**question.of)
    source, where = of_lines(asked)
    where += [keeps(name) for name in asked.others]
    return FIGURES.format(source=source, where=all_of(where)), asked.parameters(reader)
