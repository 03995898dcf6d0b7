"""What the timeline of a record shows: the entries that workers keep, or, in the registry's past, the rows at hand."""

from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from .. import dates
from ..base import Record
from ..drawing import Fact
from ..kinds import kinds
from ..labels import labels_of
from ..relations import not_to_be_told
from ..showing import period_cell
from .entries import TimelineEntry

MOST = 40
WORDS = {
    "period": "", "opened": _("opened"), "opening_planned": _("planned opening"), "published": _("published"),
    "held": _("held"),
    "signed": _("signed"),
    "due": _("due"),
    "done": _("done"),
    "first_planned": _("first planned for"),
    "in_use": _("in use"),
    "planned": _("planned"),
    "counted": _("counted"),
    "report_due": _("report due"),
}  # fmt: skip


def drawn_facts(page) -> tuple[list[Fact], bool]:
    """The facts of a record's timeline in order, and whether there are more than MOST."""
    if page.known_at:
        entries = _entries_of_rows(page)
    else:
        entries = list(_stored_entries(page)[: MOST + 1])
    is_cut = page.is_cut()
    shown = entries[:MOST]
    ids = {entry.record_id for entry in shown}
    labels = page.labels_at_hand(ids) | page.labels
    labels |= labels_of(_by_kind(shown, ids - labels.keys()), set(), page.reader)
    own_first = sorted(shown, key=lambda entry: entry.record_id != page.row.id)
    return [_fact(entry, labels, page) for entry in own_first if entry.record_id in labels], is_cut or len(
        entries
    ) > MOST


def _stored_entries(page):
    drawn = page.kind.drawn or tuple(kinds())
    seen = Record.objects.visible_to(page.reader).values("id")
    entries = TimelineEntry.objects.filter(kind__in=drawn, record__in=seen)
    if page.is_cut():  # thousands of rows: drawn is what the page lists
        entries = entries.filter(record__in=[page.row.id, *page.related_ids()])
    else:
        entries = entries.filter(owners__contains=[page.row.id])
        if hidden := not_to_be_told(page.row.id, page.reader):
            times = RawSQL("cardinality(array_positions(owners, %s))", [page.row.id])
            entries = entries.annotate(times=times).filter(~Q(record__in=hidden) | Q(times__gt=1))
    if page.as_of:
        entries = entries.filter(first__lte=page.as_of) | entries.filter(first=None)
    return entries.order_by("first", "id")


def _entries_of_rows(page) -> list[TimelineEntry]:
    """The same from the rows that the page has read: stored entries only know the present."""
    found = [
        TimelineEntry(
            record_id=row.id,
            kind=kind.name,
            fact=dated.fact,
            starts_on=getattr(row, dated.starts),
            ends_on=getattr(row, dated.ends or dated.starts) or (row.starts_on if dated.is_brief else None),
            first=getattr(row, f"{dated.starts}_first"),
        )
        for kind, rows in page.groups()
        if not page.kind.drawn or kind.name in page.kind.drawn
        for row in rows
        for dated in kind.dated
        if (getattr(row, dated.starts) or getattr(row, dated.ends or dated.starts))
        and not (dated.unless_same_as and getattr(row, dated.starts) == getattr(row, dated.unless_same_as))
    ]
    return sorted(found, key=lambda entry: (entry.first is None, entry.first, str(entry.record_id)))[: MOST + 1]


def _by_kind(entries, ids) -> dict[str, set]:
    by_kind: dict[str, set] = {}
    for entry in entries:
        if entry.record_id in ids:
            by_kind.setdefault(entry.kind, set()).add(entry.record_id)
    return by_kind


def _fact(entry: TimelineEntry, labels, page) -> Fact:
    label, word = labels[entry.record_id], str(WORDS.get(entry.fact, entry.fact))
    is_own = entry.record_id == page.row.id
    name = (word or str(_("period"))) if is_own else f"{label} · {word}" if word else str(label)
    return Fact(
        label=name,
        when=period_cell(entry.starts_on, entry.ends_on).text,
        starts=dates.parse(entry.starts_on) if entry.starts_on else None,
        ends=dates.parse(entry.ends_on) if entry.ends_on else None,
        is_point=bool(entry.starts_on) and entry.starts_on == entry.ends_on and entry.fact != "period",
        is_planned=bool(entry.is_planned),
        href="" if is_own else label.url,
    )
