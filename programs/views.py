"""What the pages of events have besides: the hours there, and in Seoul."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from records.dates import show
from records.record_page import Fact, RecordPage
from records.showing import Cell, language


def event_page(page: RecordPage) -> dict:
    """The strip of facts, with the hours in the zone of the place and in the registry's own."""
    event = page.row
    facts = [page.fact("kind"), page.fact("period"), *_hours(event), page.fact("place"), page.fact("attendance")]
    facts = [fact for fact in facts if fact.cells and not fact.cells[0].is_blank]
    return {"facts": facts + ([page.fact("scope")] if event.scope_id in page.labels else [])}


def _hours(event) -> list[Fact]:
    if not event.starts_at:
        return []
    there = _span(event, ZoneInfo(event.time_zone))
    here = _span(event, timezone.get_default_timezone())
    zone = event.time_zone.rpartition("/")[2].replace("_", " ")
    beneath = _("%(hours)s in Seoul") % {"hours": here} if here != there else ""
    return [Fact(_("hours (%s)") % zone, (Cell(there),), beneath)]


def _span(event, zone: ZoneInfo) -> str:
    begin = event.starts_at.astimezone(zone)
    end = event.ends_at.astimezone(zone) if event.ends_at else None
    first = f"{_day(begin)} {begin:%H:%M}"
    if end is None:
        return first
    return f"{first} ~ {'' if end.date() == begin.date() else _day(end) + ' '}{end:%H:%M}"


def _day(when: datetime) -> str:
    return show(when.date().isoformat(), language())
