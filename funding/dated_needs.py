"""What is late and what ends soon by its dates, for the first page: of everything for officers, of their own institutions for
partners. Each number opens to the list that it counts.
"""

from collections.abc import Iterable
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from labs.models import Institution
from records.gantt.lists.asked import ACTED_ON, Question, Which
from records.gantt.lists.standing import standing
from records.gantt.lists.ways import kind_words, url
from records.kinds import kinds
from records.labels import labels_of
from records.lists import COUNTED_TO
from records.moments import address
from records.rights import Reader
from records.showing import text_in_two
from records.suggesting import Suggestion, described
from records.timelines.asking import Entry, entries, how_many_by_kind

from .needs import SHOWN, Item, Need, number_words

MOST_INSTITUTIONS = 3  # that have their own numbers; few report for more


def needs(request) -> list[Need]:
    """What is late for those who answer for it, and what ends soon for everybody."""
    reader, found = request.reader, []
    for institution in _own(reader) or [None]:
        if reader.is_officer or institution:
            found.append(_need(reader, Which.LATE, institution))
        found.append(_need(reader, Which.ENDING, institution))
    return found


def _own(reader: Reader) -> list[Suggestion]:
    """The institutions for which the reader reports, without their units."""
    if reader.is_officer or not reader.institutions:
        return []
    roots = Institution.objects.filter(id__in=reader.institutions, is_retired=False)
    ids = roots.exclude(parent__in=reader.institutions).order_by("id").values_list("id", flat=True)
    return described(list(ids[:MOST_INSTITUTIONS]), kinds=[kinds()["institution"]], reader=reader)


def _need(reader: Reader, which: Which, institution: Suggestion | None) -> Need:
    question = Question(which, timezone.localdate(), institution=institution)
    found = entries(reader, question.asked(), limit=SHOWN)
    counts, is_all = how_many_by_kind(reader, question.asked(), at_most=COUNTED_TO) if found else ({}, True)
    is_late = which is Which.LATE
    title = _("late by their dates") if is_late else _("ends within %d days") % question.days
    none = _("Nothing is late.") if is_late else _("Nothing ends in these days.")
    other = (
        (_("See what ends soon"), address("timelines_ending")) if is_late else (_("Timelines"), address("timelines"))
    )
    return Need(
        "-".join(filter(None, [which.value, "dates", institution and institution.label.key])),
        f"{institution} · {title}" if institution else title,
        number_words(sum(counts.values()) if is_all else COUNTED_TO + 1),
        url(question),
        tuple(_items(found, question, reader)),
        none,
        other,
        tuple(_parts(question, counts)) if is_all else (),
    )


def _parts(question: Question, counts: dict[str, int]) -> Iterable[tuple[str, int, str]]:
    for name in ACTED_ON:
        if name in counts:
            yield kind_words(name), counts[name], url(question, kind=[name])


def _items(found: list[Entry], question: Question, reader: Reader) -> Iterable[Item]:
    by_kind: dict[str, set[UUID]] = {}
    for entry in found:
        by_kind.setdefault(entry.kind, set()).add(entry.record)
    labels = labels_of(by_kind, {entry.about for entry in found} - {None}, reader)
    for entry in found:
        if label := labels.get(entry.record):
            name = text_in_two(label.ko, label.en)
            beneath = [kind_words(entry.kind, one=True), str(labels.get(entry.about, ""))]
            yield Item(
                name.text, label.url, " · ".join(filter(None, beneath)), standing(entry, question).words, name.lang
            )
