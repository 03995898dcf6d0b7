"""What an officer finds on a record's page: the ways to its forms, and what can be entered beneath it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.http import urlencode

from .kinds import Kind, Type, kinds
from .merging import can_be_merged
from .record_page import RecordPage

ABOUT_ANY = ("citation", "disagreement")  # what is said of any record


@dataclass(frozen=True)
class Addition:
    """A kind of record that can be entered beneath this one."""

    label: str
    url: str


@dataclass(frozen=True)
class Desk:
    edit_url: str
    retire_url: str  # or, of a retired record, the way to restore it; "" where there is none
    additions: tuple[Addition, ...]
    merge_url: str = ""


def desk(page: RecordPage) -> Desk:
    key, kind = page.label.key, page.kind
    way = "restore" if page.row.is_retired else "retire"
    return Desk(
        "" if kind.counter else reverse("edit", args=[kind.plural, key]),
        "" if kind.counter else reverse(way, args=[kind.plural, key]),
        () if page.row.is_retired else additions(page),
        "" if page.row.is_retired or not can_be_merged(kind) else reverse("merge", args=[kind.plural, key]),
    )


def additions(page: RecordPage) -> tuple[Addition, ...]:
    """Each related kind, with this record filled in."""
    found = {}
    for related in page.declared:
        kind = kinds()[related.kind]
        key = page.label.key if kind.all_fields[related.by].type is Type.REF else str(page.row.id)
        title = str(related.title or kind.label_many)
        found[title] = Addition(title, new_url(kind, **{related.by: key, "next": page.label.url}))
    for kind in (kinds()[name] for name in ABOUT_ANY if name != page.kind.name):
        about = {"record": str(page.row.id), "next": page.label.url}
        found.setdefault(str(kind.label_many), Addition(str(kind.label_many), new_url(kind, **about)))
    return tuple(found.values())


def new_url(kind: Kind, **given: str) -> str:
    """Where a record of this kind is entered, with these values filled in. A document comes with its file, on a record."""
    if kind.fixed:
        return reverse("documents_new") + f"?{urlencode({'record': given['record']})}" if "record" in given else ""
    return reverse("new", args=[kind.plural]) + (f"?{urlencode(given)}" if given else "")
