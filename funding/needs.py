"""What needs whoever looks: open disagreements, what is about to end, what others changed, one's own jobs. For the first page.

Each number opens to the list that it counts. What the first page shows is composed of the functions that `settings.NEEDS`
names, so that a higher floor adds what is due by somebody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import QueryDict
from django.shortcuts import redirect
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.visits import all_seen, visit
from records import lists
from records.changes import Count, counts, latest
from records.jobs import Job
from records.kinds import Kind, kind_of
from records.labels import label_of, labels_for
from records.models import Change, Disagreement
from records.moments import address
from records.past_asking import Asked
from records.rights import Reader
from records.showing import text_in_two
from records.templatetags.registry import instant, when
from records.truth_pages import weights

from .models import FundingLine

SHOWN = 6  # of each need; the rest is in its list
DAYS = 90


@dataclass(frozen=True)
class Item:
    """One thing that needs somebody. `beneath` says what it is about, or until when."""

    text: str
    url: str
    beneath: str = ""
    mark: str = ""  # a word on its own: how much it weighs, how it stands
    lang: str = ""


@dataclass(frozen=True)
class Need:
    """`parts`: what the number is made of, as (words, number, where). `empty`: what to do where nothing is needed."""

    name: str
    title: str
    number: str
    url: str
    items: tuple[Item, ...]
    empty: str
    empty_way: tuple[str, str]  # (words, address)
    parts: tuple[tuple[str, int, str], ...] = ()
    can_be_seen: bool = False


def all_needs(request) -> list[Need]:
    """Every need of a signed-in reader, of every floor, the most pressing first."""
    return [need for path in settings.NEEDS for need in import_string(path)(request)]


def needs(request) -> list[Need]:
    """Those of this floor and the ones below."""
    reader, user = request.reader, request.user
    found = [_disagreements(reader)] if reader.is_officer else []
    return [*found, _lines_ending(reader), _changes(reader, visit(user)), _jobs(user)]


def number_words(n: int) -> str:
    return f"{lists.COUNTED_TO}+" if n > lists.COUNTED_TO else str(n)


def _disagreements(reader: Reader) -> Need:
    by_weight = weights(reader)
    kind = kind_of(Disagreement)
    asked = lists.read(kind, QueryDict("state=open&sort=severity"), reader)
    rows = list(asked.in_order()[:SHOWN])
    labels = labels_for(kind, rows, reader)
    items = []
    for row in rows:
        topic = text_in_two(*_topic(row))
        about = str(labels.get(row.record_id, ""))
        items.append(
            Item(topic.text, address("record", kind.plural, row.id), about, str(row.get_severity_display()), topic.lang)
        )
    return Need(
        "disagreements",
        _("open disagreements"),
        number_words(sum(weight.total for weight in by_weight)),
        address("truth"),
        tuple(items),
        _("No disagreement is open."),
        (_("What was decided"), address("truth", state="decided")),
        tuple((weight.words, weight.total, weight.url) for weight in by_weight if weight.total),
    )


def _topic(row: Disagreement) -> tuple[str, str]:
    return (row.topic_ko, row.topic_en) if row.topic_ko or row.topic_en else (row.attribute, row.attribute)


def _lines_ending(reader: Reader) -> Need:
    """Money that ends soon, the soonest first: found along the index of ends."""
    kind = kind_of(FundingLine)
    asked = QueryDict(f"ending={DAYS}&state__in=planned%2Ccommitted")
    query = lists.read(kind, asked, reader)
    shown = list(query.in_order()[:SHOWN])
    number = len(shown) if len(shown) < SHOWN else query.count()
    labels = labels_for(kind, shown, reader)
    return Need(
        "lines",
        _("money that ends within %d days") % DAYS,
        number_words(number),
        address("list", kind.plural, **asked.dict()),
        tuple(_item(kind, row, labels) for row in shown),
        _("No line of money ends soon."),
        (_("All lines of money"), address("list", kind.plural)),
    )


def _item(kind: Kind, row, labels) -> Item:
    label = label_of(kind, row, labels)
    name = text_in_two(label.ko, label.en)
    place = labels.get(getattr(row, "project_id", None)) or labels.get(getattr(row, "program_id", None))
    place = place or labels.get(getattr(row, "scope_id", None))
    return Item(name.text, label.url, str(place or ""), when(row.ends_on), name.lang)


def _changes(reader: Reader, since: datetime | None) -> Need:
    """What others changed since the last visit; on the first one there is none to begin from."""
    changed, number = [], 0
    if since:
        changed, more = latest(reader, Asked(begins=since, not_by=reader.user_id), limit=lists.COUNTED_TO)
        number = lists.COUNTED_TO + 1 if more else len(changed)
    touched = counts([change.pk for change in changed[:SHOWN]], reader, in_short=True)
    title = _("changes by others since %s") % instant(since) if since else _("changes by others since your last visit")
    return Need(
        "changes",
        title,
        number_words(number),
        address("changes", changed_since=since.isoformat() if since else None, others="yes"),
        tuple(_changed(change, touched.get(change.pk, ())) for change in changed[:SHOWN]),
        _("Nobody else changed anything since.")
        if since
        else _("This is your first visit: what changes from now on stands here."),
        (_("All changes"), address("changes")),
        can_be_seen=bool(changed),
    )


def _changed(change: Change, touched: Iterable[Count]) -> Item:
    what = " · ".join(f"{count.kind.label_one} {count.shown}" for count in touched)
    beneath = " · ".join(filter(None, [instant(change.at), change.reason]))
    return Item(what or instant(change.at), address("change", change.pk), beneath, change.actor_name)


def _jobs(user) -> Need:
    """My jobs: at work, or ended without my having looked."""
    jobs = list(Job.objects.unseen_by(user.pk).order_by("-id")[: lists.COUNTED_TO + 1])
    items = (
        Item(job.label, address("job", job.id), instant(job.created_at), str(job.get_state_display()))
        for job in jobs[:SHOWN]
    )
    return Need(
        "jobs",
        _("my jobs"),
        number_words(len(jobs)),
        address("jobs"),
        tuple(items),
        _("No job of yours is at work, and you have looked at all that ended."),
        (_("All my jobs"), address("jobs")),
    )


@login_required
@require_POST
def seen(request):
    """Everything that others changed until now is known."""
    all_seen(request.user)
    messages.success(request, _("Noted. Changes by others are counted anew from now on."))
    return redirect("home")
