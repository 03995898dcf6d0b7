"""The pages of timelines beside one another: a tab for each that is there, keeping what is looked at from one to the next."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import NoReverseMatch
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..calendars.commands import OF as SUBSCRIBED
from ..kinds import kinds_by_plural
from ..moments import address

PAGES = {
    "timelines": pgettext_lazy("of dates", "Timeline"),
    "timelines_late": pgettext_lazy("what is late", "Late"),
    "timelines_ending": _("Ending soon"),
    "timelines_between": _("Between two days"),
    "timelines_moved": _("What moved"),
    "my_calendars": pgettext_lazy("feeds", "Calendars"),
}  # names of addresses, in their order
ONE_S_OWN = ("my_calendars",)  # for those who are signed in
NARROWED = ("timelines_late", "timelines_ending", "timelines_between", "timelines_moved")  # lists that take the same
KEPT = ("program", "institution")
OF = {"programs": "program", "institutions": "institution"}  # whose timelines lead to what is late of theirs
HERE = {"timeline_record": "timelines"}  # the timeline of a record stands under the first tab


@dataclass(frozen=True)
class Tab:
    name: str
    words: str
    url: str
    is_here: bool


def is_here(match) -> bool:
    """Whether this is a page of timelines: one of those above, or the timeline of a record."""
    return bool(match) and (match.url_name or "").startswith("timeline")


def tabs(request) -> list[Tab]:
    """Those of pages that are there and that the reader may open, at the moment and of the program that are looked at."""
    match, reader = getattr(request, "resolver_match", None), getattr(request, "reader", None)
    here = match.url_name if match else ""
    found = []
    for name, words in PAGES.items():
        if name in ONE_S_OWN and not (reader and reader.is_signed_in):
            continue
        asked = _narrowed(request, match)
        kept = {one: asked[one] for one in KEPT if asked.get(one)}
        try:
            if name == "timelines" and (drawn := _drawn(match, kept)):
                url = address("timeline_record", *drawn)
            else:
                url = address(name, **(kept if name in NARROWED else _subject(match) if name in ONE_S_OWN else {}))
        except NoReverseMatch:
            continue
        found.append(Tab(name, str(words), url, name == HERE.get(here, here)))
    return found


def _drawn(match, kept: Mapping[str, str]) -> tuple[str, str] | None:
    """The record whose timeline is looked at, or to which the list is narrowed."""
    if match and match.url_name == "timeline_record":
        return match.kwargs["plural"], match.kwargs["key"]
    return next(((plural, kept[one]) for plural, one in OF.items() if one in kept), None)


def _narrowed(request, match) -> Mapping[str, str]:
    """Which program or institution the page is about."""
    if not match or match.url_name in NARROWED:
        return request.GET if match else {}
    about = OF.get(match.kwargs.get("plural", "")) if match.url_name == "timeline_record" else None
    return {about: match.kwargs["key"]} if about else {}


def _subject(match) -> dict[str, str]:
    """The record whose timeline is looked at, as calendars are asked for it."""
    plural, key = (match.kwargs.get(name, "") for name in ("plural", "key")) if match else ("", "")
    kind = kinds_by_plural().get(plural)
    return {"of": f"{plural}/{key}"} if key and kind and kind.name in SUBSCRIBED else {}
