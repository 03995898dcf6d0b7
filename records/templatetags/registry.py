"""What templates say about moments, languages and places."""

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, get_language_info

from records import dates
from records.kinds import Kind, kinds, kinds_by_plural

register = template.Library()
CLOCKS = ("as_of", "known_at")


# ---- moments ---------------------------------------------------------------------------------------


@register.filter
def when(text) -> str:
    """An EDTF date, or a day, as an office writes it in the reader's language."""
    return dates.show(str(text) if text else "", get_language() or "ko")


@register.filter
def instant(value: datetime | str) -> str:
    """An instant to the minute, in the registry's time zone."""
    value = parse_datetime(value) if isinstance(value, str) else value
    if not value:
        return ""
    here = timezone.localtime(value) if timezone.is_aware(value) else value
    return f"{when(here.date())} {here:%H:%M}"


@register.simple_tag(takes_context=True)
def clocks(context):
    """The moments that the request looks at, as `.as_of` and `.known_at` (None: now)."""
    request = context.get("request")
    return {name: getattr(request, name, None) for name in CLOCKS}


# ---- languages -------------------------------------------------------------------------------------


@register.filter
def addresses(request) -> list[tuple[str, str]]:
    """(language, address of this page in it) for each language."""
    path = request.get_full_path() if request else "/"
    return [(language, translate_url(path, language)) for language in ("ko", "en")]


@register.filter
def own_name(language: str) -> str:
    """A language's name in itself."""
    return get_language_info(language)["name_local"].capitalize()


# ---- places ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    name: str
    url: str
    is_here: str  # the value of aria-current, "" elsewhere


@register.simple_tag(takes_context=True)
def here(context) -> dict:
    """The menu with its marked place, and where the find box searches."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    kind = kinds_by_plural().get(match.kwargs.get("plural", "")) if match else None
    found_in = kind if kind and kind.search else kinds()["project"]
    query = request.GET if request else {}
    return {
        "items": [_place(item, kind, request) for item in _menu()],
        "find_url": _list_url(found_in),
        "find_name": found_in.label_many,
        "searched": query.get("search", "") if kind else "",
        "clocks": [(name, query[name]) for name in CLOCKS if query.get(name)],
    }


def _menu() -> list[Kind]:
    """What officers open first comes first: programs and projects, then who, then money and sources."""
    first = ("program", "project", "institution", "researcher", "lab", "funding_line", "source")
    rank = {name: n for n, name in enumerate(first)}
    return sorted((kind for kind in kinds().values() if kind.in_menu), key=lambda kind: rank.get(kind.name, 99))


def _place(item: Kind, kind: Kind | None, request) -> Place:
    url = _list_url(item)
    is_list = bool(request) and request.path == url
    return Place(item.label_many, url, "" if item is not kind else "page" if is_list else "true")


def _list_url(kind: Kind) -> str:
    try:
        return reverse("list", args=[kind.plural])
    except NoReverseMatch:
        return "/"
