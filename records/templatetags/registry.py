"""What templates say about moments, languages and places."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import uuid4

from django import template
from django.urls import NoReverseMatch, reverse, translate_url
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import get_language, get_language_info, gettext

from records import dates, markup
from records.gantt import tabs
from records.input_markup import attributes, input_html
from records.kinds import Kind, in_order, kinds_by_plural
from records.moments import CLOCKS, address

register = template.Library()


@register.simple_tag
def form_key() -> str:
    """What tells one sending of a form from the next: sent twice, it acts once (submissions.py)."""
    return format_html('<input type="hidden" name="key" value="{}">', uuid4().hex)


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


@dataclass(frozen=True)
class MomentForm:
    """The form by which a page is looked at at another moment: as typed, what is wrong, what else the form keeps."""

    fields: tuple[tuple[str, str, str], ...]  # (clock, as typed, what is wrong with it)
    kept: tuple[tuple[str, str], ...]
    compare_url: str

    @property
    def is_open(self) -> bool:
        return any(problem for _clock, _typed, problem in self.fields)


@register.simple_tag(takes_context=True)
def moment_form(context) -> MomentForm | None:
    """For pages that can be looked at at another moment: home, lists, records, money, timelines."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if not match or not (match.url_name in ("home", "list", "record", "truth", *MONEY) or tabs.is_here(match)):
        return None
    query, wrong = request.GET, getattr(request, "moment_problems", {})
    kind = kinds_by_plural().get(match.kwargs.get("plural", ""))
    clocks = CLOCKS if match.url_name != "list" or (kind and kind.as_of) else ("known_at",)
    kept = [(name, text) for name in query if name not in (*CLOCKS, "cursor", "after") for text in query.getlist(name)]
    fields = tuple((clock, query.get(clock, ""), wrong.get(clock, "")) for clock in clocks)
    return MomentForm(fields, tuple(kept), _compare_url(match, kind, query))


def _compare_url(match, kind: Kind | None, query) -> str:
    """Where two moments of what this page shows are compared, beginning with the one that is looked at."""
    if "key" in match.kwargs:  # a record, or its timeline
        moment = {name: query[name] for name in CLOCKS if query.get(name)}
        return f"{reverse('compare_record', kwargs=match.kwargs)}?{urlencode(moment)}".rstrip("?")
    if match.url_name in ("home", *MONEY):
        scope = {name: query[name] for name in ("program", "project") if query.get(name)}
        return f"{reverse('compare_totals')}?{urlencode(scope)}".rstrip("?")
    asked = [(name, text) for name in query if name not in NOT_COMPARED for text in query.getlist(name)]
    return (
        f"{reverse('compare_list', kwargs=match.kwargs)}?{urlencode(asked)}".rstrip("?") if kind else reverse("compare")
    )


MONEY = ("money", "money_lines")
NOT_COMPARED = ("sort", "limit", "cursor", "unit")


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
    """The menu with its marked place, and what the find box asks."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    kind = kinds_by_plural().get(match.kwargs.get("plural", "")) if match else None
    query = request.GET if request else {}
    return {
        "items": _places(kind, request, match),
        "find_url": _url("search").partition("?")[0],
        "searched": query.get("q", "") if match and match.url_name == "search" else "",
        "clocks": [(name, query[name]) for name in CLOCKS if query.get(name)],
    }


def _places(kind: Kind | None, request, match) -> list[Place]:
    """The lists, the page of all money before the lines that it adds up, and the timelines."""
    found = [(item.name, _place(item, kind, request)) for item in in_order() if item.in_menu]
    found = [place for name, one in found for place in ([_money(match), one] if name == "funding_line" else [one])]
    found.append(_timelines(match))
    reader = getattr(request, "reader", None)  # a page of an error may come before it is known who asks
    if reader and reader.is_officer:
        return [*found, _reports(match, "queue"), _truth(match)]
    return [*found, _reports(match, "updates")] if reader and reader.institutions else found


def _reports(match, begins: str) -> Place:
    """Reports: what a partner writes, and what waits for officers."""
    name = match.url_name if match else ""
    is_there = name == "queue" or (name or "").startswith("update")
    return Place(
        gettext("Reports"), _url(begins).partition("?")[0], "page" if name == begins else "true" if is_there else ""
    )


def _timelines(match) -> Place:
    """The pages of timelines, which lead to one another by tabs. That of a record stands where its record does."""
    name = match.url_name if match else ""
    is_here = "page" if name == "timelines" else "true" if name in tabs.PAGES else ""
    return Place(gettext("Timelines"), address("timelines"), is_here)


def _truth(match) -> Place:
    """The desk of officers at which they decide where sources differ."""
    name = match.url_name if match else ""
    return Place(
        gettext("Disagreements"),
        address("truth"),
        {"truth": "page", "case": "true", "unsourced": "true"}.get(name or "", ""),
    )


def _place(item: Kind, kind: Kind | None, request) -> Place:
    url = _url("list", item.plural)
    is_list = bool(request) and request.path == url.partition("?")[0]
    return Place(item.label_many, url, "" if item is not kind else "page" if is_list else "true")


def _money(match) -> Place:
    """The page of all money, and whether one is there or at what a figure is made of."""
    name = match.url_name if match else ""
    is_here = {MONEY[0]: "page", MONEY[1]: "true"}.get(name or "", "")
    return Place(gettext("Money"), _url(MONEY[0]), is_here)


def _url(name: str, *args) -> str:
    """The address of a page; of one that is not there the beginning."""
    try:
        return address(name, *args)
    except NoReverseMatch:
        return "/"


@register.simple_tag
def place(name: str, *args) -> str:
    """The address of a page of ours at the moment that the reader looks at."""
    return address(name, *args)


# ---- values ----------------------------------------------------------------------------------------

register.filter("cell", markup.cell_html)
register.filter("notes", markup.notes_html)
register.filter("language_mark", markup.mark_html)
register.simple_tag(markup.unstated_html, name="unstated")
register.simple_tag(markup.rows_html, name="table_rows")
register.simple_tag(markup.timeline_rows_html, name="timeline_rows")
register.simple_tag(markup.money_rows_html, name="money_rows")
register.filter("attributes", attributes)
register.filter("input", input_html)
