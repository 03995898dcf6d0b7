"""What is due or late, for the first page: one's own for partners, what is late for officers."""

from django.utils import timezone
from django.utils.translation import gettext as _

from funding.needs import SHOWN, Item, Need, number_words
from records.lists import COUNTED_TO
from records.rights import Reader
from records.showing import text_in_two
from records.templatetags.registry import when

from ..models import ReportDue
from ..telling import ways
from .asking import DueQuery, Standing, read
from .words import days_words

DAYS = 30


def late(reader: Reader) -> Need:
    """For officers: who has not reported."""
    query = _asked(reader, state="late")
    return Need(
        "late",
        _("late reports"),
        number_words(query.count()),
        ways.dues_url(state="late"),
        _items(query),
        _("No report is late."),
        (_("What is due next"), ways.dues_url()),
    )


def own(reader: Reader) -> Need:
    """For partners: what is late and what is due soon, the most pressing first."""
    late, soon = _asked(reader, state="late"), _asked(reader, within=str(DAYS))
    numbers = (late.count(), soon.count())
    return Need(
        "dues",
        _("reports that are due"),
        number_words(min(sum(numbers), COUNTED_TO + 1)),
        ways.dues_url(),
        _items(late, soon),
        _("No report of yours is due within %d days.") % DAYS,
        (_("What was reported"), ways.dues_url(state=Standing.REPORTED.value)),
        tuple(
            (words, n, url)
            for words, n, url in (
                (_("late"), numbers[0], ways.dues_url(state="late")),
                (_("within %d days") % DAYS, numbers[1], ways.dues_url(within=DAYS)),
            )
            if n
        ),
    )


def _asked(reader: Reader, **asked: str) -> DueQuery:
    query, _problems = read(asked | {"limit": str(SHOWN)}, reader, usual=SHOWN)
    return query


def _items(*queries: DueQuery) -> tuple[Item, ...]:
    today, rows = timezone.localdate(), []
    for query in queries:
        rows += query.page()[0] if len(rows) < SHOWN else []
    return tuple(_item(due, today) for due in rows[:SHOWN])


def _item(due: ReportDue, today) -> Item:
    project = text_in_two(due.project.title_ko, due.project.title_en)
    institution = text_in_two(due.institution.name_ko, due.institution.name_en)
    beneath = " · ".join([institution.text, f"{when(due.period_starts_on)} – {when(due.period_ends_on)}"])
    return Item(
        project.text,
        f"{ways.dues_url(program=due.program.slug)}#d-{due.id}",
        beneath,
        days_words(due.days_left(today)),
        project.lang,
    )
